"""What the import format says, as rows of the core's tables. Pure; tell.py writes them with their events."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from tools.orders import ledger
from tools.orders.importing import history
from tools.orders.importing.shape import AddressIn, ItemIn, OrderIn, ParcelIn, PaymentIn, cents
from tools.orders.model import Actor, OrderId, ShipmentState, TrackingEvent
from tools.orders.money import allocate
from tools.orders.store import order_key

IMPORT = Actor("import", "file")
IMPORTED = ":import-refund:"
WORK = {
    "pending": "open",
    "processed": "in_progress",
    "shipped": "shipped",
    "delivered": "shipped",
    "cancelled": "cancelled",
}
Row = dict[str, Any]


def order_id(order: OrderIn) -> OrderId:
    return _id_of(order.id)


@lru_cache(maxsize=1024)
def _id_of(number: str) -> OrderId:
    return OrderId(f"import:{order_key(number)}")


def digest_of(order: OrderIn) -> str:
    return hashlib.sha256(order.model_dump_json().encode()).hexdigest()


def address(given: AddressIn) -> dict[str, str]:
    return {
        "line1": given.line1,
        "line2": given.line2,
        "city": given.city,
        "state": given.state,
        "postcode": given.zip,
        "country": given.country,
    }


def head(order: OrderIn, currency: str, digest: str) -> Row:
    """The order as it was placed."""
    shipping = cents(order.shipping, currency)
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
        "items_total": sum(cents(item.price, currency) * item.quantity for item in order.items),
        "discount": cents(order.discount, currency),
        "tax": cents(order.tax, currency),
        "shipping": shipping,
        "standard_shipping": shipping,
        "total": cents(order.total, currency),
        "address": address(order.shipping_address),
        "lifecycle": "confirmed",
        "source_digest": digest,
        "version": 0,
    }


def lines(order: OrderIn, currency: str, returnable: Mapping[str, bool]) -> Iterator[Row]:
    """Discount and tax shares are frozen here, by largest remainder (R1, R2). `returnable` is by product."""
    gross = [cents(item.price, currency) * item.quantity for item in order.items]
    discounts = allocate(cents(order.discount, currency), gross)
    nets = [whole - less for whole, less in zip(gross, discounts, strict=True)]
    taxes = allocate(cents(order.tax, currency), nets)
    for place, item in enumerate(order.items):
        yield {
            **_what(order, place, item, currency),
            "order_discount": discounts[place],
            "net": nets[place],
            "tax": taxes[place],
            "returnable": int(returnable.get(item.product_id, True)),
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


def parcel(order: OrderIn, given: ParcelIn, number: int) -> Row:
    """The parcel before its scans."""
    return {
        "id": f"{order_id(order)}:parcel:{number}",
        "order_id": order_id(order),
        "carrier": given.carrier,
        "tracking_number": given.tracking_id,
        "state": ShipmentState.LABEL_CREATED.value,
        "shipped_at": history.shipped_at(order, given),
    }


def contents(order: OrderIn, given: ParcelIn, bought: Sequence[Row]) -> Iterator[tuple[str, int]]:
    """(line, units) of a parcel: the skus that it names, or everything; the last one of what arrived has the rest."""
    everything = not given.skus
    named = {sku for one in history.parcels_of(order) for sku in one.skus}
    is_last = order.status == "delivered" and given is history.parcels_of(order)[-1]
    for line in bought:
        if everything or line["sku"] in given.skus or (is_last and line["sku"] not in named):
            yield line["id"], line["quantity"]


def scan_row(parcel: str, scan: TrackingEvent) -> Row:
    return {
        "shipment_id": parcel,
        "code": scan.code,
        "at": scan.at,
        "place": scan.place,
        "reconstructed": int(scan.reconstructed),
    }


# -- money ---------------------------------------------------------------------------------------------------


def payments_of(order: OrderIn) -> Sequence[PaymentIn]:
    return [one for one in order.payments if one.type == "payment"]


def refunds_of(order: OrderIn, currency: str) -> Iterator[tuple[str, PaymentIn, int, Sequence[tuple[int, int]]]]:
    """(id, refund, minor units, parts); a part is the number of a payment and minor units of it."""
    paid = payments_of(order)
    room = {number: cents(one.amount, currency) for number, one in enumerate(paid, 1)}
    back = (one for one in order.payments if one.type == "refund")
    for number, refund in enumerate(back, 1):
        amount = cents(refund.amount, currency)
        if amount:
            yield f"{order_id(order)}{IMPORTED}{number}", refund, amount, _tenders(refund, paid, room, currency)


def payment(order: OrderIn, given: PaymentIn, number: int, currency: str, gift_card: str | None) -> Row:
    method = given.method_id or (gift_card if given.method == "gift_card" else None)
    row = {"id": f"{order_id(order)}:pay:{number}", "order_id": order_id(order), "position": number}
    row |= {"kind": given.method, "method_id": method, "psp": "import", "state": "captured", "currency": currency}
    return row | {"amount": cents(given.amount, currency), "mode": "captured"}


def account(given: PaymentIn) -> str:
    """A gift card's balance in the file is what is left after this payment: its opening entry does not pay again."""
    return "opening:gift_card" if given.method == "gift_card" else ledger.tender_account(given.method, None, "import")


def refund(key: str, order: OrderIn, amount: int, currency: str, at: datetime) -> Row:
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


def moved(tender: str, key: str, kind: str, amount: int, at: datetime, allocation: str | None = None) -> Row:
    row = {"id": key, "payment_id": tender, "kind": kind, "amount": amount, "state": "succeeded", "psp": "import"}
    return row | {"psp_ref": key, "allocation_id": allocation, "at": at, "settled_at": at}
