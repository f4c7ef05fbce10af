"""What was told before anybody asked, and to whom not: one row a message, of either arm."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, insert, select, update

from agent.case import ConversationId
from agent.tables import links, proactive

Arm = Literal["told", "holdout"]


@dataclass(frozen=True, slots=True)
class Message:
    """`orders` are ids. Of the holdout nothing was sent: it says what would have been."""

    id: str
    customer: str
    conversation: str
    channel: str
    arm: Arm
    mode: Literal["sent", "draft", "none"]
    orders: tuple[str, ...]
    kinds: tuple[str, ...]
    at: datetime
    opened_at: datetime | None = None
    stopped_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}


def add(db: Connection, made: Message) -> None:
    """Raises IntegrityError when it is there already: a message is made once."""
    row = made.as_json() | {"orders": json.dumps(made.orders), "kinds": json.dumps(made.kinds)}
    db.execute(insert(proactive), row)


def one(db: Connection, message: str) -> Message | None:
    row = db.execute(select(proactive).where(proactive.c.id == message)).mappings().one_or_none()
    return _message(row) if row else None


def newest(db: Connection, limit: int = 50) -> tuple[Message, ...]:
    rows = select(proactive).order_by(proactive.c.at.desc(), proactive.c.id).limit(limit)
    return tuple(map(_message, db.execute(rows).mappings()))


def between(db: Connection, since: datetime, until: datetime) -> tuple[Message, ...]:
    at = proactive.c.at
    rows = select(proactive).where(at >= since.isoformat(), at < until.isoformat()).order_by(at)
    return tuple(map(_message, db.execute(rows).mappings()))


def lately(db: Connection, customer: str, since: datetime) -> Sequence[datetime]:
    """When there were messages for them since then, oldest first; of the holdout too, so that both wait alike."""
    mine = (proactive.c.customer == customer) & (proactive.c.at > since.isoformat())
    return [datetime.fromisoformat(at) for at in db.execute(select(proactive.c.at).where(mine)).scalars()]


def conversation_of(db: Connection, link: str) -> ConversationId | None:
    """The one that this link opened before."""
    found = db.execute(select(links.c.conversation).where(links.c.id == link)).scalar()
    return ConversationId(found) if found else None


def opened(db: Connection, message: str, link: str, conversation: str, now: datetime) -> None:
    """Raises IntegrityError when this link opened another conversation meanwhile."""
    db.execute(insert(links), {"id": link, "conversation": conversation, "at": now.isoformat()})
    fresh = (proactive.c.id == message) & proactive.c.opened_at.is_(None)
    db.execute(update(proactive).where(fresh).values(opened_at=now.isoformat()))


def moved(db: Connection, message: str, channel: str, conversation: str) -> bool:
    """It is said elsewhere than it was to be; False where it was moved there before."""
    here = (proactive.c.id == message) & (proactive.c.channel != channel)
    found = db.execute(update(proactive).where(here).values(channel=channel, conversation=conversation))
    return found.rowcount == 1


def stopped(db: Connection, message: str, now: datetime) -> None:
    """The customer wants no more of them, since this one."""
    fresh = (proactive.c.id == message) & proactive.c.stopped_at.is_(None)
    db.execute(update(proactive).where(fresh).values(stopped_at=now.isoformat()))


def _message(row: RowMapping) -> Message:
    moments = {name: row[name] and datetime.fromisoformat(row[name]) for name in ("at", "opened_at", "stopped_at")}
    lists = {name: tuple(json.loads(row[name])) for name in ("orders", "kinds")}
    return Message(**{**dict(row), **moments, **lists})
