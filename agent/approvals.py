"""Actions that wait for a person: the exact quote, its digest, who asked, until when. Compare-and-set decides.

ApprovalError
├── NoSuchApproval     nothing waits under this id
├── AlreadyDecided     somebody was quicker; the state says how
└── Expired            nobody decided in time; the customer must ask anew
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, insert, select, update

from agent.case import ApprovalId, Intent, RequestId, Ticket
from agent.tables import approvals, journal
from tools.contract import Caller
from tools.orders.agreement import Quote

WAITS = timedelta(days=3)
QUOTE = TypeAdapter(Quote)
CALLER = TypeAdapter(Caller)


class ApprovalError(Exception):
    pass


class NoSuchApproval(ApprovalError):
    pass


class AlreadyDecided(ApprovalError):
    pass


class Expired(ApprovalError):
    pass


@dataclass(frozen=True, slots=True)
class Approval:
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


def store(
    db: Connection, ticket: Ticket, request: RequestId, intent: Intent, quote: Quote, language: str
) -> ApprovalId:
    """One waits per action: a repeated turn, or another conversation, finds the approval that is there."""
    known = db.execute(
        select(approvals.c.id).where(approvals.c.ticket == ticket.id, approvals.c.request == request)
    ).scalar_one_or_none()
    known = (
        known
        or db.execute(
            select(approvals.c.id).where(
                approvals.c.digest == quote.digest,
                approvals.c.state == "waiting",
                approvals.c.expires_at > ticket.received_at.isoformat(),
            )
        ).scalar_one_or_none()
    )
    if known:
        return ApprovalId(known)
    fresh = ApprovalId(f"A-{secrets.token_hex(4)}")
    db.execute(
        insert(approvals),
        {
            "id": fresh,
            "conversation": ticket.conversation,
            "ticket": ticket.id,
            "request": request,
            "channel": ticket.channel,
            "language": language,
            "intent": intent.value,
            "caller": CALLER.dump_json(ticket.caller).decode(),
            "quote": QUOTE.dump_json(quote).decode(),
            "digest": quote.digest,
            "state": "waiting",
            "signals": "[]",
            "created_at": ticket.received_at.isoformat(),
            "expires_at": (ticket.received_at + WAITS).isoformat(),
        },
    )
    return fresh


def waiting(db: Connection, now: datetime) -> tuple[Approval, ...]:
    """Those still to be decided, oldest first."""
    rows = db.execute(
        select(approvals)
        .where(approvals.c.state == "waiting", approvals.c.expires_at > now.isoformat())
        .order_by(approvals.c.created_at, approvals.c.id)
    )
    return tuple(map(_approval, rows.mappings()))


def decide(db: Connection, approval: ApprovalId, accepted: bool, by: str, reason: str, now: datetime) -> Approval:
    """Raises `NoSuchApproval`, `AlreadyDecided` or `Expired`; two people at once: one of them wins."""
    found = one(db, approval)
    if found.state != "waiting":
        raise AlreadyDecided(f"{approval} was {found.state} by {found.decided_by}")
    if found.expires_at <= now:
        raise Expired(f"{approval} expired on {found.expires_at:%Y-%m-%d %H:%M} UTC")
    changed = db.execute(
        update(approvals)
        .where(approvals.c.id == approval, approvals.c.state == "waiting")
        .values(
            state="accepted" if accepted else "rejected",
            decided_at=now.isoformat(),
            decided_by=by,
            reason=reason,
        )
    )
    if changed.rowcount != 1:
        raise AlreadyDecided(f"{approval} was decided meanwhile")
    return one(db, approval)


def one(db: Connection, approval: ApprovalId) -> Approval:
    row = db.execute(select(approvals).where(approvals.c.id == approval)).mappings().one_or_none()
    if row is None:
        raise NoSuchApproval(f"no approval {approval}; see: wismo approvals list")
    return _approval(row)


def _approval(row: RowMapping) -> Approval:
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
    )


def decided_without_turn(db: Connection) -> tuple[Approval, ...]:
    """Decided, but the turn that should follow was never journaled."""
    followed = select(journal.c.ticket).where(journal.c.ticket == approvals.c.id + ":decision").exists()
    rows = db.execute(
        select(approvals).where(approvals.c.state.in_(("accepted", "rejected")), ~followed).order_by(approvals.c.id)
    )
    return tuple(map(_approval, rows.mappings()))
