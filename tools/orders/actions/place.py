"""Capture: one verb for every channel. What is wrong puts the order on hold with every reason; nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from tools.orders import events, ledger, rules
from tools.orders.model import Actor, Address, CustomerId, OrderId
from tools.orders.store import address_as_json, order_key
from tools.orders.tables import (
    customers,
    fulfillment_orders,
    order_lines,
    orders,
    payment_transactions,
    payments,
    products,
    reservations,
    stock_levels,
    variants,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """`payment` is the tender's kind with the provider's token, never a card number; None: not paid yet."""

    channel: str
    external_id: str
    customer_id: CustomerId
    lines: tuple[Wanted, ...]
    address: Address
    currency: str
    shipping: int = 0
    payment: tuple[str, str] | None = None


class PlaceRefused(ValueError):
    """Nothing that could be kept as an order: every reason is in `errors`."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = tuple(errors)


def place(db: Connection, wanted: PlaceOrder, actor: Actor, now: datetime) -> tuple[OrderId, tuple[str, ...]]:
    """The order and why it is on hold, if it is. Raises `PlaceRefused` for what can not be an order at all."""
    known = _variants(db, wanted)
    _must_be_an_order(db, wanted, known)
    order = OrderId(f"{wanted.channel}:{wanted.external_id}")
    _write(db, order, wanted, known, now)
    reasons = tuple(_reasons(wanted, known)) or tuple(_reserve(db, order, wanted))
    lifecycle = "on_hold" if reasons else "confirmed"
    db.execute(
        update(orders).where(orders.c.id == order).values(lifecycle=lifecycle, hold_reason="; ".join(reasons) or None)
    )
    events.append(db, order, "order.placed", now, actor, {"channel": wanted.channel})
    if wanted.payment:
        _capture(db, order, wanted, now)
        events.append(db, order, "payment.captured", now, actor, {})
    if reasons:
        events.append(db, order, "order.held", now, actor, {"reasons": list(reasons)})
    return order, reasons


def _variants(db: Connection, wanted: PlaceOrder) -> dict[str, RowMapping]:
    skus = [line.sku for line in wanted.lines]
    chosen = (
        select(variants, products.c.name, products.c.returnable)
        .join(products, products.c.id == variants.c.product_id)
        .where(variants.c.sku.in_(skus))
    )
    return {row["sku"]: row for row in db.execute(chosen).mappings()}


def _must_be_an_order(db: Connection, wanted: PlaceOrder, known: dict[str, RowMapping]) -> None:
    errors = [f"unknown variant {line.sku}" for line in wanted.lines if line.sku not in known]
    errors += [f"quantity of {line.sku} must be at least 1" for line in wanted.lines if line.quantity < 1]
    errors += [] if wanted.lines else ["an order needs a line"]
    errors += [
        f"{row['sku']} is sold in {row['currency']}, not {wanted.currency}"
        for row in known.values()
        if row["currency"] != wanted.currency
    ]
    if db.execute(select(customers.c.id).where(customers.c.id == wanted.customer_id)).first() is None:
        errors.append(f"unknown customer {wanted.customer_id}")
    duplicate = (orders.c.channel == wanted.channel) & (orders.c.external_id == wanted.external_id)
    if db.execute(select(orders.c.id).where(duplicate)).first():
        errors.append(f"{wanted.channel} order {wanted.external_id} exists already")
    if errors:
        raise PlaceRefused(errors)


def _reasons(wanted: PlaceOrder, known: dict[str, RowMapping]) -> list[str]:
    missing = rules.missing_in(wanted.address)
    unsellable = [f"stock: {line.sku} is not sellable" for line in wanted.lines if not known[line.sku]["sellable"]]
    return unsellable + ([f"address: {', '.join(missing)}"] if missing else [])


def _write(db: Connection, order: OrderId, wanted: PlaceOrder, known: dict[str, RowMapping], now: datetime) -> None:
    items = sum(known[line.sku]["price"] * line.quantity for line in wanted.lines)
    db.execute(
        insert(orders),
        {
            "id": order,
            "channel": wanted.channel,
            "external_id": wanted.external_id,
            "number": wanted.external_id,
            "number_key": order_key(wanted.external_id),
            "customer_id": wanted.customer_id,
            "currency": wanted.currency,
            "placed_at": now,
            "items_total": items,
            "shipping": wanted.shipping,
            "total": items + wanted.shipping,
            "address": address_as_json(wanted.address),
            "lifecycle": "validating",
        },
    )
    db.execute(
        insert(order_lines),
        [_line(order, place, line, known[line.sku]) for place, line in enumerate(wanted.lines, 1)],
    )
    db.execute(
        insert(fulfillment_orders),
        {"id": f"{order}:work:1", "order_id": order, "location_id": "main", "state": "open"},
    )


def _line(order: OrderId, place: int, line: Wanted, variant: RowMapping) -> dict[str, object]:
    return {
        "id": f"{order}:{place}",
        "order_id": order,
        "position": place,
        "sku": line.sku,
        "name": variant["name"],
        "options": variant["options"],
        "quantity": line.quantity,
        "unit_price": variant["price"],
        "net": variant["price"] * line.quantity,
        "returnable": variant["returnable"],
    }


def _reserve(db: Connection, order: OrderId, wanted: PlaceOrder) -> list[str]:
    """The conditional update is the only way to take stock: it fails where too little is available."""
    short = []
    for place, line in enumerate(wanted.lines, 1):
        available = stock_levels.c.on_hand - stock_levels.c.reserved - stock_levels.c.damaged
        enough = available - stock_levels.c.quality_control - stock_levels.c.safety >= line.quantity
        taken = db.execute(
            update(stock_levels)
            .where(stock_levels.c.sku == line.sku, stock_levels.c.location_id == "main", enough)
            .values(reserved=stock_levels.c.reserved + line.quantity, version=stock_levels.c.version + 1)
        )
        if taken.rowcount != 1:
            short.append(f"stock: not enough of {line.sku}")
        else:
            held = {
                "line_id": f"{order}:{place}",
                "sku": line.sku,
                "location_id": "main",
                "quantity": line.quantity,
            }
            db.execute(insert(reservations), held | {"state": "held"})
    return short


def _capture(db: Connection, order: OrderId, wanted: PlaceOrder, now: datetime) -> None:
    assert wanted.payment
    kind, token = wanted.payment
    total = db.execute(select(orders.c.total).where(orders.c.id == order)).scalar_one()
    tender = f"{order}:pay:1"
    values = {
        "id": tender,
        "order_id": order,
        "position": 1,
        "kind": kind,
        "method_id": token,
        "state": "captured",
    }
    db.execute(insert(payments), values | {"currency": wanted.currency})
    taken = {"id": f"{tender}:1", "payment_id": tender, "kind": "capture", "amount": total, "psp": "sandbox"}
    db.execute(insert(payment_transactions), taken | {"psp_ref": f"{tender}:1", "state": "succeeded", "at": now})
    account = ledger.money_account(kind, token)
    sold = {account: total, "sales": -(total - wanted.shipping), "shipping": -wanted.shipping}
    ledger.post(db, order, "payment.captured", now, wanted.currency, sold)
