"""What people turn while the house runs. Read at every turn, so that it holds for the next message, everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from agent.tables import switches

PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Pause:
    """While it stands, every reply is a draft for a person and nothing is done to any order."""

    by: str
    at: datetime
    why: str


def paused(db: Connection) -> Pause | None:
    row = db.execute(select(switches).where(switches.c.name == PAUSE)).mappings().one_or_none()
    return Pause(row["by"], datetime.fromisoformat(row["at"]), row["value"]) if row else None


def pause(db: Connection, by: str, why: str, now: datetime) -> Pause:
    """Again while it stands: the first one's name and moment stay."""
    standing = paused(db)
    if standing:
        return standing
    db.execute(insert(switches), {"name": PAUSE, "value": why, "by": by, "at": now.isoformat()})
    return Pause(by, now, why)


def resume(db: Connection) -> bool:
    """False when nothing was paused."""
    return db.execute(delete(switches).where(switches.c.name == PAUSE)).rowcount == 1
