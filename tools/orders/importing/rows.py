"""A new order of the import format as rows of the core's tables. Pure; merge.py writes them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from tools.orders import axes, events, ledger, tables
from tools.orders.importing import history
from tools.orders.importing.shape import AddressIn, ItemIn, OrderIn, ParcelIn, PaymentIn
from tools.orders.model import Actor, OrderId, ShipmentState, TrackingEvent
from tools.orders.money import Money, allocate
from tools.orders.store import order_key

IMPORT = Actor("import", "file")
WORK = {
    "pending": "open",
    "processed": "in_progress",
    "shipped": "shipped",
    "delivered": "shipped",
    "cancelled": "cancelled",
}
Row = dict[str, Any]
Rows = list[tuple[Table, Row]]


def order_id(order: OrderIn) -> OrderId:
    return OrderId(f"import:{order_key(order.id)}")


def digest_of(order: OrderIn) -> str:
    return hashlib.sha256(order.model_dump_json().encode()).hexdigest()


def of_order(
    order: OrderIn, currency: str, returnable: Mapping[str, bool], gift_card: str | None, now: datetime
) -> Rows:
    """Everything that a new order needs, in an order that foreign keys allow. `returnable` is by product."""
    head = _head(order, currency)
    lines = list(_lines(order, currency, returnable))
    rows: Rows = [(tables.orders, head), *((tables.order_lines, line) for line in lines)]
    rows.append((tables.fulfillment_orders, _work(order)))
    for number, parcel in enumerate(history.parcels_of(order), 1):
        rows += parcel_rows(order, parcel, number, lines)
    rows += money_rows(order, currency, gift_card)
    told = history.of(order)
    rows += [
        (
            tables.events,
            events.row(order_id(order), place, one.type, one.at, now, IMPORT, one.body, not one.exact),
        )
        for place, one in enumerate(told, 1)
    ]
    head["version"] = len(told)
    return rows


def cents(amount: Any, currency: str) -> int:
    return Money.parse(amount, currency).minor


def address(given: AddressIn) -> dict[str, str]:
    return {
        "line1": given.line1,
        "line2": given.line2,
        "city": given.city,
        "state": given.state,
        "postcode": given.zip,
        "country": given.country,
    }


def _head(order: OrderIn, currency: str) -> Row:
    cancelled = order.status == "cancelled"
    when = next((one.at for one in history.of(order) if one.type == "order.cancelled"), None)
    return {
        "id": order_id(order),
        "channel": "import",
        "external_id": order_key(order.id),
        "number": order.id,
        "number_key": order_key(order.id),
        "customer_id": order.customer_id,
        "currency": currency,
        "placed_at": order.placed_at,
        "promised_at": order.promised_at,
        "cancelled_at": when,
        "items_total": sum(cents(item.price, currency) * item.quantity for item in order.items),
        "discount": cents(order.discount, currency),
        "tax": cents(order.tax, currency),
        "shipping": cents(order.shipping, currency),
        "total": cents(order.total, currency),
        "address": address(order.shipping_address),
        "lifecycle": "cancelled" if cancelled else "confirmed",
        "cancel_reason": "import" if cancelled else None,
        "source_digest": digest_of(order),
        "version": 1,
    }


def _lines(order: OrderIn, currency: str, returnable: Mapping[str, bool]) -> Iterator[Row]:
    """Discount and tax shares are frozen here, by largest remainder (R1, R2)."""
    gross = [cents(item.price, currency) * item.quantity for item in order.items]
    discounts = allocate(cents(order.discount, currency), gross)
    nets = [whole - less for whole, less in zip(gross, discounts, strict=True)]
    taxes = allocate(cents(order.tax, currency), nets)
    shipped = _shipped_skus(order)
    for place, item in enumerate(order.items):
        yield {
            **_what(order, place, item, currency),
            "order_discount": discounts[place],
            "net": nets[place],
            "tax": taxes[place],
            "returnable": int(returnable.get(item.product_id, True)),
            "cancelled": item.quantity if order.status == "cancelled" else 0,
            "shipped": item.quantity if item.sku in shipped else 0,
            "refunded": item.quantity if _all_refunded(order, currency) else 0,
        }


def _what(order: OrderIn, place: int, item: ItemIn, currency: str) -> Row:
    return {
        "id": f"{order_id(order)}:{place + 1}",
        "order_id": order_id(order),
        "position": place + 1,
        "sku": item.sku,
        "name": item.name,
        "options": item.options,
        "quantity": item.quantity,
        "unit_price": cents(item.price, currency),
    }


def _all_refunded(order: OrderIn, currency: str) -> bool:
    back = sum(cents(one.amount, currency) for one in order.payments if one.type == "refund")
    return bool(back) and back == sum(cents(one.amount, currency) for one in order.payments if one.type == "payment")


def _shipped_skus(order: OrderIn) -> set[str]:
    if order.status == "delivered":
        return {item.sku for item in order.items}
    gone = [
        parcel
        for parcel in history.parcels_of(order)
        if order.status == "shipped" or state_of(order, parcel)[0] not in axes.NOT_GONE
    ]
    everything = {item.sku for item in order.items}
    return set() if order.status == "cancelled" else {sku for parcel in gone for sku in (parcel.skus or everything)}


def state_of(order: OrderIn, parcel: ParcelIn) -> tuple[ShipmentState, TrackingEvent | None]:
    return axes.projected(history.scans(order, parcel), ShipmentState.LABEL_CREATED)


def parcel_rows(order: OrderIn, parcel: ParcelIn, number: int, lines: Sequence[Row]) -> Rows:
    state, arrival = state_of(order, parcel)
    key = f"{order_id(order)}:parcel:{number}"
    row = {
        "id": key,
        "order_id": order_id(order),
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_id,
        "state": state.value,
        "shipped_at": history.shipped_at(order, parcel),
        "delivered_at": arrival.at if arrival else None,
        "delivered_exactly": int(not arrival.reconstructed) if arrival else 1,
    }
    inside = [line for line in lines if not parcel.skus or line["sku"] in parcel.skus]
    rows: Rows = [(tables.shipments, row)]
    rows += [
        (tables.shipment_lines, {"shipment_id": key, "line_id": one["id"], "quantity": one["quantity"]})
        for one in inside
    ]
    return rows + [(tables.tracking_events, scan_row(key, scan)) for scan in _once(history.scans(order, parcel))]


def scan_row(parcel: str, scan: TrackingEvent) -> Row:
    return {
        "shipment_id": parcel,
        "code": scan.code,
        "at": scan.at,
        "place": scan.place,
        "reconstructed": int(scan.reconstructed),
    }


def _once(scans: Sequence[TrackingEvent]) -> Sequence[TrackingEvent]:
    return list({(scan.code, scan.at): scan for scan in scans}.values())


def _work(order: OrderIn) -> Row:
    key = order_id(order)
    return {"id": f"{key}:work:1", "order_id": key, "location_id": "main", "state": WORK[order.status]}


# -- money ---------------------------------------------------------------------------------------------------


def money_rows(order: OrderIn, currency: str, gift_card: str | None) -> Rows:
    paid = [one for one in order.payments if one.type == "payment"]
    back = [one for one in order.payments if one.type == "refund"]
    rows: Rows = []
    for number, payment in enumerate(paid, 1):
        rows += payment_rows(order, payment, number, currency, gift_card)
    room = {number: cents(one.amount, currency) for number, one in enumerate(paid, 1)}
    for number, refund in enumerate(back, 1):
        rows += refund_rows(order, refund, number, currency, _tenders(refund, paid, room, currency))
    return rows


def payment_rows(order: OrderIn, payment: PaymentIn, number: int, currency: str, gift_card: str | None) -> Rows:
    """A gift card's balance in the file is what is left after this payment: its opening entry does not pay again."""
    tender = f"{order_id(order)}:pay:{number}"
    amount = cents(payment.amount, currency)
    method = gift_card if payment.method == "gift_card" else None
    at, _ = history.paid_at(order, payment.at, "payment")
    row = {
        "id": tender,
        "order_id": order_id(order),
        "position": number,
        "kind": payment.method,
        "method_id": method,
    }
    rows: Rows = [(tables.payments, row | {"state": "captured", "currency": currency})]
    rows.append((tables.payment_transactions, _moved(tender, f"{tender}:capture", "capture", amount, at)))
    account = "opening:gift_card" if payment.method == "gift_card" else ledger.money_account(payment.method, None)
    return rows + _posted(
        f"{tender}:capture", order, "import.capture", at, currency, {account: amount, "sales": -amount}
    )


def refund_rows(
    order: OrderIn, refund: PaymentIn, number: int, currency: str, tenders: Sequence[tuple[int, int]]
) -> Rows:
    """A refund of the past, settled; `tenders` are (number of the payment, minor units)."""
    key = f"{order_id(order)}:import-refund:{number}"
    amount = cents(refund.amount, currency)
    at, _ = history.paid_at(order, refund.at, "refund")
    if not amount:
        return []
    rows: Rows = [(tables.refunds, _refund(key, order, amount, currency, at))]
    for place, part in tenders:
        tender = f"{order_id(order)}:pay:{place}"
        sent = {
            "id": f"{key}:{place}",
            "refund_id": key,
            "payment_id": tender,
            "amount": part,
            "state": "succeeded",
        }
        rows.append((tables.refund_allocations, sent))
        rows.append((tables.payment_transactions, _moved(tender, f"{key}:{place}", "refund", part, at)))
    account = "opening:gift_card" if refund.method == "gift_card" else ledger.money_account(refund.method, None)
    return rows + _posted(key, order, "import.refund", at, currency, {"refunds": amount, account: -amount})


def _refund(key: str, order: OrderIn, amount: int, currency: str, at: datetime) -> Row:
    return {
        "id": key,
        "order_id": order_id(order),
        "state": "succeeded",
        "reason": "import",
        "amount": amount,
        "currency": currency,
        "quote_digest": "",
        "requested_at": at,
        "settled_at": at,
    }


def _tenders(
    refund: PaymentIn, paid: Sequence[PaymentIn], room: dict[int, int], currency: str
) -> list[tuple[int, int]]:
    """Payments of the same method first, then the others, each within what it paid."""
    chosen: dict[int, int] = defaultdict(int)
    left = cents(refund.amount, currency)
    for number in sorted(room, key=lambda n: paid[n - 1].method != refund.method):
        part = min(left, room[number])
        if part:
            room[number] -= part
            chosen[number] += part
            left -= part
    return sorted(chosen.items())


def _moved(tender: str, key: str, kind: str, amount: int, at: datetime) -> Row:
    row = {"id": key, "payment_id": tender, "kind": kind, "amount": amount, "psp": "import", "psp_ref": key}
    return row | {"state": "succeeded", "at": at}


def _posted(key: str, order: OrderIn, kind: str, at: datetime, currency: str, entries: Mapping[str, int]) -> Rows:
    assert sum(entries.values()) == 0
    rows: Rows = [(tables.ledger_transactions, {"id": key, "order_id": order_id(order), "kind": kind, "at": at})]
    return rows + [
        (
            tables.ledger_entries,
            {"transaction_id": key, "account": account, "amount": amount, "currency": currency},
        )
        for account, amount in entries.items()
        if amount
    ]
