"""/today: the figures of the last days against those before."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from api.desk import today as figures
from api.desk.sheets import sheet
from api.desk.today import Figures
from api.edge.browser import ViewerGuest

SPANS = (1, 7, 30, 90)

router = APIRouter(include_in_schema=False)
Days = Annotated[int, Query(ge=1, le=366)]
Grade = Annotated[int, Query(ge=0, le=100)]


@router.get("/today")
def today(request: Request, guest: ViewerGuest, days: Days = 7, grade: Grade = 0) -> Response:
    shown = _figures(request).of(guest.house, days, grade)
    by_intent, by_hour = map(Markup, figures.charts(shown))
    page: dict[str, Any] = {"shown": shown, "spans": SPANS, "by_intent": by_intent, "by_hour": by_hour, "grade": grade}
    return guest.page("today.html", shop=guest.house.policy.shop.name, **page)


@router.get("/today.csv")
def as_sheet(request: Request, guest: ViewerGuest, days: Days = 7, grade: Grade = 0) -> Response:
    shown = _figures(request).of(guest.house, days, grade)
    rows = [("figure", one.name, one.figure, one.beside, one.before) for one in shown.tiles]
    rows += [("intent", name, str(count), f"{handed} handed over", "") for name, count, handed in shown.by_intent]
    rows += [("hour", f"{hour:02}:00", str(count), "", "") for hour, count in enumerate(shown.by_hour)]
    return sheet("today", ("kind", "name", "value", "of", "before"), rows)


def _figures(request: Request) -> Figures:
    """Of this app: all who open the page share what was counted."""
    found: Figures = request.app.state.figures
    return found


@router.get("/keys")
def keys(guest: ViewerGuest) -> Response:
    return guest.page("keys.html")
