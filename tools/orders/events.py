"""Every change of an aggregate, as it was appended by work.py: reading only."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from tools.orders import tables
from tools.orders.model import Actor, Event
from tools.orders.rows import Row, fetch


def of(db: Connection, aggregate: str) -> tuple[Event, ...]:
    return tuple(map(_event, rows_of(db, aggregate)))


def rows_of(db: Connection, aggregate: str) -> Iterable[Row]:
    """In the order in which they were appended."""
    return fetch(db, tables.events, "sequence", aggregate=aggregate)


def _event(row: Row) -> Event:
    return Event(
        row["sequence"],
        row["type"],
        row["at"],
        row["recorded_at"],
        Actor(row["actor_kind"], row["actor_id"]),
        bool(row["reconstructed"]),
        row["body"],
    )
