"""What a visitor sees of a conversation: stored, in order, once by key. A stream that broke goes on after a number."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, select, text

from api.tables import shown
from tools.orders.work import Direct

AT_ONCE = 200


class Kind(StrEnum):
    """`STEP` is progress of a turn, `WAITING` says that a person answers, `CLOSED` that the conversation is over."""

    SAID = "said"
    STEP = "step"
    REPLY = "reply"
    WAITING = "waiting"
    PERSON = "person"
    TYPING = "typing"
    PHOTO = "photo"
    CLOSED = "closed"
    RATED = "rated"


@dataclass(frozen=True, slots=True)
class Event:
    sequence: int
    kind: str
    body: Mapping[str, Any]
    at: str

    def as_json(self) -> dict[str, Any]:
        return {"sequence": self.sequence, "kind": self.kind, "at": self.at, **self.body}


def append(db: Connection, conversation: str, key: str, kind: Kind, body: Mapping[str, Any], now: datetime) -> bool:
    """False when its key was there already: what happened once is shown once."""
    _in_turn(db, conversation)
    row = {
        "conversation": conversation,
        "sequence": last(db, conversation) + 1,
        "key": key,
        "kind": kind.value,
        "body": json.dumps(body, ensure_ascii=False),
        "at": now.isoformat(),
    }
    return Direct(db).insert_once(shown, row)


def _in_turn(db: Connection, conversation: str) -> None:
    """On PostgreSQL writers of one conversation queue; SQLite has one writer anyway."""
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 2))"), {"name": conversation})


def last(db: Connection, conversation: str) -> int:
    """The number of the newest event; 0 for none."""
    newest = select(func.max(shown.c.sequence)).where(shown.c.conversation == conversation)
    return db.execute(newest).scalar() or 0


def lasts(db: Connection, conversations: Collection[str]) -> Mapping[str, int]:
    newest = select(shown.c.conversation, func.max(shown.c.sequence)).where(shown.c.conversation.in_(conversations))
    return {row[0]: row[1] for row in db.execute(newest.group_by(shown.c.conversation))}


def after(db: Connection, conversation: str, sequence: int, most: int = AT_ONCE) -> tuple[Event, ...]:
    """Oldest first."""
    later = select(shown).where(shown.c.conversation == conversation, shown.c.sequence > sequence)
    rows = db.execute(later.order_by(shown.c.sequence).limit(most)).mappings()
    return tuple(Event(row["sequence"], row["kind"], json.loads(row["body"]), row["at"]) for row in rows)


def kinds(db: Connection, conversation: str) -> tuple[str, ...]:
    """Of all events, oldest first, without their bodies."""
    every = select(shown.c.kind).where(shown.c.conversation == conversation).order_by(shown.c.sequence)
    return tuple(db.execute(every).scalars())


def has(db: Connection, conversation: str, key: str) -> bool:
    found = select(shown.c.sequence).where(shown.c.conversation == conversation, shown.c.key == key)
    return db.execute(found).first() is not None


def of_turn(db: Connection, conversation: str, turn: str) -> tuple[Event, ...]:
    """What a message led to, oldest first."""
    return tuple(one for one in after(db, conversation, 0, 10_000) if one.body.get("id") == turn)
