"""/cases: the newest cases, and why each ended as it did, as plain pages."""

from __future__ import annotations

from fastapi import APIRouter, Response

from agent import explain, journal
from api.browser import Guest, PageProblem, ViewerGuest
from api.pages import render
from api.tokens import Role

NEWEST = 50

router = APIRouter(include_in_schema=False)


@router.get("/cases")
def newest(guest: ViewerGuest) -> Response:
    with guest.house.database.read() as db:
        found = journal.newest(db, NEWEST)
        count = journal.count(db)
    return _page(guest, "cases.html", found=found, count=count)


@router.get("/cases/{ticket:path}")
def one(ticket: str, guest: ViewerGuest) -> Response:
    with guest.house.database.read() as db:
        found = explain.explain(db, ticket)
    if found is None:
        raise PageProblem(404, "No such case", "The journal holds nothing under this id. Cases lists the newest.")
    approver = guest.person.role.covers(Role.APPROVER)
    return _page(guest, "case.html", case=found, shown=explain.shown, approver=approver)


def _page(guest: Guest, page: str, **values: object) -> Response:
    return render(page, 200, guest=guest.person, csrf=guest.session.csrf, **values)
