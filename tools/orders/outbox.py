"""What must leave the house: written in the transaction of the change, delivered later, at least once, by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from tools.orders.tables import outbox
from tools.orders.work import Direct

ATTEMPTS = 12
LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Message:
    """`attempts` counts deliveries that failed so far."""

    key: str
    kind: str
    body: Mapping[str, Any]
    created_at: datetime
    attempts: int


def put(db: Connection, key: str, kind: str, body: Mapping[str, Any], now: datetime) -> None:
    """Once per key: the same message put again changes nothing."""
    values = {
        "key": key,
        "kind": kind,
        "body": dict(body),
        "state": "due",
        "attempts": 0,
        "created_at": now,
        "due_at": now,
    }
    Direct(db).insert_once(outbox, values)


def due(db: Connection, now: datetime, limit: int = 50) -> tuple[Message, ...]:
    """Oldest first."""
    rows = db.execute(
        select(outbox)
        .where(outbox.c.state == "due", outbox.c.due_at <= now)
        .order_by(outbox.c.created_at, outbox.c.key)
        .limit(limit)
    ).mappings()
    return tuple(Message(r["key"], r["kind"], r["body"], r["created_at"], r["attempts"]) for r in rows)


def sent(db: Connection, key: str, now: datetime, *, forget: bool = False) -> None:
    """`forget`: its body was a secret between us and its receiver."""
    values = {"state": "sent", "sent_at": now, "last_error": None} | ({"body": {}} if forget else {})
    db.execute(update(outbox).where(outbox.c.key == key).values(**values))


def wake(db: Connection, key: str, now: datetime) -> None:
    """Try it again now, even if it was given up or thought to be sent: its receiver knows the key."""
    db.execute(update(outbox).where(outbox.c.key == key).values(state="due", attempts=0, due_at=now))


def failed(db: Connection, key: str, error: str, now: datetime, retry_after: timedelta | None = None) -> None:
    """Again later, doubling up to an hour; after `ATTEMPTS` it is dead, kept, and shown to people."""
    tried = db.execute(select(outbox.c.attempts).where(outbox.c.key == key)).scalar_one() + 1
    wait = retry_after or min(timedelta(seconds=2**tried), LONGEST)
    state = "dead" if tried >= ATTEMPTS else "due"
    db.execute(
        update(outbox)
        .where(outbox.c.key == key)
        .values(state=state, attempts=tried, due_at=now + wait, last_error=error[:500])
    )


def count(db: Connection, state: str) -> int:
    return int(db.execute(select(func.count()).where(outbox.c.state == state)).scalar_one())
