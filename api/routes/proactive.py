"""/proactive: what the watch found, what was said first, and what that saved."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from markupsafe import Markup

from api.desk import proactive
from api.desk.sheets import sheet
from api.edge.browser import ViewerGuest

router = APIRouter(include_in_schema=False)
Days = Annotated[int, Query(ge=1, le=366)]
SPANS = (7, 30, 90)


@router.get("/proactive")
def page(guest: ViewerGuest, days: Days = 30) -> Response:
    shown = proactive.shown(guest.house, days)
    (chart,) = map(Markup, (proactive.chart(shown.figures),))
    alerts, messages = proactive.latest(guest.house)
    return guest.page(
        "proactive.html",
        shown=shown,
        spans=SPANS,
        kinds=proactive.by_kind(shown.figures),
        chart=chart,
        share=proactive.share,
        alerts=alerts,
        messages=messages,
    )


@router.get("/proactive.csv")
def as_sheet(guest: ViewerGuest, days: Days = 30) -> Response:
    shown = proactive.shown(guest.house, days)
    rows = [("chain", one.name, one.figure, one.says) for one in shown.chain]
    rows += [("alerts", kind, str(count), words) for kind, _, count, words in proactive.by_kind(shown.figures)]
    effect = shown.figures.effect
    for name, arm in (("may be written to", effect.told), ("held out", effect.holdout)):
        rate = "" if arm.per_100_orders is None else f"{arm.per_100_orders:.2f}"
        rows.append(("contacts per 100 orders", name, rate, f"{arm.contacts} contacts, {arm.orders} orders"))
    return sheet("proactive", ("kind", "name", "value", "says"), rows)
