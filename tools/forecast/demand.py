"""The shop's own demand, read from the order core: what was wanted, when there was none left, what is there now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from tools.forecast.sales import Sale
from tools.forecast.stock import Position
from tools.orders.model import Lifecycle
from tools.orders.tables import (
    bundle_components,
    order_lines,
    orders,
    products,
    reservations,
    stock_levels,
    stock_movements,
    variants,
)

NO_STOCK = frozenset({"out_of_stock", "no_stock", "stock", "inventory"})
"""Reasons of a cancellation that are no change of mind: the units were wanted."""
ENDED = (Lifecycle.CANCELLED, Lifecycle.COMPLETED, Lifecycle.CLOSED, Lifecycle.REJECTED)
TAKEN_AWAY = ("damaged", "quality_control", "safety")


class Hit(NamedTuple):
    """An open order with units for which nothing is reserved; `at` is when it was placed."""

    order: str
    number: str
    sku: str
    units: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Stock:
    """Of what is counted: levels by sku, and the days at whose end none was left."""

    positions: Mapping[str, Position]
    out: frozenset[tuple[date, str]]


def wanted(db: Connection, since: datetime, zone: ZoneInfo) -> Iterator[Sale]:
    """Units by the shop's day; bundles as what leaves the shelf; what was cancelled only where stock was short."""
    parts = _bundles(db)
    rows = db.execute(
        select(
            orders.c.placed_at,
            orders.c.cancel_reason,
            order_lines.c.sku,
            order_lines.c.quantity,
            order_lines.c.cancelled,
        )
        .join(order_lines, order_lines.c.order_id == orders.c.id)
        .where(orders.c.placed_at >= since, orders.c.lifecycle != Lifecycle.REJECTED.value)
        .order_by(orders.c.placed_at, order_lines.c.id)
    )
    for placed, reason, sku, quantity, cancelled in rows:
        units = quantity if reason in NO_STOCK else quantity - cancelled
        for part, count in parts.get(sku, {sku: 1}).items():
            yield Sale(placed.astimezone(zone).date(), part, float(units * count))


def marked(sales: Iterable[Sale], stock: Stock) -> Iterator[Sale]:
    """The same with the days of stock-outs, also those without a sale."""
    yield from sales
    yield from (Sale(day, sku, 0.0, out=True) for day, sku in sorted(stock.out))


def stock(db: Connection, now: datetime, zone: ZoneInfo) -> Stock:
    positions = _positions(db)
    changes = _changes(db, zone)
    out = {(day, sku) for sku, one in positions.items() for day in _empty(one, changes.get(sku, {}), now, zone)}
    return Stock(positions, frozenset(out))


def uncovered(db: Connection, skus: Iterable[str] | None = None) -> tuple[Hit, ...]:
    """Open orders, the oldest first, with units of counted items that nothing is reserved for."""
    held = (
        select(reservations.c.line_id, func.sum(reservations.c.quantity).label("held"))
        .where(reservations.c.state == "held", reservations.c.line_id.is_not(None))
        .group_by(reservations.c.line_id)
        .subquery()
    )
    open_units = order_lines.c.quantity - order_lines.c.cancelled - order_lines.c.shipped
    missing = open_units - func.coalesce(held.c.held, 0)
    rows = db.execute(
        select(orders.c.id, orders.c.number, order_lines.c.sku, missing, orders.c.placed_at)
        .join(order_lines, order_lines.c.order_id == orders.c.id)
        .join(variants, variants.c.sku == order_lines.c.sku)
        .outerjoin(held, held.c.line_id == order_lines.c.id)
        .where(variants.c.tracked == 1, missing > 0, orders.c.lifecycle.not_in([one.value for one in ENDED]))
        .order_by(orders.c.placed_at, orders.c.id, order_lines.c.position)
    )
    chosen = None if skus is None else frozenset(skus)
    found = (Hit(*row) for row in rows)
    return tuple(one for one in found if chosen is None or one.sku in chosen)


def names(db: Connection) -> Mapping[str, str]:
    """By sku: what its product is called."""
    rows = db.execute(select(variants.c.sku, products.c.name).join(products, products.c.id == variants.c.product_id))
    return {row.sku: row.name for row in rows}


def _bundles(db: Connection) -> Mapping[str, Mapping[str, int]]:
    parts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in db.execute(select(bundle_components)):
        parts[row.bundle_sku][row.component_sku] = row.quantity
    return parts


def _positions(db: Connection) -> Mapping[str, Position]:
    level = stock_levels.c
    free = level.on_hand - level.reserved - level.damaged - level.quality_control - level.safety
    rows = db.execute(select(level.sku, func.sum(free), func.sum(level.incoming)).group_by(level.sku))
    return {sku: Position(int(available), int(incoming)) for sku, available, incoming in rows}


def _changes(db: Connection, zone: ZoneInfo) -> Mapping[str, Mapping[date, int]]:
    """By sku and day, what changed in what may be sold. An order takes its units when it is placed."""
    found: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    moved = select(stock_movements.c.sku, stock_movements.c.bucket, stock_movements.c.quantity, stock_movements.c.at)
    for sku, bucket, quantity, at in db.execute(moved.where(stock_movements.c.reason != "shipped")):
        sign = {"on_hand": 1}.get(bucket, -1 if bucket in TAKEN_AWAY else 0)
        found[sku][at.astimezone(zone).date()] += sign * quantity
    taken = (
        select(reservations.c.sku, reservations.c.quantity, orders.c.placed_at)
        .join(order_lines, order_lines.c.id == reservations.c.line_id)
        .join(orders, orders.c.id == order_lines.c.order_id)
        .where(reservations.c.state.in_(("held", "taken")))
    )
    for sku, quantity, placed in db.execute(taken):
        found[sku][placed.astimezone(zone).date()] -= quantity
    return found


def _empty(position: Position, changes: Mapping[date, int], now: datetime, zone: ZoneInfo) -> Iterator[date]:
    """Days at whose end nothing was left, from what is left now back to the first movement."""
    if not changes:
        return
    day, first, left = now.astimezone(zone).date(), min(changes), position.available
    while day >= first:
        if left <= 0:
            yield day
        left -= changes.get(day, 0)
        day -= timedelta(days=1)
