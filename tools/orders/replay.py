"""Events back into tables (I10): an order as it was, and the proof that the tables are what the events say.

The rows that each event wrote are applied to the same tables in a database of their own. Stock levels and the
platform's tables are not aggregates' rows and are not rebuilt.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool

from tools.orders import axes, events, store, tables
from tools.orders.model import Order, OrderId, ShipmentState
from tools.orders.rows import Row, fetch
from tools.orders.views import scan
from tools.orders.work import Direct

REBUILT = (
    "orders",
    "order_lines",
    "payments",
    "payment_transactions",
    "ledger_transactions",
    "ledger_entries",
    "refunds",
    "refund_lines",
    "refund_allocations",
    "credit_notes",
    "fulfillment_orders",
    "fulfillment_lines",
    "shipments",
    "shipment_lines",
    "tracking_events",
    "returns",
    "return_lines",
    "exchanges",
    "claims",
    "withdrawals",
    "reservations",
    "stock_movements",
    "bundle_components",
)
_of_this_thread = threading.local()
BY_NAME = {table.name: table for table in tables.metadata.sorted_tables}


@contextmanager
def rebuilt(where: str = "") -> Iterator[Connection]:
    """An empty database with the core's tables: in memory, or in a file that is larger than memory should be."""
    if not where:
        with _in_memory().connect() as db, db.begin() as transaction:
            yield db
            transaction.rollback()
        return
    engine = _made(where)
    try:
        with engine.connect() as db, db.begin():
            yield db
    finally:
        engine.dispose()


def _in_memory() -> Engine:
    """A thread's own; whoever uses it rolls back, so that it is empty for the next."""
    if not hasattr(_of_this_thread, "engine"):
        _of_this_thread.engine = _made("")
    engine: Engine = _of_this_thread.engine
    return engine


def _made(where: str) -> Engine:
    engine = create_engine(f"sqlite:///{where}", poolclass=StaticPool, connect_args={"check_same_thread": False})
    with engine.begin() as db:
        tables.metadata.create_all(db, tables=[BY_NAME[name] for name in REBUILT], checkfirst=False)
    return engine


def apply(db: Connection, changes: Iterable[Iterable[Any]]) -> None:
    writer = Direct(db)
    for operation, name, *rest in changes:
        table = BY_NAME[name]
        if name not in REBUILT:
            continue
        if operation == "+":
            for rows in _alike(rest[0]):
                writer.insert(table, rows)
        elif operation == "=":
            writer.update(table, rest[0], rest[1], {}, {})
        else:
            writer.update(table, rest[0], {}, rest[1], {})


def _alike(rows: list[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Rows of one insert have the same columns, in the same order: JSON sorted them."""
    by_shape: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        by_shape.setdefault(tuple(row), []).append(row)
    yield from by_shape.values()


def order_at(db: Connection, order: OrderId, moment: datetime) -> Order | None:
    """By when things happened, not by when they were learned: a late scan counts from its own moment."""
    told = list(events.rows_of(db, order))
    if not told:
        raise KeyError(order)
    past = until(told, moment)
    with rebuilt() as then:
        tell(then, order, past)
        found = fetch(then, tables.orders, id=order)
        return store.load(then, [found[0] | {"version": len(past)}])[0] if found else None


def until(told: Iterable[Row], moment: datetime) -> list[Row]:
    return [row for row in told if row["at"] <= moment]


def tell(db: Connection, order: OrderId, told: Iterable[Row]) -> None:
    """The rows that these events wrote; and parcels as their scans tell them, whatever order they were learned in."""
    for row in told:
        apply(db, row["changes"])
    _project(db, order)


def _project(db: Connection, order: OrderId) -> None:
    """Parcels as the scans of that time tell them, whatever order they were learned in."""
    for parcel in fetch(db, tables.shipments, order_id=order):
        scans = map(scan, fetch(db, tables.tracking_events, shipment_id=parcel["id"]))
        state, arrival = axes.projected(scans, ShipmentState(parcel["state"]))
        delivered = {"delivered_at": arrival.at} if arrival else {}
        Direct(db).update(tables.shipments, {"id": parcel["id"]}, {"state": state.value, **delivered}, {}, {})
