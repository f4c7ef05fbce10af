"""Capture: one verb for every channel. What is wrong puts the order on hold with every reason; nothing is lost.

Refused is only what can not be kept as an order at all: no lines, an impossible quantity or currency, an unknown
customer, a channel's number that is taken. Each error has its place and its code, and all are told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from tools.orders import addresses, amounts, ledger, rules
from tools.orders import work as works
from tools.orders.actions import baskets, fulfilment_orders, payments, sourcing
from tools.orders.actions.payments import Pay
from tools.orders.commands import Command, Minor, Name, Units, verb
from tools.orders.model import Actor, Address, OrderId
from tools.orders.money import CURRENCIES
from tools.orders.rows import Row, fetch
from tools.orders.store import address_as_json, order_key
from tools.orders.tables import (
    customers,
    order_lines,
    orders,
    products,
    variants,
)
from tools.orders.work import Refused, Work

LARGEST = 10**13
"""Minor units of one order: beyond that somebody mistyped."""
Channel = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]


class Wanted(BaseModel):
    """`unit_price` is what the channel charged; None: the catalogue's. `discount` is this line's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Name
    quantity: Units
    unit_price: Minor | None = None
    discount: Minor = 0
    duty: Minor = 0
    tax_ppm: int = Field(0, strict=True, ge=0, le=1_000_000, description="Millionths: 200000 is 20 %.")


class PlaceOrder(Command):
    """An order of any channel; what is wrong with it puts it on hold, with every reason.

    `total`, when the channel gives it, must be what the lines add up to. `basket` is a stock hold's reference.
    `problems` are what the channel found wrong with it itself.
    """

    channel: Channel
    external_id: Name
    customer_id: Name
    lines: tuple[Wanted, ...] = Field(min_length=1, max_length=500)
    address: Address
    currency: str
    phone: str | None = Field(None, max_length=40)
    shipping: Minor = 0
    shipping_tax: Minor = 0
    standard_shipping: Minor | None = None
    discount: Minor = 0
    prices_include_tax: bool = False
    total: Minor | None = None
    payments: tuple[Pay, ...] = ()
    basket: str | None = None
    promised_at: AwareDatetime | None = None
    problems: tuple[Annotated[str, Field(max_length=500)], ...] = Field((), max_length=500)

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        return works.on_new(db, f"{self.channel}:{self.external_id}", actor, now, key)


@verb(PlaceOrder)
def place_order(work: Work, wanted: PlaceOrder) -> Mapping[str, Any]:
    """The order's id, and why it is on hold if it is."""
    sold = fetch(work.db, variants, sku=sorted({line.sku for line in wanted.lines}))
    _must_be_an_order(work.db, wanted, sold)
    order = OrderId(work.aggregate)
    known = _catalogue(work, wanted, sold)
    head, lines = _frozen(order, wanted, known, work.now)
    problems = [*wanted.problems, *_problems(wanted, known, head)]
    work.insert(orders, head)
    work.insert(order_lines, *lines)
    _sold(work, order, head)
    needed = [(one["id"], one["sku"], one["quantity"]) for one in lines]
    baskets.give_back(work, wanted.basket)
    counted = {sku for sku, row in known.items() if row["tracked"]}
    short, taken, way = sourcing.reserve(work, needed, wanted.address, wanted.promised_at, counted)
    problems += short
    _decided(work, order, lines, problems, wanted.channel, taken)
    if way and way.best:
        work.event("fulfillment.routed", way.told())
    _paid(work, order, wanted, head, confirmed=not problems)
    return {"order": order, "reasons": problems}


def _must_be_an_order(db: Connection, wanted: PlaceOrder, sold: Sequence[Row]) -> None:
    payments.refuse_cards(*(part for one in wanted.payments for part in (one.token, one.reference)))
    errors = [] if wanted.currency in CURRENCIES else [f"currency: {wanted.currency} is unknown"]
    if not fetch(db, customers, id=wanted.customer_id):
        errors.append(f"customer_id: unknown customer {wanted.customer_id}")
    errors += [
        f"lines[{row['sku']}]: is sold in {row['currency']}, not {wanted.currency}"
        for row in sold
        if row["currency"] != wanted.currency
    ]
    if fetch(db, orders, channel=wanted.channel, external_id=wanted.external_id):
        errors.append(f"external_id: {wanted.channel} order {wanted.external_id} exists already")
    prices = {row["sku"]: row["price"] for row in sold}
    costs = [
        (prices.get(one.sku, 0) if one.unit_price is None else one.unit_price) * one.quantity for one in wanted.lines
    ]
    if any(one.discount > cost for one, cost in zip(wanted.lines, costs, strict=True)):
        errors.append("discount: a line's is more than the line costs")
    if sum(costs) + wanted.shipping > LARGEST:
        errors.append(f"total: more than {LARGEST} in minor units")
    if errors:
        raise Refused(rules.refuse("ORD-1", "invalid_order", accepts="; ".join(errors)))


def _catalogue(work: Work, wanted: PlaceOrder, sold: Sequence[Row]) -> Mapping[str, Row]:
    """Variants with their product's words. One that only this order names is kept, not sellable, as an import does."""
    known = {row["sku"]: row for row in sold}
    for line in wanted.lines:
        if line.sku not in known:
            work.writer.insert_once(products, {"id": f"unknown:{line.sku}", "name": line.sku, "returnable": 1})
            row = {"sku": line.sku, "product_id": f"unknown:{line.sku}", "options": {}, "price": line.unit_price or 0}
            row |= {"currency": wanted.currency, "sellable": 0}
            work.writer.insert_once(variants, row)
            known[line.sku] = row | {"tracked": 0, "unknown": True}
    of = {row["id"]: row for row in fetch(work.db, products, id=sorted({row["product_id"] for row in known.values()}))}
    return {sku: {**row, **_words(of[row["product_id"]])} for sku, row in known.items()}


def _words(product: Row) -> Row:
    return {"name": product["name"], "returnable": product["returnable"]}


def _problems(wanted: PlaceOrder, known: Mapping[str, Row], head: Row) -> Iterator[str]:
    for line in wanted.lines:
        variant = known[line.sku]
        if variant.get("unknown"):
            yield f"unknown_variant: {line.sku}"
        elif not variant["sellable"]:
            yield f"not_sellable: {line.sku}"
        elif line.unit_price is not None and line.unit_price != variant["price"]:
            yield f"price: {line.sku} costs {variant['price']}, {line.unit_price} was given"
    if wanted.total is not None and wanted.total != head["total"]:
        yield f"total: the order adds up to {head['total']}, {wanted.total} was given"
    paid = [one.amount for one in wanted.payments if one.amount is not None]
    if len(paid) == len(wanted.payments) and paid and sum(paid) != head["total"]:
        yield f"payment: {sum(paid)} of {head['total']} is paid"
    yield from addresses.problems(wanted.address, wanted.phone)


def _frozen(order: OrderId, wanted: PlaceOrder, known: Mapping[str, Row], now: datetime) -> tuple[Row, list[Row]]:
    """Every amount as it will stay (R1): discounts by largest remainder (R2), tax a line and rate (R3)."""
    prices = [known[one.sku]["price"] if one.unit_price is None else one.unit_price for one in wanted.lines]
    sold = amounts.frozen(
        [
            amounts.Priced(price, one.quantity, one.discount, one.tax_ppm, one.duty)
            for price, one in zip(prices, wanted.lines, strict=True)
        ],
        wanted.discount,
        included=wanted.prices_include_tax,
    )
    lines = [
        {
            "id": f"{order}:{place}",
            "order_id": order,
            "position": place,
            "sku": one.sku,
            "name": known[one.sku]["name"],
            "options": known[one.sku]["options"],
            "quantity": one.quantity,
            "unit_price": price,
            "line_discount": one.discount,
            "order_discount": part.order_discount,
            "net": part.net,
            "tax": part.tax,
            "duty": one.duty,
            "returnable": known[one.sku]["returnable"],
        }
        for place, (one, price, part) in enumerate(zip(wanted.lines, prices, sold, strict=True), 1)
    ]
    return _head(order, wanted, lines, now), lines


def _head(order: OrderId, wanted: PlaceOrder, lines: Sequence[Row], now: datetime) -> Row:
    net, tax, duty = (sum(one[part] for one in lines) for part in ("net", "tax", "duty"))
    discount = sum(one["line_discount"] + one["order_discount"] for one in lines)
    return {
        "id": order,
        "channel": wanted.channel,
        "external_id": wanted.external_id,
        "number": wanted.external_id,
        "number_key": order_key(wanted.external_id),
        "customer_id": wanted.customer_id,
        "currency": wanted.currency,
        "placed_at": now,
        "promised_at": wanted.promised_at,
        "items_total": net + discount,
        "discount": discount,
        "tax": tax,
        "duty": duty,
        "shipping": wanted.shipping,
        "shipping_tax": wanted.shipping_tax,
        "standard_shipping": wanted.shipping if wanted.standard_shipping is None else wanted.standard_shipping,
        "total": net + tax + duty + wanted.shipping + wanted.shipping_tax,
        "address": address_as_json(wanted.address),
        "lifecycle": "validating",
        "tax_included": int(wanted.prices_include_tax),
        "version": 0,
    }


def _sold(work: Work, order: OrderId, head: Row) -> None:
    """What the customer owes, against what was sold; a payment settles it."""
    sale = amounts.sale(
        head["items_total"] - head["discount"] + head["duty"], head["tax"], head["shipping"], head["shipping_tax"]
    )
    entries = {ledger.receivable(order): head["total"]} | {account: -amount for account, amount in sale.items()}
    ledger.post(work, order, "order.placed", head["currency"], entries)


def _decided(
    work: Work, order: OrderId, lines: Sequence[Row], problems: Sequence[str], channel: str, taken: Sequence[Row]
) -> None:
    lifecycle = "on_hold" if problems else "confirmed"
    values = {"lifecycle": lifecycle, "hold_reason": "; ".join(problems) or None}
    work.set(orders, order, values, was={"lifecycle": "validating"})
    if not problems:
        fulfilment_orders.make_work(work, order, lines, begun=0, held=taken)
    work.event("order.placed", {"channel": channel})
    if problems:
        work.event("order.held", {"reasons": list(problems)})


def _paid(work: Work, order: OrderId, wanted: PlaceOrder, head: Row, *, confirmed: bool) -> None:
    left = head["total"]
    for position, one in enumerate(wanted.payments, 1):
        taken = one.amount is not None and one.mode == "captured"
        amount = one.amount if taken and one.amount else min(left if one.amount is None else one.amount, left)
        left -= amount
        if amount:
            given = one.model_copy(update={"amount": amount})
            payments.pay(work, order, position, given, wanted.customer_id, wanted.currency, now=confirmed)
