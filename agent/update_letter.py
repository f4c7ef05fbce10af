"""The letter that tells a customer of one step of an order, in their language where the shop speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.policy import Policy
from agent.replies.render import render
from agent.replies.sources import Sources
from agent.replies.templates import fill, variant
from tools.orders.model import Customer, LineId, Order, Shipment
from tools.orders.money import Money


def of_update(body: Mapping[str, Any], order: Order, customer: Customer, policy: Policy) -> dict[str, str]:
    """`subject` and `text`. `body` is the outbox message's."""
    spoken = customer.language if customer.language in policy.shop.languages else policy.shop.languages[0]
    known: Sources = {
        "order": {"number": order.number, "total": order.total, "items": _items(order, _ordered(order))},
        "customer": {"name": customer.name.split(" ")[0]},
        "shop": {"name": policy.shop.name, "assistant": policy.voice.assistant},
        "step": {"amount": Money(int(body["amount"]), order.currency)} if body.get("amount") else {},
        "parcel": _parcel(body, order),
    }
    return {name: _said(f"{body['step']}{end}", spoken, known, policy) for name, end in LETTER}


LETTER = (("subject", "_subject"), ("text", ""))


def _said(key: str, spoken: str, known: Sources, policy: Policy) -> str:
    return render(fill(variant(spoken, "mail_update", key), {}, known), known, spoken, policy.terms.timezone)


def _parcel(body: Mapping[str, Any], order: Order) -> dict[str, Any]:
    parcel = next((one for one in reversed(order.shipments) if one.tracking_number == body.get("tracking")), None)
    if parcel is None:
        return {}
    named = {"carrier": parcel.carrier} if parcel.carrier else {}
    return {"tracking": parcel.tracking_number, "items": _items(order, _sent(parcel, order)), **named}


def _sent(parcel: Shipment, order: Order) -> Mapping[LineId, int]:
    return parcel.lines or _ordered(order)


def _ordered(order: Order) -> Mapping[LineId, int]:
    return {line.id: line.quantity - line.cancelled for line in order.lines if line.quantity > line.cancelled}


def _items(order: Order, units: Mapping[LineId, int]) -> str:
    names = {line.id: " ".join((line.name, *line.options.values())) for line in order.lines}
    return "\n".join(f"- {count} × {names[line]}" for line, count in units.items())
