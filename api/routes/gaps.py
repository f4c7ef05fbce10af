"""/gaps: what could not be answered, by meaning, as a plain page for leads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from agent.gaps import period
from agent.gaps.kinds import Kind
from api.browser import LeadGuest
from api.pages import render

SHOWN = 50
DAYS = (7, 30, 90)

router = APIRouter(include_in_schema=False)


@router.get("/gaps")
def gaps(
    guest: LeadGuest, days: Annotated[int, Query(ge=1, le=366)] = 30, kind: Annotated[str, Query()] = ""
) -> Response:
    """`kind` that is none of ours means all of them."""
    wanted = next((one for one in Kind if one.value == kind), None)
    with guest.house.database.read() as db:
        seen = period.of_days(db, days, guest.house.now()).only(wanted)
    found = seen.grouped(guest.house.meanings, guest.house.policy.cost)
    page = {"found": found, "shown": found.groups[:SHOWN], "wanted": wanted, "kinds": Kind, "spans": DAYS}
    return render("gaps.html", 200, guest=guest.person, csrf=guest.session.csrf, **page)
