"""Reading: which orders, and their rows; views.py makes them `Order`s. The scope is in the query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from tools.orders import emails, tables, views
from tools.orders.model import Address, Customer, CustomerId, Order, OrderId, Shipment, ShipmentState
from tools.orders.rows import Row, fetch, grouped, ids_of

NEWEST = "placed_at DESC, id"
address_of = views.address_of


def order_key(number: str) -> str:
    """Customers write numbers with or without '#', in any case, with spaces."""
    return "".join(number.split()).lstrip("#").upper()


def customer_by_email(db: Connection, email: str) -> Customer | None:
    return _customer(db, email_folded=emails.folded(email))


def customer(db: Connection, customer_id: CustomerId) -> Customer | None:
    return _customer(db, id=customer_id)


def of_customer(db: Connection, customer_id: CustomerId) -> tuple[Order, ...]:
    """Newest first."""
    return load(db, fetch(db, tables.orders, NEWEST, customer_id=customer_id))


def one_of_customer(db: Connection, customer_id: CustomerId, number: str) -> Order | None:
    """Missing and somebody else's are the same: nothing."""
    found = fetch(db, tables.orders, NEWEST, customer_id=customer_id, number_key=order_key(number))
    return next(iter(load(db, found[:1])), None)


@dataclass(frozen=True, slots=True)
class OrderKey:
    """What somebody who knows the order can name: enough to compare, nothing to tell."""

    order: str
    customer: str
    email: str
    postcode: str


def key_of(db: Connection, number: str) -> OrderKey | None:
    """One statement whether it is there or not; for proving a caller, never for telling anything."""
    orders, customers = tables.orders, tables.customers
    row = db.execute(
        select(orders.c.id, orders.c.customer_id, customers.c.email, orders.c.address)
        .join(customers, customers.c.id == orders.c.customer_id)
        .where(orders.c.number_key == order_key(number))
        .order_by(orders.c.placed_at.desc(), orders.c.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return OrderKey(row.id, row.customer_id, row.email, address_of(row.address).postcode)


def by_number(db: Connection, number: str) -> Order | None:
    """For people and machines of the shop, never for a caller."""
    return next(iter(load(db, fetch(db, tables.orders, NEWEST, number_key=order_key(number))[:1])), None)


def by_id(db: Connection, order_id: OrderId) -> Order:
    """Raises KeyError. Inside a write transaction the order can not change under the reader."""
    found = load(db, fetch(db, tables.orders, id=order_id))
    if not found:
        raise KeyError(order_id)
    return found[0]


def newest(db: Connection, limit: int, lifecycle: str | None = None, number: str | None = None) -> tuple[Order, ...]:
    """For lists: the newest orders, of one lifecycle or beginning with a number."""
    chosen = select(tables.orders.c.id).order_by(tables.orders.c.placed_at.desc(), tables.orders.c.id).limit(limit)
    if lifecycle:
        chosen = chosen.where(tables.orders.c.lifecycle == lifecycle)
    if number:
        chosen = chosen.where(tables.orders.c.number_key.startswith(order_key(number), autoescape=True))
    ids = list(db.execute(chosen).scalars())
    return load(db, fetch(db, tables.orders, NEWEST, id=ids)) if ids else ()


ENDED = ("delivered", "lost", "returned_to_sender")


def under_way(db: Connection, carriers: Sequence[str]) -> tuple[Shipment, ...]:
    """Parcels of these carriers that have not ended."""
    states = [state.value for state in ShipmentState if state.value not in ENDED]
    found = [row for one in carriers for row in fetch(db, tables.shipments, "id", carrier=one, state=states)]
    ids = [row["id"] for row in found]
    details = {
        "contents": grouped(db, tables.shipment_lines, "shipment_id", ids),
        "scans": grouped(db, tables.tracking_events, "shipment_id", ids, "at, code"),
    }
    return tuple(views.shipment(row, details) for row in found)


def count(db: Connection) -> int:
    return int(db.execute(select(func.count()).select_from(tables.orders)).scalar_one())


def address_as_json(address: Address) -> dict[str, str]:
    return asdict(address)


def _customer(db: Connection, **which: Any) -> Customer | None:
    found = fetch(db, tables.customers, **which)
    if not found:
        return None
    row = found[0]
    address = address_of(row["address"]) if row["address"] else None
    return Customer(CustomerId(row["id"]), row["name"], row["email"], row["language"], address)


def load(db: Connection, heads: Sequence[Row]) -> tuple[Order, ...]:
    """A handful of statements for any number of orders; none for parts that none of them has."""
    if not heads:
        return ()
    ids = [row["id"] for row in heads]

    def of_order(table: Any, order: str) -> views.Rows:
        return grouped(db, table, "order_id", ids, order)

    parts = {
        "lines": of_order(tables.order_lines, "position"),
        "payments": of_order(tables.payments, "position"),
        "work": of_order(tables.fulfillment_orders, "id"),
        "shipments": of_order(tables.shipments, "shipped_at, id"),
        "returns": of_order(tables.returns, "requested_at, id"),
        "refunds": of_order(tables.refunds, "requested_at, id"),
        "exchanges": of_order(tables.exchanges, "id"),
        "claims": of_order(tables.claims, "id"),
        "receivable": _receivable(db, ids),
    }
    details = _details(db, parts)
    return tuple(
        views.order(row, {name: found.get(row["id"], ()) for name, found in parts.items()}, details) for row in heads
    )


def _receivable(db: Connection, ids: Sequence[str]) -> views.Rows:
    entries = tables.ledger_entries
    accounts = [f"customer_{side}:{one}" for one in ids for side in ("receivable", "payable")]
    found: dict[str, list[Row]] = {}
    for row in fetch(db, entries, account=accounts):
        found.setdefault(row["account"].partition(":")[2], []).append(row)
    return found


def _details(db: Connection, parts: Mapping[str, views.Rows]) -> Mapping[str, views.Rows]:
    parcels, rmas, back = (ids_of(parts[name]) for name in ("shipments", "returns", "refunds"))
    return {
        "contents": grouped(db, tables.shipment_lines, "shipment_id", parcels),
        "scans": grouped(db, tables.tracking_events, "shipment_id", parcels, "at, code"),
        "units": grouped(db, tables.return_lines, "return_id", rmas),
        "moved": grouped(db, tables.payment_transactions, "payment_id", ids_of(parts["payments"]), "at, id"),
        "sent": grouped(db, tables.refund_allocations, "refund_id", back, "id"),
        "repaid": grouped(db, tables.refund_lines, "refund_id", back),
        "to_do": grouped(db, tables.fulfillment_lines, "fulfillment_order_id", ids_of(parts["work"])),
    }
