"""Reading for figures: what happened to orders, when they were placed and sent. No names, no contents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from tools.orders.tables import claims, customers, events, orders, returns, shipments

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


class Sent(NamedTuple):
    """An order whose first parcel left; `mistakes` are what the shop was told that it packed wrongly."""

    placed_at: datetime
    shipped_at: datetime
    mistakes: frozenset[str]


def sent(db: Connection, since: datetime, until: datetime, mistakes: Iterable[str]) -> tuple[Sent, ...]:
    """Orders whose first parcel left in a period (its end excluded). A denied claim is no mistake."""
    first = func.min(shipments.c.shipped_at)
    left = select(shipments.c.order_id, first.label("at")).group_by(shipments.c.order_id).having(first.is_not(None))
    parcels = left.subquery()
    rows = db.execute(
        select(orders.c.id, orders.c.placed_at, parcels.c.at)
        .join(parcels, parcels.c.order_id == orders.c.id)
        .where(parcels.c.at >= since, parcels.c.at < until)
        .order_by(parcels.c.at, orders.c.id)
    ).all()
    told = _told(db, sorted(mistakes))
    return tuple(Sent(placed, at, frozenset(told.get(order, ()))) for order, placed, at in rows)


def _told(db: Connection, mistakes: Sequence[str]) -> Mapping[str, set[str]]:
    """By order: claims that were not denied, and returns with such a reason. A denied one is closed for nothing."""
    found: dict[str, set[str]] = {}
    denied = (claims.c.state == "denied") | ((claims.c.state == "closed") & claims.c.reference.is_(None))
    claimed = select(claims.c.order_id, claims.c.kind).where(claims.c.kind.in_(mistakes), ~denied)
    returned = select(returns.c.order_id, returns.c.reason).where(returns.c.reason.in_(mistakes))
    for order, kind in (*db.execute(claimed), *db.execute(returned)):
        found.setdefault(order, set()).add(kind)
    return found
