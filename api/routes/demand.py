"""/demand: what is coming: items at risk, what to order, an item's chart, tickets and the people they need."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from api import foreseeing
from api.desk import demand
from api.desk.sheets import sheet
from api.edge.browser import LeadGuest, ViewerGuest, own_form
from api.edge.tokens import Role
from api.wiring import House
from tools.forecast.terms import Shift, Terms

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form)])


@router.get("/demand")
def page(
    request: Request,
    guest: ViewerGuest,
    sku: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    shown = demand.page(guest.house, sku)
    charts = {
        "item": Markup(demand.item_chart(shown.chosen)) if shown.chosen else "",  # noqa: S704  # drawn, and escaped
        "intents": Markup(demand.intents_chart(shown.intents)),  # noqa: S704
        "people": Markup(demand.people_chart(shown.weeks)),  # noqa: S704
    }
    running = request.app.state.foreseeing.locked()
    told = {"shown": shown, "charts": charts, "running": running, "may": guest.may(Role.LEAD)}
    return guest.page("demand.html", **told)


@router.post("/demand")
def anew(request: Request, guest: LeadGuest, after: BackgroundTasks) -> Response:
    """The forecast is made beside the answer: the page says that it is on its way."""
    after.add_task(_make, guest.house, request.app.state.foreseeing)
    return RedirectResponse("/demand", 303, background=after)


@router.get("/demand.csv")
def as_sheet(guest: ViewerGuest) -> Response:
    kept = foreseeing.kept(guest.house, foreseeing.DEMAND)
    return sheet("demand", demand.COLUMNS, (one.row for one in demand.risks(kept)) if kept else ())


def _make(house: House, running: Lock) -> None:
    """One at a time in a process; where there is no past yet, the page goes on saying so."""
    if not running.acquire(blocking=False):
        return
    try:
        with suppress(foreseeing.NothingYet):
            foreseeing.demand(house, Terms())
        with suppress(foreseeing.NothingYet):
            foreseeing.tickets(house, Shift(minutes=house.policy.cost.handoff_minutes))
    finally:
        running.release()
