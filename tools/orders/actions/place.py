"""Capture: one verb for every channel. What is wrong puts the order on hold with every reason; nothing is lost.

Refused is only what can not be kept as an order at all: no lines, an impossible quantity or currency, an unknown
customer, a channel's number that is taken. Each error has its place and its code, and all are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from tools.orders import addresses, amounts, ledger, rules
from tools.orders import work as works
from tools.orders.actions import bundles, levels, payments, places, reserving
from tools.orders.actions.payments import Pay
from tools.orders.commands import Command, Minor, Name, OnOrder, Units, verb
from tools.orders.model import Actor, Address, OrderId
from tools.orders.money import CURRENCIES
from tools.orders.routing import Routed
from tools.orders.rows import Row, fetch
from tools.orders.store import address_as_json, order_key
from tools.orders.tables import (
    customers,
    fulfillment_lines,
    fulfillment_orders,
    locations,
    order_lines,
    orders,
    products,
    reservations,
    stock_levels,
    variants,
)
from tools.orders.work import Refused, Work

LARGEST = 10**13
"""Minor units of one order: beyond that somebody mistyped."""
KEPT = re.compile(r"(price|total|payment|line \S+):")
"""Reasons that looking again can not settle: a person accepts them, by what stands before the colon."""
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


class ReleaseOrder(OnOrder):
    """Looks at the order again. `accept` names problems that a person takes as they are (price, total, payment)."""

    accept: tuple[str, ...] = ()


class RejectOrder(OnOrder):
    """An order on hold is not taken: what was reserved is available again, what was paid goes back."""

    reason: Name


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
    _give_back_basket(work, wanted.basket)
    counted = {sku for sku, row in known.items() if row["tracked"]}
    short, taken, way = reserve(work, needed, wanted.address, wanted.promised_at, counted)
    problems += short
    _decided(work, order, lines, problems, wanted.channel, taken)
    if way and way.best:
        work.event("fulfillment.routed", way.told())
    _paid(work, order, wanted, head, confirmed=not problems)
    return {"order": order, "reasons": problems}


@verb(ReleaseOrder)
def release_order(work: Work, wanted: ReleaseOrder) -> Mapping[str, Any]:
    """Confirmed, or still on hold with the reasons that are left."""
    head, lines = _rows(work, wanted.order_id)
    if head["lifecycle"] != "on_hold":
        raise Refused(rules.refuse("ORD-5", "not_on_hold", accepts="an order on hold"))
    problems = [one for one in _again(work.db, head, lines) if one.split(":")[0] not in wanted.accept]
    problems += reserve(work, _give_back_parts(work, lines), Address(**head["address"]), head["promised_at"])[0]
    if problems:
        work.set(orders, wanted.order_id, {"hold_reason": "; ".join(problems)})
        work.event("order.held", {"reasons": problems})
        return {"order": wanted.order_id, "reasons": problems}
    work.change(orders, wanted.order_id, "order", "on_hold", "confirmed", column="lifecycle")
    work.set(orders, wanted.order_id, {"hold_reason": None})
    made = fetch(work.db, fulfillment_orders, order_id=wanted.order_id)
    if all(row["state"] in {"cancelled", "moved"} for row in made):
        make_work(work, wanted.order_id, lines)
    work.event("order.released", {"accepted": list(wanted.accept)})
    payments.begin_all(work, wanted.order_id, head["customer_id"])
    return {"order": wanted.order_id, "reasons": []}


@verb(RejectOrder)
def reject_order(work: Work, wanted: RejectOrder) -> Mapping[str, Any]:
    """Kept, with its reason; what was reserved is available again, what was taken goes back."""
    from tools.orders.actions.cancel import undo_sale

    head, _ = _rows(work, wanted.order_id)
    work.change(orders, wanted.order_id, "order", head["lifecycle"], "rejected", column="lifecycle")
    work.set(orders, wanted.order_id, {"cancel_reason": wanted.reason, "cancelled_at": work.now})
    refund = undo_sale(work, wanted.order_id, "order.rejected", {"reason": wanted.reason})
    return {"order": wanted.order_id, "refund": refund}


# -- validation ----------------------------------------------------------------------------------------------


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


def _again(db: Connection, head: Row, lines: Sequence[Row]) -> Iterator[str]:
    known = {row["sku"]: row for row in fetch(db, variants, sku=sorted({line["sku"] for line in lines}))}
    yield from (f"not_sellable: {line['sku']}" for line in lines if not known[line["sku"]]["sellable"])
    kept = [one for one in (head["hold_reason"] or "").split("; ") if KEPT.match(one)]
    yield from kept
    yield from addresses.problems(Address(**head["address"]), None)


# -- rows ----------------------------------------------------------------------------------------------------


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
        make_work(work, order, lines, begun=0, held=taken)
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


# -- stock and work ------------------------------------------------------------------------------------------


def _give_back_basket(work: Work, basket: str | None) -> None:
    held = fetch(work.db, reservations, "sku", reference=basket, state="held", kind="hold") if basket else ()
    for row in held:
        reserving.release(work, row, row["quantity"])


def reserve(
    work: Work,
    lines: Sequence[bundles.Need],
    address: Address,
    promised: datetime | None,
    counted: Collection[str] | None = None,
) -> tuple[list[str], list[Row], Routed | None]:
    """What is short, what was reserved, and the way it was chosen where there was a choice.

    Each unit is reserved once however many lines want it (failure mode 4). `counted` are those of the lines' variants
    whose stock is tracked, where the caller knows them.
    """
    parts = bundles.among(work.db, lines)
    needs = bundles.needs(lines, parts)
    tracked = set(counted) if counted is not None and not parts else _tracked(work.db, needs)
    wanted = [one for one in needs if one[1] in tracked]
    by_sku = levels_of(work.db, wanted)
    until = promised - work.now if promised else None
    way = places.routed(work.db, by_sku, wanted, address, until, work.terms)
    short: dict[str, None] = {}
    taken: list[Row] = []
    for line, sku, units in wanted:
        rows = reserving.take(work, line, sku, units, by_sku[sku], _preferred(way, sku))
        taken += rows
        if not rows:
            short[sku] = None
    work.insert(reservations, *taken)
    return [f"stock: not enough of {sku}" for sku in short], taken, way


def _preferred(way: Routed | None, sku: str) -> tuple[str, ...]:
    """The plan's locations of a sku, the one that sends most of it first."""
    if way is None or way.best is None:
        return ()
    return tuple(sorted(way.best.units, key=lambda place: -way.best.units[place].get(sku, 0)))  # type: ignore[union-attr]


def _tracked(db: Connection, needs: Sequence[bundles.Need]) -> set[str]:
    return {row["sku"] for row in fetch(db, variants, sku=sorted({sku for _, sku, _ in needs}), tracked=1)}


def levels_of(db: Connection, needs: Sequence[bundles.Need]) -> Mapping[str, list[Row]]:
    skus = sorted({sku for _, sku, _ in needs})
    by_sku: dict[str, list[Row]] = {sku: [] for sku in skus}
    for level in fetch(db, stock_levels, "location_id", sku=skus) if skus else ():
        by_sku[level["sku"]].append(level)
    return by_sku


def _give_back_parts(work: Work, lines: Sequence[Row]) -> list[bundles.Need]:
    """Lines that are still to be sent and have not all that they need; what they have is given back and taken anew."""
    missing: list[bundles.Need] = []
    for line in lines:
        units = line["quantity"] - line["cancelled"] - line["shipped"]
        held = fetch(work.db, reservations, "id", line_id=line["id"], state="held")
        parts = {line["sku"]: 1} if any(row["sku"] == line["sku"] for row in held) else None
        needs = parts or bundles.components(work.db, line["sku"])
        has = {sku: sum(row["quantity"] for row in held if row["sku"] == sku) for sku in needs}
        if units and any(has[sku] < count * units for sku, count in needs.items() if levels.is_tracked(work.db, sku)):
            for row in held:
                reserving.release(work, row, row["quantity"])
            missing.append((line["id"], line["sku"], units))
    return missing


def held_by(db: Connection, lines: Sequence[Row]) -> list[Row]:
    """The reservations of these lines."""
    return fetch(db, reservations, "id", line_id=[line["id"] for line in lines], state="held")


def make_work(
    work: Work, order: OrderId, lines: Sequence[Row], begun: int | None = None, held: Sequence[Row] | None = None
) -> None:
    """A fulfilment order for each location that holds some of the lines; what is not tracked goes with the first."""
    if held is None:
        held = held_by(work.db, lines)
    by_line: dict[str, dict[str, int]] = {}
    for row in held:
        places = by_line.setdefault(row["line_id"], {})
        places[row["location_id"]] = places.get(row["location_id"], 0) + row["quantity"]
    first = min((row["location_id"] for row in held), default="main")
    to_do: dict[str, dict[str, int]] = {}
    for line in lines:
        for location, count in _places(line, by_line.get(line["id"], {}), first).items():
            to_do.setdefault(location, {})[line["id"]] = count
    before = len(fetch(work.db, fulfillment_orders, order_id=order)) if begun is None else begun
    for number, location in enumerate(sorted(to_do), before + 1):
        add_work(work, order, number, location, to_do[location], known=bool(held))


def _places(line: Row, held: Mapping[str, int], first: str) -> Mapping[str, int]:
    """Units of a line by location. A bundle is one line: it goes where the first of its components is."""
    units = line["quantity"] - line.get("cancelled", 0)
    if not units:
        return {}
    return dict(held) if sum(held.values()) == units else {min(held, default=first): units}


def add_work(
    work: Work, order: OrderId, number: int, location: str, units: Mapping[Any, int], *, known: bool = False
) -> str:
    """`known`: stock lies there, so that the location is there too."""
    if location == "main" and not known:
        work.writer.insert_once(locations, {"id": location, "name": location})
    name = f"{order}:work:{number}"
    work.insert(fulfillment_orders, {"id": name, "order_id": order, "location_id": location, "state": "open"})
    rows = [{"fulfillment_order_id": name, "line_id": line, "quantity": count} for line, count in units.items()]
    work.insert(fulfillment_lines, *rows)
    return name


def _rows(work: Work, order: OrderId) -> tuple[Row, list[Row]]:
    return fetch(work.db, orders, id=order)[0], fetch(work.db, order_lines, "position", order_id=order)
