"""Reading for figures: what happened to orders since, and when each customer placed theirs. No names, no contents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from tools.orders.tables import customers, events, orders

ASKED_AT_ONCE = 500


class Happened(NamedTuple):
    """An event of an order; `by` is the id of whoever made it: of the conversation, where the agent did."""

    number: str
    type: str
    at: datetime
    by: str


def happened(db: Connection, types: Iterable[str], since: datetime) -> tuple[Happened, ...]:
    """Events of these types, the oldest first."""
    rows = db.execute(
        select(orders.c.number, events.c.type, events.c.at, events.c.actor_id)
        .join(orders, orders.c.id == events.c.aggregate)
        .where(events.c.type.in_(sorted(types)), events.c.at >= since)
        .order_by(events.c.at, events.c.aggregate, events.c.sequence)
    )
    return tuple(Happened(*row) for row in rows)


def extent(db: Connection) -> tuple[int, datetime | None]:
    """How many events there are, and when the last was written: another pair means another history."""
    count, last = db.execute(select(func.count(), func.max(events.c.recorded_at)).select_from(events)).one()
    return int(count), last


def counts(db: Connection, since: datetime, until: datetime) -> Counter[str]:
    """How many orders were placed in a period (its end excluded), by the customer's folded address."""
    rows = db.execute(
        select(customers.c.email_folded, func.count().label("orders"))
        .join(orders, orders.c.customer_id == customers.c.id)
        .where(orders.c.placed_at >= since, orders.c.placed_at < until)
        .group_by(customers.c.email_folded)
    )
    return Counter({str(row.email_folded): int(row.orders) for row in rows})


def placed(db: Connection, addresses: Sequence[str]) -> Mapping[str, Sequence[datetime]]:
    """When the orders of these folded addresses were placed; an address without an order is not there."""
    found: dict[str, list[datetime]] = {}
    for start in range(0, len(addresses), ASKED_AT_ONCE):
        rows = db.execute(
            select(customers.c.email_folded, orders.c.placed_at)
            .join(orders, orders.c.customer_id == customers.c.id)
            .where(customers.c.email_folded.in_(addresses[start : start + ASKED_AT_ONCE]))
        )
        for email, at in rows:
            found.setdefault(email, []).append(at)
    return found
