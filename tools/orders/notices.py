"""Steps that customers are told of: messages of the outbox, written in the transaction of the change.

Which steps is the shop's (`terms.customer_updates`); whether this customer wants to hear is asked when it is sent.
Imports and old scans tell nobody anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from tools.orders import outbox
from tools.orders.rows import Row
from tools.orders.work import CUSTOMER, STOCK, Work

KIND = "customer.update"
STALE = timedelta(days=2)
"""A scan that is learned so late is no news."""
STEPS: Mapping[str, str] = {
    "order.placed": "confirmed",
    "order.released": "confirmed",
    "payment.captured": "paid",
    "fulfillment.packed": "packed",
    "shipment.handed_over": "shipped",
    "shipment.out_for_delivery": "out_for_delivery",
    "shipment.delivered": "delivered",
    "shipment.delayed": "delayed",
    "refund.paid": "refunded",
    "refund.answered": "refunded",
}
NAMED = ("parcel", "tracking", "part", "transaction", "payment", "work")
"""What a step is about, by the event's own word for it."""


def put(work: Work) -> None:
    """Once a step and subject, in order; told again by nothing."""
    terms = work.terms
    if terms is None or not terms.customer_updates or work.aggregate.startswith((CUSTOMER, STOCK)):
        return
    for event in _told(work):
        step, body = STEPS[event["type"]], event["body"]
        if step in terms.customer_updates:
            subject = next((f"{name}:{body[name]}" for name in NAMED if body.get(name)), "")
            message = {"order": work.aggregate, "step": step, "amount": body.get("amount")}
            message |= {name: body[name] for name in ("tracking", "part") if body.get(name)}
            key = f"update:{work.aggregate}:{step}:{subject}"
            outbox.put(work.db, key, KIND, message, work.now, lane=f"update:{work.aggregate}")


def _told(work: Work) -> Iterator[Row]:
    held = any(event["type"] == "order.held" for event in work.events)
    for event in work.events:
        fresh = not event["reconstructed"] and work.now - event["at"] <= STALE
        failed = event["type"] == "refund.answered" and event["body"].get("state") != "succeeded"
        if event["type"] in STEPS and fresh and not failed and not (held and STEPS[event["type"]] == "confirmed"):
            yield dict(event)
