"""What must leave the house: written in the transaction of the change, delivered later, at least once, by key.

Several may deliver: each claims what it takes, and a claim ends by itself when its holder died. Messages of one lane
leave in the order in which they were put.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select, update

from tools.orders import watch
from tools.orders.tables import outbox
from tools.orders.work import Direct

ATTEMPTS = 20
LONGEST = timedelta(hours=1)
"""Twenty attempts, doubling up to an hour: an outage of nine hours loses nothing."""
CLAIMED = timedelta(seconds=20)
AT_ONCE = 4
FREE: Mapping[str, Any] = {"claimed_by": None, "claimed_until": None}


@dataclass(frozen=True, slots=True)
class Message:
    """`attempts` counts deliveries that failed so far."""

    key: str
    kind: str
    body: Mapping[str, Any]
    created_at: datetime
    attempts: int
    trace: str | None = None


def put(db: Connection, key: str, kind: str, body: Mapping[str, Any], now: datetime, lane: str | None = None) -> None:
    """Once per key: the same message put again changes nothing."""
    at = _after_the_last(db, lane, now) if lane else now
    values = {
        "key": key,
        "kind": kind,
        "body": dict(body),
        "state": "due",
        "attempts": 0,
        "created_at": at,
        "due_at": now,
        "lane": lane,
        "trace": watch.carried(),
    }
    Direct(db).insert_once(outbox, values)


def _after_the_last(db: Connection, lane: str, now: datetime) -> datetime:
    """Hosts' clocks differ: the order within a lane is that of putting."""
    last = db.execute(select(func.max(outbox.c.created_at)).where(outbox.c.lane == lane)).scalar()
    return max(now, last + timedelta(microseconds=1)) if last else now


def due(db: Connection, now: datetime, limit: int = 50) -> tuple[Message, ...]:
    """Oldest first; claimed or not."""
    rows = db.execute(
        select(outbox)
        .where(outbox.c.state == "due", outbox.c.due_at <= now)
        .order_by(outbox.c.created_at, outbox.c.key)
        .limit(limit)
    ).mappings()
    return tuple(map(_message, rows))


def claim(db: Connection, holder: str, now: datetime, limit: int = AT_ONCE) -> tuple[Message, ...]:
    """Oldest first, for this holder alone until `CLAIMED` from now; of each lane only the first."""
    chosen = (
        select(outbox)
        .where(outbox.c.state == "due", outbox.c.due_at <= now, _free(now), ~_follows())
        .order_by(outbox.c.created_at, outbox.c.key)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    messages = tuple(map(_message, db.execute(chosen).mappings()))
    if messages:
        keys = [message.key for message in messages]
        taken = {"claimed_by": holder, "claimed_until": now + CLAIMED}
        db.execute(update(outbox).where(outbox.c.key.in_(keys)).values(**taken))
    return messages


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until <= now)


def _follows() -> ColumnElement[bool]:
    """An earlier message of its lane has not left yet."""
    earlier = outbox.alias()
    return (
        select(earlier.c.key)
        .where(earlier.c.lane == outbox.c.lane, earlier.c.state == "due", earlier.c.created_at < outbox.c.created_at)
        .exists()
    )


def renew(db: Connection, holder: str, keys: Collection[str], now: datetime) -> int:
    """What of these this holder has claimed, from now on; how much."""
    held = (outbox.c.claimed_by == holder) & (outbox.c.state == "due") & outbox.c.key.in_(keys)
    return db.execute(update(outbox).where(held).values(claimed_until=now + CLAIMED)).rowcount


def give_back(db: Connection, holder: str) -> int:
    """What this holder claimed and did not deliver; how much."""
    return db.execute(update(outbox).where(outbox.c.claimed_by == holder).values(**FREE)).rowcount


def wait_before(attempt: int, longest: timedelta, name: str) -> timedelta:
    """One second, doubling; up to a quarter less, by the name, so that what failed together does not come together."""
    seconds = min(2.0 ** (attempt - 1), longest.total_seconds())
    return timedelta(seconds=seconds * (1 - crc32(f"{name}{attempt}".encode()) % 1000 / 4000))


def last_of(db: Connection, lane: str, kind: str) -> Message | None:
    """The newest of a lane, sent or not."""
    rows = select(outbox).where(outbox.c.lane == lane, outbox.c.kind == kind)
    row = db.execute(rows.order_by(outbox.c.created_at.desc()).limit(1)).mappings().first()
    return _message(row) if row else None


def lately(db: Connection, lane: str, kind: str, since: datetime) -> int:
    """How many of a lane were sent since then."""
    sent_since = (outbox.c.lane == lane) & (outbox.c.kind == kind) & (outbox.c.sent_at > since)
    return int(db.execute(select(func.count()).where(sent_since)).scalar_one())


def _message(row: RowMapping) -> Message:
    return Message(row["key"], row["kind"], row["body"], row["created_at"], row["attempts"], row["trace"])


def sent(db: Connection, key: str, now: datetime, *, forget: bool = False) -> None:
    """`forget`: its body was a secret between us and its receiver."""
    values = dict(FREE) | {"state": "sent", "sent_at": now, "last_error": None} | ({"body": {}} if forget else {})
    db.execute(update(outbox).where(outbox.c.key == key).values(**values))


def wake(db: Connection, key: str, now: datetime) -> None:
    """Try it again now, even if it was given up or thought to be sent: its receiver knows the key."""
    db.execute(update(outbox).where(outbox.c.key == key).values(**FREE, state="due", attempts=0, due_at=now))


def failed(
    db: Connection,
    key: str,
    error: str,
    now: datetime,
    retry_after: timedelta | None = None,
    *,
    for_good: bool = False,
) -> bool:
    """Again later, doubling; after `ATTEMPTS`, or where trying can not help, it is dead, kept, and True."""
    tried = db.execute(select(outbox.c.attempts).where(outbox.c.key == key)).scalar_one() + 1
    wait = max(retry_after or timedelta(), wait_before(tried, LONGEST, key))
    state = "dead" if for_good or tried >= ATTEMPTS else "due"
    values = dict(FREE) | {"state": state, "attempts": tried, "due_at": now + wait, "last_error": error[:500]}
    db.execute(update(outbox).where(outbox.c.key == key).values(**values))
    return state == "dead"


def count(db: Connection, state: str) -> int:
    return int(db.execute(select(func.count()).where(outbox.c.state == state)).scalar_one())
