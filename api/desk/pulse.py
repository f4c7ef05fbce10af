"""How much waits for people, and a stamp that changes when something happened: what open pages ask again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from agent import inbox
from agent.tables import approvals, conversations, journal, spoken
from api.tokens import Role


def pulse(
    db: Connection, now: datetime, may: Callable[[Role], bool], elsewhere: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Counts only of what the person may open; `elsewhere` are channels whose people answer in a helpdesk."""
    return {
        "inbox": inbox.count(db, now, elsewhere) if may(Role.LEAD) else 0,
        "approvals": _waiting(db, now) if may(Role.APPROVER) else 0,
        "stamp": _stamp(db),
    }


def _waiting(db: Connection, now: datetime) -> int:
    open_now = (approvals.c.state == "waiting") & (approvals.c.expires_at > now.isoformat())
    return db.execute(select(func.count()).select_from(approvals).where(open_now)).scalar_one()


def _stamp(db: Connection) -> str:
    newest = db.execute(select(func.max(journal.c.at), func.max(journal.c.ticket))).one()
    turns, people = func.sum(conversations.c.turns), func.sum(conversations.c.with_person)
    held = db.execute(select(func.max(conversations.c.updated_at), turns, people)).one()
    decided = db.execute(select(func.max(approvals.c.decided_at), func.max(approvals.c.first_at))).one()
    said = db.execute(select(func.max(spoken.c.at), func.count())).one()
    return "|".join(str(one) for row in (newest, held, decided, said) for one in row)
