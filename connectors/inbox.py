"""Inbound events: stored once under their key before anybody is answered, worked later, never dropped in silence.

What a conversation received is worked together, by one worker at a time, once it has been quiet for a moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from connectors import leases
from connectors.tables import inbox
from tools.orders import driver, watch
from tools.orders.outbox import wait_before
from tools.orders.work import Direct

ATTEMPTS = 30
LONGEST = timedelta(minutes=30)
"""Thirty attempts, doubling up to half an hour: an outage of ten hours loses nothing."""
SINGLY = "system:"
"""Events of such sources are no hints: each says something of its own, and is worked alone, oldest first."""
PATIENCE = 4
"""Who goes on writing is answered after this many quiet periods all the same."""


@dataclass(frozen=True, slots=True)
class Event:
    source: str
    key: str
    conversation: str
    body: str
    received_at: datetime
    due_at: datetime
    attempts: int
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation that has something to be worked."""

    source: str
    conversation: str

    @property
    def lease(self) -> str:
        return f"inbox:{self.source}:{self.conversation}"


@dataclass(frozen=True, slots=True)
class Claim:
    """`events` are one turn, oldest first; nobody else works on their conversation until it is settled."""

    thread: Thread
    events: Sequence[Event]

    @property
    def newest(self) -> Event:
        return self.events[-1]

    @property
    def trace(self) -> str | None:
        """The newest that a request brought; what a poll found has none."""
        return next((event.trace for event in reversed(self.events) if event.trace), None)

    @property
    def attempts(self) -> int:
        return max(event.attempts for event in self.events)


def put(
    db: Connection,
    source: str,
    key: str,
    conversation: str,
    body: str,
    now: datetime,
    quiet: timedelta = timedelta(),
) -> bool:
    """False when this event was seen before. It is worked when nothing more came for as long as `quiet`."""
    return Direct(db).insert_once(inbox, row(source, key, conversation, body, now, quiet, watch.carried()))


def put_all(db: Connection, rows: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Several in one statement; which of them are fresh."""
    sql = _insert_all(tuple(rows[0]), len(rows), driver.mark(db))
    given = tuple(value for one in rows for value in one.values())
    fresh = set(driver.read(db, sql, given))
    told = []
    for one in rows:
        name = (one["source"], one["key"])
        told.append(name in fresh)
        fresh.discard(name)  # the same event twice in one group
    return told


@lru_cache(maxsize=256)
def _insert_all(columns: tuple[str, ...], size: int, mark: str) -> str:
    """SQLAlchemy would compile it anew for each size of a group."""
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join([f"({', '.join([mark] * len(columns))})"] * size)
    return f'INSERT INTO inbox ({names}) VALUES {values} ON CONFLICT DO NOTHING RETURNING source, "key"'


def row(
    source: str,
    key: str,
    conversation: str,
    body: str,
    now: datetime,
    quiet: timedelta = timedelta(),
    trace: str | None = None,
) -> dict[str, object]:
    """PostgreSQL keeps no zero bytes in text."""
    return {
        "source": source,
        "key": key,
        "conversation": conversation,
        "body": body.replace("\x00", ""),
        "received_at": now.isoformat(),
        "state": "new",
        "attempts": 0,
        "due_at": (now + quiet).isoformat(),
        "trace": trace,
    }


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
    return tuple(map(_event, rows))


def threads_due(db: Connection, now: datetime, limit: int = 50) -> tuple[Thread, ...]:
    """The one that waits longest first."""
    rows = db.execute(
        select(inbox.c.source, inbox.c.conversation)
        .where(inbox.c.state == "new", inbox.c.due_at <= now.isoformat())
        .group_by(inbox.c.source, inbox.c.conversation)
        .order_by(func.min(inbox.c.due_at), inbox.c.conversation)
        .limit(limit)
    )
    return tuple(Thread(one.source, one.conversation) for one in rows)


def claim(db: Connection, thread: Thread, holder: str, now: datetime) -> Claim | None:
    """None when there is nothing to do in it now, or somebody is at it."""
    if not leases.take(db, thread.lease, holder, now):
        return None
    events = _waiting(db, thread)
    if thread.source.startswith(SINGLY):
        events = events[:1]
    if not events or _ready_at(events) > now:
        leases.give_back(db, thread.lease, holder)
        return None
    return Claim(thread, events)


def _waiting(db: Connection, thread: Thread) -> tuple[Event, ...]:
    rows = db.execute(
        select(inbox)
        .where(inbox.c.source == thread.source, inbox.c.conversation == thread.conversation, inbox.c.state == "new")
        .order_by(inbox.c.received_at, inbox.c.key)
    )
    return tuple(map(_event, rows))


def _ready_at(events: Sequence[Event]) -> datetime:
    """When the last of them is due; sooner when the first has waited for `PATIENCE` quiet periods."""
    first = events[0]
    quiet = max(first.due_at - first.received_at, timedelta())
    longest = first.due_at if first.attempts else first.received_at + quiet * PATIENCE
    return min(max(event.due_at for event in events), max(longest, first.due_at))


def settle(db: Connection, claim: Claim, holder: str) -> None:
    """The turn was taken: its events are done."""
    for event in claim.events:
        db.execute(update(inbox).where(*_this(event), inbox.c.state == "new").values(state="done", last_error=None))
    leases.give_back(db, claim.thread.lease, holder)


def put_off(
    db: Connection,
    claim: Claim,
    holder: str,
    error: str,
    now: datetime,
    retry_after: timedelta | None = None,
    *,
    for_good: bool = False,
) -> bool:
    """Again later, doubling; after `ATTEMPTS`, or where trying again can not help, it is dead, kept, and True."""
    tried = claim.attempts + 1
    wait = max(retry_after or timedelta(), wait_before(tried, LONGEST, claim.thread.lease))
    state = "dead" if for_good or tried >= ATTEMPTS else "new"
    values = {"state": state, "attempts": tried, "due_at": (now + wait).isoformat(), "last_error": error[:500]}
    for event in claim.events:
        db.execute(update(inbox).where(*_this(event), inbox.c.state == "new").values(**values))
    leases.give_back(db, claim.thread.lease, holder)
    return state == "dead"


def count(db: Connection, state: str) -> int:
    return int(db.execute(select(func.count()).select_from(inbox).where(inbox.c.state == state)).scalar_one())


def _event(row: object) -> Event:
    r: Any = row
    moments = (datetime.fromisoformat(r.received_at), datetime.fromisoformat(r.due_at))
    return Event(r.source, r.key, r.conversation, r.body, *moments, r.attempts, r.trace)


def _this(event: Event) -> tuple[ColumnElement[bool], ...]:
    return (inbox.c.source == event.source, inbox.c.key == event.key)
