"""/gaps: what could not be answered, by meaning; a gap's questions, an article for it, and whether it is closed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import RedirectResponse

from agent import journal
from agent.case import TicketId
from agent.gaps import period
from agent.gaps.grouping import Group
from agent.gaps.kinds import Kind
from agent.gaps.period import Period
from agent.gaps.rehearsal import Replay, Replayed
from agent.learning.shelf import Erased, UnknownProposal
from api.desk import articles
from api.desk.sheets import sheet
from api.edge.browser import Guest, LeadGuest, OwnForm, PageProblem, own_form

SHOWN = 50
ASKED_AGAIN = 40
DAYS = (7, 30, 90)
COLUMNS = ("gap", "kind", "question", "count", "share of tickets", "handed over", "minutes", "first", "last", "remedy")

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form)])
Days = Annotated[int, Query(ge=1, le=366)]
Wanted = Annotated[str, Query()]


@router.get("/gaps")
def gaps(guest: LeadGuest, days: Days = 30, kind: Wanted = "") -> Response:
    """`kind` that is none of ours means all of them."""
    wanted = next((one for one in Kind if one.value == kind), None)
    found = _found(guest, days, wanted)
    page: dict[str, Any] = {
        "found": found,
        "shown": found.groups[:SHOWN],
        "wanted": wanted,
        "kinds": Kind,
        "spans": DAYS,
    }
    return guest.page("gaps.html", **page)


@router.get("/gaps.csv")
def as_sheet(guest: LeadGuest, days: Days = 30) -> Response:
    rows = (
        (
            *(one.id, one.kind.value, one.label, one.count, one.share, one.cost.handoffs, one.cost.minutes),
            *(one.first.isoformat(), one.last.isoformat(), one.remedy),
        )
        for one in _found(guest, days).groups
    )
    return sheet("gaps", COLUMNS, rows)


@router.get("/gaps/{group}")
def show(group: str, guest: LeadGuest, days: Days = 30) -> Response:
    return _page(guest, _group(guest, group, days), days)


@router.post("/gaps/{group}")
def act(group: str, form: OwnForm, guest: LeadGuest, days: Days = 30) -> Response:
    """The form's `do` is replay, draft (with `title` and `body`), accept or reject (with `proposal`)."""
    found, do = _group(guest, group, days), form.get("do")
    if do == "replay":
        return _page(guest, found, days, again=_replayed(guest, found))
    if do == "draft":
        title, body = form.get("title", "").strip(), form.get("body", "").strip()
        if not (title and body):
            raise PageProblem(422, "Nothing was kept", "An article needs a title and a text.")
        articles.propose(guest.house, found, title, body)
    elif do in ("accept", "reject"):
        _decide(guest, form.get("proposal", ""), accepted=do == "accept")
    else:
        raise PageProblem(422, "Nothing was done", "Replay the gap, or write an article for it.")
    return RedirectResponse(f"/gaps/{found.id}?days={days}", 303)


def _decide(guest: Guest, proposal: str, *, accepted: bool) -> None:
    try:
        articles.decide(guest.house, proposal, guest.person.name, accepted=accepted)
    except (UnknownProposal, Erased) as error:
        raise PageProblem(404, "No such article", f"{error}.") from None


def _replayed(guest: Guest, group: Group) -> Replayed:
    """The newest questions again: of a large gap a sample is asked, so that the page answers in time."""
    newest = group.observations[-ASKED_AGAIN:]
    with guest.house.database.read() as db:
        again = Replay(guest.house.rehearsal, lambda ticket: journal.of_ticket(db, TicketId(ticket)))
        return again.of(group, newest)


def _page(guest: Guest, group: Group, days: int, again: Replayed | None = None) -> Response:
    with guest.house.database.read() as db:
        title, body = articles.draft(db, group)
        written = articles.of_group(db, group.id)
    said = list(dict.fromkeys(one.words for one in reversed(group.observations) if one.words))
    page: dict[str, Any] = {
        "one": group,
        "questions": said[:SHOWN],
        "written": written,
        "title": title,
        "body": body,
        "days": days,
    }
    return guest.page("gap.html", again=again, **page)


def _group(guest: Guest, name: str, days: int) -> Group:
    found = _found(guest, days).group(name)
    if found is None:
        raise PageProblem(404, "No such gap", f"Not in the last {days} days. Gaps lists what is missing.")
    return found


def _found(guest: Guest, days: int, kind: Kind | None = None) -> Period:
    with guest.house.database.read() as db:
        seen = period.of_days(db, days, guest.house.now()).only(kind)
    return seen.grouped(guest.house.meanings, guest.house.policy.cost)
