"""What a reply may say of an order or a help passage: typed fields, ready for placeholders. No wording."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from knowledge.search import Hit
from tools.contract import Fact, Level, Term, Value
from tools.orders.alerts.told import Told
from tools.orders.catalogue import Account, Variant
from tools.orders.model import FulfilmentAxis, Lifecycle, Line, Order, Refund, Return, Shipment
from tools.orders.money import Money, total

CHOICES = 8
# The lead of a passage that no other was compared with, in deviations: more than any has.
ALONE = 99.0
MATCHED = frozenset({"number", "status", "promised"})
"""All that somebody hears who only knows an order's number and a postcode (DESIGN section 4, rule 2)."""


def order_fact(order: Order, level: Level = Level.AUTHENTICATED, told: Told | None = None) -> Fact:
    """Below `VERIFIED`, what stands in `MATCHED` alone. `told` is what the customer heard of it before they asked."""
    fields: dict[str, Value | None] = {
        "number": order.number,
        "status": Term(f"status.{status(order)}"),
        "total": order.total,
        "placed": order.placed_at,
        "promised": order.promised_at,
        "delivered": order.delivered_at if order.delivered_exactly else None,
        "cancelled": order.cancelled_at,
        "items": tuple(map(line_words, order.lines)),
        "address": order.address,
        "city": order.address.city,
        **_shipment_fields(_latest(order)),
        **_return_fields(order.returns[-1] if order.returns else None),
        **_refund_fields(order.refunds),
        **({"told": told.at, "told_from": told.earliest, "told_to": told.latest} if told else {}),
        "paid": total((tender.captured for tender in order.tenders), order.currency),
    }
    shown = fields if level >= Level.VERIFIED else {name: fields[name] for name in MATCHED}
    return Fact("", "order", f"order {order.number}", _present(shown), order)


def variants_fact(line: Line, found: tuple[Variant, ...]) -> Fact:
    """What the product of one line is sold in; told are those that can be had now, at most `CHOICES`."""
    there = [one for one in found if one.available and one.sku != line.sku]
    fields: dict[str, Value | None] = {
        "name": line.name,
        "now": line_words(line),
        "choices": tuple(" / ".join(one.options.values()) or one.name for one in there[:CHOICES]) or None,
    }
    return Fact("", "variants", f"catalogue: {line.sku}", _present(fields), variants=found)


def account_fact(account: Account) -> Fact:
    return Fact("", "account", "account", _present({"address": account.address}), account=account)


def passage_facts(hits: Sequence[Hit]) -> tuple[Fact, ...]:
    """Each knows its lead on the next; the last of several has none, one alone has all there is."""
    below = [*(hit.score for hit in hits[1:]), hits[-1].score - (ALONE if len(hits) == 1 else 0)] if hits else []
    return tuple(_passage_fact(hit, hit.score - after) for hit, after in zip(hits, below, strict=True))


def _passage_fact(hit: Hit, ahead: float) -> Fact:
    fields: dict[str, Value] = {
        "title": hit.title,
        "heading": hit.heading,
        "text": hit.text,
        "source": hit.source,
    }
    return Fact("", "passage", hit.source, fields, score=hit.similarity, shares_words=hit.words > 0, ahead=ahead)


def status(order: Order) -> str:
    """One word for four axes, the one that answers "where is it?" """
    if order.lifecycle in {Lifecycle.CANCELLED, Lifecycle.CANCELLING, Lifecycle.ON_HOLD, Lifecycle.REJECTED}:
        return order.lifecycle.value
    if order.fulfilment is FulfilmentAxis.UNFULFILLED:
        return "unpaid" if order.payment == "unpaid" else "confirmed"
    if order.fulfilment in {FulfilmentAxis.SHIPPED, FulfilmentAxis.PARTIALLY_SHIPPED}:
        return _on_the_way(order)
    return order.fulfilment.value


def is_late(order: Order, now: datetime) -> bool:
    """Promised before now and neither delivered nor cancelled."""
    open_still = order.delivered_at is None and order.lifecycle is not Lifecycle.CANCELLED
    return bool(open_still and order.promised_at and order.promised_at < now)


def line_words(line: Line) -> str:
    options = ", ".join(line.options.values())
    words = f"{line.name} ({options})" if options else line.name
    return f"{line.quantity} × {words}" if line.quantity > 1 else words


def _on_the_way(order: Order) -> str:
    parcel = _latest(order)
    told = {
        "delayed",
        "exception",
        "out_for_delivery",
        "attempt_failed",
        "available_for_pickup",
        "returned_to_sender",
    }
    return parcel.state.value if parcel and parcel.state.value in told else order.fulfilment.value


def _latest(order: Order) -> Shipment | None:
    return order.shipments[-1] if order.shipments else None


def _shipment_fields(parcel: Shipment | None) -> dict[str, Value | None]:
    if parcel is None:
        return {}
    scan = parcel.events[-1] if parcel.events else None
    return {
        "tracking": parcel.tracking_number or None,
        "carrier": parcel.carrier,
        "shipped": parcel.shipped_at,
        "scan": scan.at if scan and not scan.reconstructed else None,
        "scan_place": (scan.place or None) if scan else None,
    }


def _return_fields(rma: Return | None) -> dict[str, Value | None]:
    return {"rma": rma.number, "return_state": Term(f"return.{rma.state}")} if rma else {}


def _refund_fields(refunds: tuple[Refund, ...]) -> dict[str, Value | None]:
    if not refunds:
        return {}
    last = refunds[-1]
    return {
        "refund": last.amount,
        "refund_state": Term(f"refund.{last.state}"),
        "refund_asked": last.requested_at,
        "refund_settled": last.settled_at,
        "refunded": _paid_back(refunds),
    }


def _paid_back(refunds: tuple[Refund, ...]) -> Money | None:
    paid = [refund.amount for refund in refunds if refund.state == "succeeded"]
    return total(paid, paid[0].currency) if paid else None


def _present(fields: dict[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in fields.items() if value is not None}
