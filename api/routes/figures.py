"""/figures: the five figures of the shop, each with its definition, its inputs and a chart."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from markupsafe import Markup

from api.desk import figures
from api.desk.sheets import sheet
from api.edge.browser import ViewerGuest

SPANS = (7, 30, 90, 365)

router = APIRouter(include_in_schema=False)
Days = Annotated[int, Query(ge=1, le=366)]


@router.get("/figures")
def page(guest: ViewerGuest, days: Days = 30) -> Response:
    house = guest.house
    shown = figures.shown(figures.measured(house, days), house.policy.cost)
    charts = {one.key: Markup(one.chart) for one in shown}  # noqa: S704  # drawn by eval.report.charts, which escapes
    return guest.page("figures.html", shop=house.policy.shop.name, shown=shown, charts=charts, days=days, spans=SPANS)


@router.get("/figures.csv")
def as_sheet(guest: ViewerGuest, days: Days = 30) -> Response:
    shown = figures.shown(figures.measured(guest.house, days), guest.house.policy.cost)
    return sheet("figures", ("figure", "value", "of"), figures.sheet_rows(shown))
