"""How much waits for people, and stamps that change when something happened: what open pages of the desk follow.

Stamps are read from the ends of indexes, so they may be asked for every second however much is kept; counting reads
the conversations of a month.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Table, func, select

from agent import inbox
from agent.tables import approvals, conversations, journal, spoken
from api.edge.tokens import Role

May = Callable[[Role], bool]


@dataclass(frozen=True, slots=True)
class Stamps:
    """`talks` changes with what customers, Wismo and people say and do, `waits` with what is to be approved."""

    talks: str
    waits: str


@dataclass(frozen=True, slots=True)
class Counts:
    inbox: int
    approvals: int


@dataclass(frozen=True, slots=True)
class Pulse:
    """`runs` changes with every step of an evaluation that a page began."""

    stamps: Stamps
    counts: Counts
    runs: str = ""

    def seen_by(self, may: May) -> dict[str, Any]:
        """Counts only of what the person may open."""
        held, waiting = self.counts.inbox, self.counts.approvals
        return {
            "inbox": held if may(Role.LEAD) else 0,
            "approvals": waiting if may(Role.APPROVER) else 0,
            "talks": f"{self.stamps.talks}|{held}",
            "waits": f"{self.stamps.waits}|{waiting}",
            "runs": self.runs if may(Role.LEAD) else "",
        }


def pulse(db: Connection, now: datetime, elsewhere: tuple[str, ...] = ()) -> Pulse:
    return Pulse(stamps(db), counts(db, now, elsewhere))


def stamps(db: Connection) -> Stamps:
    talks = (_end(db, journal, journal.c.at), _end(db, conversations, conversations.c.updated_at))
    return Stamps(
        "|".join((*talks, _end(db, spoken, spoken.c.at))),
        "|".join((_end(db, approvals, approvals.c.decided_at), _first_words(db))),
    )


def counts(db: Connection, now: datetime, elsewhere: tuple[str, ...] = ()) -> Counts:
    """`elsewhere` are channels whose people answer in a helpdesk."""
    open_now = (approvals.c.state == "waiting") & (approvals.c.expires_at > now.isoformat())
    waiting = db.execute(select(func.count()).select_from(approvals).where(open_now)).scalar_one()
    return Counts(inbox.count(db, now, elsewhere), waiting)


def _end(db: Connection, table: Table, moment: Column[Any]) -> str:
    """The newest moment, and how many rows have it: two things of one moment are two stamps."""
    newest = select(func.max(moment)).scalar_subquery()
    found = db.execute(select(func.max(moment), func.count()).select_from(table).where(moment == newest)).one()
    return f"{found[0]}x{found[1]}"


def _first_words(db: Connection) -> str:
    """Of what waits: how many, and how many have the first of two people's word."""
    waiting = select(func.count(), func.count(approvals.c.first_by)).where(approvals.c.state == "waiting")
    return "of".join(map(str, db.execute(waiting).one()))
