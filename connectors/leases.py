"""Who works on what. A lease is taken by one, kept alive while it works, and free again when its holder died.

Its holder names what it renews: work that failed without its lease being given back is free again when that ends.
A lease keeps two from beginning; a holder that slept through its lease is stopped where it would write (agent/desk.py).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from connectors.tables import leases

LASTING = timedelta(seconds=20)
RENEWED = 5.0
"""Seconds between renewals: three may fail before a lease is lost."""


def take(db: Connection, name: str, holder: str, now: datetime) -> bool:
    """False while anybody holds it, this holder included."""
    values = {"name": name, "holder": holder, "until": (now + LASTING).isoformat()}
    made = (sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert)(leases).values(**values)
    over = made.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": made.excluded.holder, "until": made.excluded.until},
        where=leases.c.until <= now.isoformat(),
    )
    return db.execute(over.returning(leases.c.holder)).scalar() == holder


def give_back(db: Connection, name: str, holder: str) -> bool:
    """False when it was lost meanwhile."""
    return db.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder)).rowcount == 1


def renew(db: Connection, holder: str, names: Collection[str], now: datetime) -> int:
    """What of these this holder has; how much."""
    held = (leases.c.holder == holder) & leases.c.name.in_(names)
    return db.execute(update(leases).where(held).values(until=(now + LASTING).isoformat())).rowcount
