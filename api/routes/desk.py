"""/approvals and /switches: what waits for a person, and the pause button, as plain pages."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from agent import approvals as waiting_room
from agent import journal, switches
from agent.approvals import Approval, ApprovalError, NoSuchApproval
from agent.case import ApprovalId, TicketId
from api.browser import ApproverGuest, Guest, LeadGuest, OwnForm, PageProblem, own_form
from api.pages import render
from tools.orders.rules import RULES

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form)])


@router.get("/approvals")
def waiting(guest: ApproverGuest) -> Response:
    with guest.house.database.read() as db:
        found = waiting_room.waiting(db, guest.house.now())
    return _page(guest, "approvals.html", found=found, rules=RULES)


@router.get("/approvals/{approval}")
def decided(approval: str, guest: ApproverGuest) -> Response:
    """One approval: still waiting, or what was decided and what the customer was told."""
    return _result(guest, approval)


@router.post("/approvals/{approval}")
def decide(approval: str, form: OwnForm, guest: ApproverGuest) -> Response:
    """The form's `decision` is accept or reject; rejecting needs a reason."""
    wanted, reason = form.get("decision", ""), form.get("reason", "").strip()
    if wanted not in {"accept", "reject"}:
        raise PageProblem(422, "Nothing was decided", "Accept or reject; there is no other decision.")
    if wanted == "reject" and not reason:
        raise PageProblem(
            422, "A reason is needed", "Say in a few words why it is rejected; it is kept in the journal."
        )
    try:
        guest.house.desk.decide(approval, wanted == "accept", guest.person.name, reason)
    except NoSuchApproval:
        raise _unknown() from None
    except ApprovalError as error:
        return _result(guest, approval, problem=f"Your decision was not taken: {error}.", status=409)
    guest.house.deliver()
    return RedirectResponse(f"/approvals/{approval}", 303)


@router.get("/switches")
def show_switches(guest: LeadGuest) -> Response:
    with guest.house.database.read() as db:
        standing = switches.paused(db)
    return _page(guest, "switches.html", pause=standing)


@router.post("/switches")
def turn(request: Request, form: OwnForm, guest: LeadGuest) -> Response:
    """The form's `switch` is pause or resume."""
    with guest.house.database.write() as db:
        if form.get("switch") == "pause":
            switches.pause(db, guest.person.name, form.get("why", "").strip(), guest.house.now())
        elif form.get("switch") == "resume":
            switches.resume(db)
    return RedirectResponse(request.url.path, 303)


def _result(guest: Guest, approval: str, problem: str = "", status: int = 200) -> Response:
    one, told = _found(guest, approval)
    return _page(
        guest, "approval.html", status, one=one, told=told, problem=problem, rules=RULES, now=guest.house.now()
    )


def _found(guest: Guest, approval: str) -> tuple[Approval, str]:
    """The approval, and what the customer was told about its decision, once that was said."""
    with guest.house.database.read() as db:
        try:
            one = waiting_room.one(db, ApprovalId(approval))
        except NoSuchApproval:
            raise _unknown() from None
        entry = journal.of_ticket(db, TicketId(f"{approval}:decision"))
    return one, str(entry.private["answer"]["reply"]) if entry and entry.private else ""


def _unknown() -> PageProblem:
    return PageProblem(404, "No such approval", "It does not wait here. The list shows what does.")


def _page(guest: Guest, page: str, status: int = 200, **values: object) -> Response:
    return render(page, status, guest=guest.person, csrf=guest.session.csrf, **values)
