"""Inbound events: stored once under their key before anybody is answered, worked later, never dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select, update

from connectors.tables import inbox
from tools.orders.work import Direct

ATTEMPTS = 10
LONGEST = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Event:
    source: str
    key: str
    conversation: str
    body: str
    received_at: datetime
    attempts: int


def put(db: Connection, source: str, key: str, conversation: str, body: str, now: datetime) -> bool:
    """False when this event was seen before."""
    values = {
        "source": source,
        "key": key,
        "conversation": conversation,
        "body": body,
        "received_at": now.isoformat(),
    }
    fresh = {"state": "new", "attempts": 0, "due_at": now.isoformat()}
    return Direct(db).insert_once(inbox, {**values, **fresh})


def due(db: Connection, now: datetime, limit: int = 50) -> tuple[Event, ...]:
    """Oldest first; of each conversation only what no earlier event of it still waits before."""
    earlier = inbox.alias()
    waits = (
        select(earlier.c.key)
        .where(
            earlier.c.source == inbox.c.source,
            earlier.c.conversation == inbox.c.conversation,
            earlier.c.state == "new",
            earlier.c.received_at < inbox.c.received_at,
        )
        .exists()
    )
    rows = db.execute(
        select(inbox)
        .where(inbox.c.state == "new", inbox.c.due_at <= now.isoformat(), ~waits)
        .order_by(inbox.c.received_at, inbox.c.key)
        .limit(limit)
    )
    return tuple(
        Event(r.source, r.key, r.conversation, r.body, datetime.fromisoformat(r.received_at), r.attempts) for r in rows
    )


def done(db: Connection, event: Event) -> None:
    db.execute(update(inbox).where(*_this(event)).values(state="done", last_error=None))


def failed(db: Connection, event: Event, error: str, now: datetime, retry_after: timedelta | None = None) -> bool:
    """Again later, doubling; after `ATTEMPTS` it is dead, kept, and True is returned: somebody must look."""
    tried = event.attempts + 1
    wait = retry_after or min(timedelta(seconds=2**tried), LONGEST)
    state = "dead" if tried >= ATTEMPTS else "new"
    values = {
        "state": state,
        "attempts": tried,
        "due_at": (now + wait).isoformat(),
        "last_error": error[:500],
    }
    db.execute(update(inbox).where(*_this(event)).values(**values))
    return state == "dead"


def count(db: Connection, state: str) -> int:
    return int(db.execute(select(func.count()).select_from(inbox).where(inbox.c.state == state)).scalar_one())


def _this(event: Event) -> tuple[ColumnElement[bool], ...]:
    return (inbox.c.source == event.source, inbox.c.key == event.key)
