"""/cases: the newest cases, and why each ended as it did, as plain pages."""

from __future__ import annotations

from fastapi import APIRouter, Response

from agent import explain, journal
from api.desk.sheets import sheet
from api.edge.browser import PageProblem, ViewerGuest
from api.edge.tokens import Role

NEWEST = 50
IN_A_SHEET = 5_000

router = APIRouter(include_in_schema=False)


@router.get("/cases")
def newest(guest: ViewerGuest) -> Response:
    with guest.house.database.read() as db:
        found = journal.newest(db, NEWEST)
        count = journal.count(db)
    return guest.page("cases.html", found=found, count=count)


@router.get("/cases.csv")
def as_sheet(guest: ViewerGuest) -> Response:
    with guest.house.database.read() as db:
        found = journal.newest(db, IN_A_SHEET)
    columns = ("case", "when (UTC)", "channel", "asked", "ended", "mode", "rules")
    rows = (
        (
            *(one.ticket, one.at.isoformat(), one.body["channel"]),
            " ".join(asked["intent"] for asked in one.body["requests"]),
            *(one.body["disposition"], one.body["mode"], " ".join(one.body["rules"])),
        )
        for one in found
    )
    return sheet("cases", columns, rows)


@router.get("/cases/{ticket:path}")
def one(ticket: str, guest: ViewerGuest) -> Response:
    with guest.house.database.read() as db:
        found = explain.explain(db, ticket)
    if found is None:
        raise PageProblem(404, "No such case", "The journal holds nothing under this id. Cases lists the newest.")
    approver = guest.person.role.covers(Role.APPROVER)
    return guest.page("case.html", case=found, shown=explain.shown, approver=approver)
