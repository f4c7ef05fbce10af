"""Reading: rows to `Order` views, a handful of queries for any number of orders. The scope is in the query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, desc, func, select

from tools.orders import axes
from tools.orders.model import (
    Address,
    Customer,
    CustomerId,
    Line,
    LineId,
    Order,
    OrderId,
    Refund,
    RefundId,
    Return,
    ReturnId,
    Shipment,
    ShipmentState,
    Tender,
    TrackingEvent,
)
from tools.orders.money import Money
from tools.orders.tables import (
    customers,
    fulfillment_orders,
    order_lines,
    orders,
    payment_transactions,
    payments,
    refund_allocations,
    refund_lines,
    refunds,
    return_lines,
    returns,
    shipment_lines,
    shipments,
    tracking_events,
)

Rows = Mapping[str, Sequence[RowMapping]]
PENDING = ("submitting", "pending", "unknown")


def order_key(number: str) -> str:
    """Customers write numbers with or without '#', in any case, with spaces."""
    return "".join(number.split()).lstrip("#").upper()


def customer_by_email(db: Connection, email: str) -> Customer | None:
    return _customer(db, customers.c.email_folded == email.strip().casefold())


def customer(db: Connection, customer_id: CustomerId) -> Customer | None:
    return _customer(db, customers.c.id == customer_id)


def of_customer(db: Connection, customer_id: CustomerId) -> tuple[Order, ...]:
    """Newest first."""
    chosen = select(orders).where(orders.c.customer_id == customer_id)
    return _load(db, chosen.order_by(desc(orders.c.placed_at), orders.c.id))


def one_of_customer(db: Connection, customer_id: CustomerId, number: str) -> Order | None:
    """Missing and somebody else's are the same: nothing."""
    chosen = select(orders).where(orders.c.customer_id == customer_id, orders.c.number_key == order_key(number))
    return next(iter(_load(db, chosen.order_by(desc(orders.c.placed_at)).limit(1))), None)


def by_number(db: Connection, number: str) -> Order | None:
    """For people and machines of the shop, never for a caller."""
    chosen = select(orders).where(orders.c.number_key == order_key(number))
    return next(iter(_load(db, chosen.order_by(desc(orders.c.placed_at)).limit(1))), None)


def by_id(db: Connection, order_id: OrderId) -> Order:
    """Raises KeyError. Inside a write transaction the order can not change under the reader."""
    found = _load(db, select(orders).where(orders.c.id == order_id))
    if not found:
        raise KeyError(order_id)
    return found[0]


def count(db: Connection) -> int:
    return int(db.execute(select(func.count()).select_from(orders)).scalar_one())


def _customer(db: Connection, which: Any) -> Customer | None:
    row = db.execute(select(customers).where(which)).mappings().one_or_none()
    if row is None:
        return None
    address = address_of(row["address"]) if row["address"] else None
    return Customer(CustomerId(row["id"]), row["name"], row["email"], row["language"], address)


def address_of(kept: Mapping[str, str]) -> Address:
    return Address(**kept)


def address_as_json(address: Address) -> dict[str, str]:
    return asdict(address)


def _load(db: Connection, chosen: Select[Any]) -> tuple[Order, ...]:
    heads = db.execute(chosen).mappings().all()
    ids = [row["id"] for row in heads]
    if not ids:
        return ()
    parts = {
        "lines": _by(db, select(order_lines).where(order_lines.c.order_id.in_(ids)).order_by(order_lines.c.position)),
        "payments": _by(db, select(payments).where(payments.c.order_id.in_(ids)).order_by(payments.c.position)),
        "work": _by(db, select(fulfillment_orders).where(fulfillment_orders.c.order_id.in_(ids))),
        "shipments": _by(
            db,
            select(shipments).where(shipments.c.order_id.in_(ids)).order_by(shipments.c.shipped_at, shipments.c.id),
        ),
        "returns": _by(db, select(returns).where(returns.c.order_id.in_(ids)).order_by(returns.c.requested_at)),
        "refunds": _by(
            db,
            select(refunds).where(refunds.c.order_id.in_(ids)).order_by(refunds.c.requested_at, refunds.c.id),
        ),
    }
    details = _details(db, parts)
    return tuple(
        _order(row, {name: found.get(row["id"], ()) for name, found in parts.items()}, details) for row in heads
    )


def _details(db: Connection, parts: Mapping[str, Rows]) -> Mapping[str, Rows]:
    """Rows that hang on parts; not asked for where an order has no such part."""
    parcels, rmas, paid, back = (_ids(parts[name]) for name in ("shipments", "returns", "payments", "refunds"))
    moved, sent = payment_transactions, refund_allocations
    scans = select(tracking_events).where(tracking_events.c.shipment_id.in_(parcels))
    return {
        "contents": _by(
            db,
            select(shipment_lines).where(shipment_lines.c.shipment_id.in_(parcels)),
            "shipment_id",
            parcels,
        ),
        "scans": _by(db, scans.order_by(tracking_events.c.at, tracking_events.c.id), "shipment_id", parcels),
        "units": _by(db, select(return_lines).where(return_lines.c.return_id.in_(rmas)), "return_id", rmas),
        "moved": _by(db, select(moved).where(moved.c.payment_id.in_(paid)).order_by(moved.c.at), "payment_id", paid),
        "sent": _by(db, select(sent).where(sent.c.refund_id.in_(back)), "refund_id", back),
        "repaid": _by(db, select(refund_lines).where(refund_lines.c.refund_id.in_(back)), "refund_id", back),
        "awaited": _by(
            db,
            select(sent).where(sent.c.payment_id.in_(paid), sent.c.state.in_(PENDING)),
            "payment_id",
            back and paid,
        ),
    }


def _ids(rows: Rows) -> list[str]:
    return [row["id"] for found in rows.values() for row in found]


def _by(db: Connection, chosen: Select[Any], key: str = "order_id", wanted: Iterable[str] | None = None) -> Rows:
    if wanted is not None and not wanted:
        return {}
    grouped: dict[str, list[RowMapping]] = defaultdict(list)
    for row in db.execute(chosen).mappings():
        grouped[row[key]].append(row)
    return grouped


def _order(row: RowMapping, parts: Mapping[str, Sequence[RowMapping]], details: Mapping[str, Rows]) -> Order:
    currency = row["currency"]
    lines = tuple(_line(one, currency) for one in parts["lines"])
    parcels = tuple(_shipment(one, details) for one in parts["shipments"])
    rmas = tuple(_return(one, details["units"].get(one["id"], ())) for one in parts["returns"])
    back = tuple(_refund(one, details) for one in parts["refunds"])
    tenders = tuple(_tender(one, details) for one in parts["payments"])
    arrived, exactly = axes.delivered(parts["shipments"], lines)
    return Order(
        id=OrderId(row["id"]),
        number=row["number"],
        customer_id=CustomerId(row["customer_id"]),
        currency=currency,
        placed_at=row["placed_at"],
        promised_at=row["promised_at"],
        cancelled_at=row["cancelled_at"],
        delivered_at=arrived,
        delivered_exactly=exactly,
        total=Money(row["total"], currency),
        shipping=Money(row["shipping"], currency),
        shipping_tax=Money.zero(currency),
        address=address_of(row["address"]),
        lifecycle=axes.lifecycle(row["lifecycle"]),
        payment=axes.payment(row["total"], tenders),
        fulfilment=axes.fulfilment([one["state"] for one in parts["work"]], parcels, lines),
        returning=axes.returning(rmas),
        hold_reason=row["hold_reason"],
        lines=lines,
        shipments=parcels,
        returns=rmas,
        refunds=back,
        tenders=tenders,
        version=row["version"],
    )


def _line(row: RowMapping, currency: str) -> Line:
    return Line(
        LineId(row["id"]),
        row["position"],
        row["sku"],
        row["name"],
        row["options"],
        row["quantity"],
        Money(row["unit_price"], currency),
        Money(row["net"], currency),
        Money(row["tax"], currency),
        bool(row["returnable"]),
        row["cancelled"],
        row["shipped"],
        row["returned"],
        row["refunded"],
    )


def _shipment(row: RowMapping, details: Mapping[str, Rows]) -> Shipment:
    contents = {LineId(one["line_id"]): one["quantity"] for one in details["contents"].get(row["id"], ())}
    scans = tuple(
        TrackingEvent(one["at"], one["code"], one["place"], bool(one["reconstructed"]))
        for one in details["scans"].get(row["id"], ())
    )
    state = ShipmentState(row["state"])
    return Shipment(
        row["id"],
        row["carrier"],
        row["tracking_number"],
        state,
        row["shipped_at"],
        row["delivered_at"],
        contents,
        scans,
    )


def _return(row: RowMapping, units: Sequence[RowMapping]) -> Return:
    asked = {LineId(one["line_id"]): one["quantity"] for one in units}
    accepted = {LineId(one["line_id"]): one["accepted"] for one in units if one["accepted"]}
    return Return(
        ReturnId(row["id"]),
        row["number"],
        row["state"],
        row["requested_at"],
        asked,
        accepted,
        row["label_fee"],
    )


def _refund(row: RowMapping, details: Mapping[str, Rows]) -> Refund:
    sent = details["sent"].get(row["id"], ())
    failed = bool(sent) and all(one["state"] == "failed" for one in sent)
    repaid = () if failed else details["repaid"].get(row["id"], ())
    return Refund(
        RefundId(row["id"]),
        row["state"],
        Money(row["amount"], row["currency"]),
        row["requested_at"],
        row["settled_at"],
        ReturnId(row["return_id"]) if row["return_id"] else None,
        tuple(one["payment_id"] for one in sent),
        {LineId(one["line_id"]): one["quantity"] for one in repaid},
        0 if failed else row["shipping"],
    )


def _tender(row: RowMapping, details: Mapping[str, Rows]) -> Tender:
    def moved(kind: str) -> Money:
        rows = details["moved"].get(row["id"], ())
        return Money(sum(r["amount"] for r in rows if r["kind"] == kind and r["state"] == "succeeded"), row["currency"])

    awaited = sum(one["amount"] for one in details["awaited"].get(row["id"], ()))
    return Tender(
        row["id"],
        row["kind"],
        moved("capture"),
        moved("refund"),
        Money(awaited, row["currency"]),
        row["method_id"],
    )
