"""How often a proof may be tried. Attempts are counted, never messages; reaching a limit tells the caller nothing.

A count is made and recorded in one step under a lock, so that a thousand at once count as a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, delete, func, insert, select, text

from agent.tables import attempts

LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts of a kind for one key of a scope, within so long.

    Scopes: session, network, customer, everyone.
    """

    scope: str
    most: int
    within: timedelta


def allowed(db: Connection, kind: str, whom: Mapping[str, str], limits: Sequence[Limit], now: datetime) -> bool:
    """Records this attempt and says whether it may be made. `whom` gives each scope's key; an empty one is free."""
    _alone(db, kind)
    counted = [limit for limit in limits if whom.get(limit.scope)]
    within = all(_count(db, kind, whom, limit, now) < limit.most for limit in counted)
    if within:
        rows = [
            {"id": uuid4().hex, "kind": kind, "scope": one.scope, "key": whom[one.scope], "at": now.isoformat()}
            for one in counted
        ]
        if rows:
            db.execute(insert(attempts), rows)
    return within


def forget_old(db: Connection, now: datetime) -> int:
    """Drops what no limit looks at any more; for a periodic job."""
    return db.execute(delete(attempts).where(attempts.c.at < (now - LONGEST).isoformat())).rowcount


def _count(db: Connection, kind: str, whom: Mapping[str, str], limit: Limit, now: datetime) -> int:
    query = (
        select(func.count())
        .select_from(attempts)
        .where(
            attempts.c.kind == kind,
            attempts.c.scope == limit.scope,
            attempts.c.key == whom[limit.scope],
            attempts.c.at > (now - limit.within).isoformat(),
        )
    )
    return int(db.execute(query).scalar_one())


def _alone(db: Connection, kind: str) -> None:
    """SQLite has one writer anyway; PostgreSQL is told to wait, until the end of the transaction."""
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"wismo attempts {kind}"})
