"""/approvals and /switches: what waits for a person, and the pause button, as plain pages."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from agent import approvals as waiting_room
from agent import journal, switches
from agent import rules as path_rules
from agent.approvals import Approval, ApprovalError, NoSuchApproval
from agent.case import ApprovalId, TicketId
from api.desk.sheets import sheet
from api.edge.browser import ApproverGuest, Guest, LeadGuest, OwnForm, PageProblem, own_form
from tools.orders import rules as order_rules

RULES = {**order_rules.RULES, **path_rules.RULES}
UNITS = "units:"

router = APIRouter(include_in_schema=False, dependencies=[Depends(own_form)])


@router.get("/approvals")
def waiting(guest: ApproverGuest) -> Response:
    with guest.house.database.read() as db:
        found = waiting_room.waiting(db, guest.house.now())
    return guest.page("approvals.html", found=found, rules=RULES)


@router.get("/approvals.csv")
def as_sheet(guest: ApproverGuest) -> Response:
    with guest.house.database.read() as db:
        found = waiting_room.waiting(db, guest.house.now())
    columns = (
        "approval",
        "action",
        "order",
        "amount",
        "currency",
        "rule",
        "people",
        "first accepted by",
        "until (UTC)",
    )
    rows = (
        (
            *(one.id, one.quote.action.value, one.quote.order_number, one.quote.amount.decimal()),
            *(one.quote.amount.currency, one.quote.ruling.rule, one.people, one.first_by, one.expires_at.isoformat()),
        )
        for one in found
    )
    return sheet("approvals", columns, rows)


@router.get("/approvals/{approval}")
def decided(approval: str, guest: ApproverGuest) -> Response:
    """One approval: still waiting, or what was decided and what the customer was told."""
    return _result(guest, approval)


@router.post("/approvals/{approval}")
def decide(approval: str, form: OwnForm, guest: ApproverGuest) -> Response:
    """The form's `decision` is accept, reject or edit; the last two need a reason."""
    wanted, reason = form.get("decision", ""), form.get("reason", "").strip()
    if wanted not in {"accept", "reject", "edit"}:
        raise PageProblem(422, "Nothing was decided", "Accept, reject or offer something else.")
    if wanted != "accept" and not reason:
        raise PageProblem(422, "A reason is needed", "Say in a few words why; it is kept in the journal.")
    try:
        if wanted == "edit":
            _offer(guest, approval, form, reason)
        else:
            guest.house.desk.decide(approval, wanted == "accept", guest.person.name, reason)
    except NoSuchApproval:
        raise _unknown() from None
    except ApprovalError as error:
        return _result(guest, approval, problem=f"Your decision was not taken: {error}.", status=409)
    guest.house.deliver()
    return RedirectResponse(f"/approvals/{approval}", 303)


def _offer(guest: Guest, approval: str, form: Mapping[str, str], reason: str) -> None:
    """Something else in its place: the units of every line, as the form has them."""
    try:
        lines = {name.removeprefix(UNITS): int(units) for name, units in form.items() if name.startswith(UNITS)}
        chosen = {line: units for line, units in lines.items() if units}
        if not chosen:
            raise PageProblem(422, "Nothing is left", "Choose at least one unit, or reject it.")
        guest.house.desk.edit(approval, guest.person.name, {"lines": chosen}, reason)
    except (ValueError, ValidationError):
        raise PageProblem(422, "Nothing was decided", "Units are whole numbers.") from None


@router.get("/switches")
def show_switches(guest: LeadGuest) -> Response:
    with guest.house.database.read() as db:
        standing = switches.paused(db)
    return guest.page("switches.html", pause=standing)


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
    one, instead, told = _found(guest, approval)
    page = {"one": one, "instead": instead, "told": told, "problem": problem, "rules": RULES}
    return guest.page("approval.html", status, now=guest.house.now(), **page)


def _found(guest: Guest, approval: str) -> tuple[Approval, Approval | None, str]:
    """The approval, what was offered instead, and what the customer was told about it, once that was said."""
    with guest.house.database.read() as db:
        try:
            one = waiting_room.one(db, ApprovalId(approval))
        except NoSuchApproval:
            raise _unknown() from None
        instead = waiting_room.replacing(db, one.id)
        entry = journal.of_ticket(db, TicketId(f"{instead.id if instead else one.id}:decision"))
    return one, instead, str(entry.private["answer"]["reply"]) if entry and entry.private else ""


def _unknown() -> PageProblem:
    return PageProblem(404, "No such approval", "It does not wait here. The list shows what does.")
