"""Actions that wait for people: the exact quote, its digest, who asked, until when. Compare-and-set decides.

waiting → accepted | rejected | expired | edited; an edit makes another row: offered → used | expired.

ApprovalError
├── NoSuchApproval     nothing waits under this id
├── AlreadyDecided     somebody was quicker; the state says how
├── SamePerson         two different people must accept, and this one did already
├── NotPossible        an edit that the rules refuse, or that changes nothing
└── Expired            nobody decided in time; the customer must ask anew
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, insert, select, update

from agent.case import ApprovalId, Approve, Intent, RequestId, Ticket, ToolCall
from agent.tables import approvals, journal
from tools.contract import Caller
from tools.orders.agreement import Quote
from tools.orders.model import RuleId

QUOTE = TypeAdapter(Quote)
CALLER = TypeAdapter(Caller)
DECIDED = ("accepted", "rejected", "expired", "offered")


class ApprovalError(Exception):
    pass


class NoSuchApproval(ApprovalError):
    pass


class AlreadyDecided(ApprovalError):
    pass


class SamePerson(ApprovalError):
    pass


class NotPossible(ApprovalError):
    pass


class Expired(ApprovalError):
    pass


@dataclass(frozen=True, slots=True)
class Approval:
    """`signals` are the rules that saw a risk; `people` must accept, `first_by` has. `replaces` is what was edited."""

    id: ApprovalId
    conversation: str
    channel: str
    language: str
    intent: Intent
    caller: Caller
    quote: Quote
    state: str
    created_at: datetime
    expires_at: datetime
    decided_by: str | None
    signals: tuple[RuleId, ...] = ()
    people: int = 1
    first_by: str | None = None
    replaces: ApprovalId | None = None
    reason: str = ""
    call: ToolCall | None = None


def store(
    db: Connection, ticket: Ticket, decision: Approve, intent: Intent, language: str, wait: timedelta
) -> ApprovalId:
    """One waits per action: a repeated turn, or another conversation, finds the approval that is there."""
    known = _known(db, ticket, decision)
    if known:
        return known
    fresh = _fresh_id()
    offered = one(db, decision.offered) if decision.offered else None
    if offered:
        use(db, offered.id, ticket.received_at)
    row = _row(fresh, ticket, intent, decision.proposal.quote, decision.call) | {
        "language": language,
        "request": _part(decision),
        "signals": json.dumps(decision.signals),
        "people": decision.people,
        "first_by": offered.decided_by if offered else None,
        "first_at": ticket.received_at.isoformat() if offered else None,
        "replaces": offered.id if offered else None,
        "state": "waiting",
        "expires_at": (ticket.received_at + wait).isoformat(),
    }
    db.execute(insert(approvals), row)
    return fresh


def _known(db: Connection, ticket: Ticket, decision: Approve) -> ApprovalId | None:
    same_turn = select(approvals.c.id).where(approvals.c.ticket == ticket.id, approvals.c.request == _part(decision))
    same_action = select(approvals.c.id).where(
        approvals.c.digest == decision.proposal.quote.digest,
        approvals.c.state == "waiting",
        approvals.c.expires_at > ticket.received_at.isoformat(),
    )
    found = db.execute(same_turn).scalar() or db.execute(same_action).scalar()
    return ApprovalId(found) if found else None


def _part(decision: Approve) -> str:
    """A request about several orders waits once for each."""
    quote = decision.proposal.quote
    return f"{decision.request}:{quote.action}:{quote.order_number}"


def _row(name: ApprovalId, ticket: Ticket, intent: Intent, quote: Quote, call: ToolCall | None) -> dict[str, object]:
    return {
        "id": name,
        "conversation": ticket.conversation,
        "ticket": ticket.id,
        "channel": ticket.channel,
        "intent": intent.value,
        "caller": CALLER.dump_json(ticket.caller).decode(),
        "customer": ticket.caller.customer,
        "quote": QUOTE.dump_json(quote).decode(),
        "digest": quote.digest,
        "tool": call.tool if call else None,
        "arguments": json.dumps(dict(call.arguments)) if call else None,
        "created_at": ticket.received_at.isoformat(),
    }


def waiting(db: Connection, now: datetime) -> tuple[Approval, ...]:
    """Those still to be decided, oldest first."""
    rows = db.execute(
        select(approvals)
        .where(approvals.c.state == "waiting", approvals.c.expires_at > now.isoformat())
        .order_by(approvals.c.created_at, approvals.c.id)
    )
    return tuple(map(_approval, rows.mappings()))


def decide(db: Connection, approval: ApprovalId, accepted: bool, by: str, reason: str, now: datetime) -> Approval:
    """Raises `ApprovalError`; two people at once: one of them wins.

    Where two must accept, the first leaves it `waiting` with `first_by`; a rejection needs one person.
    """
    found = _open(db, approval, now)
    if accepted and found.people == 2 and found.first_by is None:
        return _first_of_two(db, found, by, now)
    if accepted and found.first_by == by:
        raise SamePerson(f"{approval} needs a second person: {by} has accepted it already")
    state = "accepted" if accepted else "rejected"
    _settle(db, found, state, by, reason, now)
    return one(db, approval)


def _first_of_two(db: Connection, found: Approval, by: str, now: datetime) -> Approval:
    changed = db.execute(
        update(approvals)
        .where(approvals.c.id == found.id, approvals.c.state == "waiting", approvals.c.first_by.is_(None))
        .values(first_by=by, first_at=now.isoformat())
    )
    if changed.rowcount != 1:
        raise AlreadyDecided(f"{found.id} was decided meanwhile")
    return one(db, found.id)


def edit(
    db: Connection, approval: ApprovalId, by: str, quote: Quote, call: ToolCall, reason: str, now: datetime
) -> Approval:
    """Another quote in its place: the customer is asked about it before it runs. Raises `ApprovalError`."""
    found = _open(db, approval, now)
    if quote.digest == found.quote.digest:
        raise NotPossible(f"the edit of {approval} changes nothing")
    _settle(db, found, "edited", by, reason, now)
    fresh = _fresh_id()
    kept = db.execute(select(approvals).where(approvals.c.id == approval)).mappings().one()
    row = dict(kept) | {
        "id": fresh,
        "request": f"{kept['request']}:{fresh}",
        "quote": QUOTE.dump_json(quote).decode(),
        "digest": quote.digest,
        "tool": call.tool,
        "arguments": json.dumps(dict(call.arguments)),
        "state": "offered",
        "people": 1,
        "first_by": None,
        "first_at": None,
        "replaces": found.id,
        "created_at": now.isoformat(),
        "expires_at": (now + (found.expires_at - found.created_at)).isoformat(),
    }
    db.execute(insert(approvals), row)
    return one(db, fresh)


def use(db: Connection, approval: ApprovalId, now: datetime) -> None:
    """An offer that the customer took. Raises `AlreadyDecided`: it is taken once."""
    changed = db.execute(
        update(approvals)
        .where(approvals.c.id == approval, approvals.c.state == "offered", approvals.c.expires_at > now.isoformat())
        .values(state="used")
    )
    if changed.rowcount != 1:
        raise AlreadyDecided(f"{approval} is no longer on offer")


def expire(db: Connection, now: datetime) -> int:
    """Ends what nobody decided, or no customer took, in time; how many."""
    changed = db.execute(
        update(approvals)
        .where(approvals.c.state.in_(("waiting", "offered")), approvals.c.expires_at <= now.isoformat())
        .values(state="expired", decided_at=now.isoformat())
    )
    return changed.rowcount


def one(db: Connection, approval: ApprovalId) -> Approval:
    row = db.execute(select(approvals).where(approvals.c.id == approval)).mappings().one_or_none()
    if row is None:
        raise NoSuchApproval(f"no approval {approval}; see: wismo approvals list")
    return _approval(row)


def replacing(db: Connection, approval: ApprovalId) -> Approval | None:
    """What was offered in its place, if somebody edited it."""
    row = db.execute(select(approvals).where(approvals.c.replaces == approval)).mappings().first()
    return _approval(row) if row else None


def without_turn(db: Connection, before: datetime) -> tuple[Approval, ...]:
    """Decided before this moment, but the turn that should follow was never journaled."""
    followed = select(journal.c.ticket).where(journal.c.ticket == approvals.c.id + ":decision").exists()
    rows = db.execute(
        select(approvals)
        .where(approvals.c.state.in_(DECIDED), approvals.c.decided_at <= before.isoformat(), ~followed)
        .order_by(approvals.c.id)
    )
    return tuple(map(_approval, rows.mappings()))


def _open(db: Connection, approval: ApprovalId, now: datetime) -> Approval:
    found = one(db, approval)
    if found.state != "waiting":
        raise AlreadyDecided(f"{approval} was {found.state} by {found.decided_by or 'nobody'}")
    if found.expires_at <= now:
        raise Expired(f"{approval} expired on {found.expires_at:%Y-%m-%d %H:%M} UTC")
    return found


def _settle(db: Connection, found: Approval, state: str, by: str, reason: str, now: datetime) -> None:
    changed = db.execute(
        update(approvals)
        .where(
            approvals.c.id == found.id,
            approvals.c.state == "waiting",
            approvals.c.first_by.is_not_distinct_from(found.first_by),
        )
        .values(state=state, decided_at=now.isoformat(), decided_by=by, reason=reason)
    )
    if changed.rowcount != 1:
        raise AlreadyDecided(f"{found.id} was decided meanwhile")


def _fresh_id() -> ApprovalId:
    return ApprovalId(f"A-{secrets.token_hex(4)}")


def _approval(row: RowMapping) -> Approval:
    arguments: Mapping[str, object] = json.loads(row["arguments"] or "{}")
    return Approval(
        ApprovalId(row["id"]),
        row["conversation"],
        row["channel"],
        row["language"],
        Intent(row["intent"]),
        CALLER.validate_python(json.loads(row["caller"])),
        QUOTE.validate_json(row["quote"]),
        row["state"],
        datetime.fromisoformat(row["created_at"]),
        datetime.fromisoformat(row["expires_at"]),
        row["decided_by"],
        tuple(map(RuleId, json.loads(row["signals"]))),
        row["people"],
        row["first_by"],
        ApprovalId(row["replaces"]) if row["replaces"] else None,
        row["reason"] or "",
        ToolCall(RequestId("R1"), row["tool"], arguments) if row["tool"] else None,
    )
