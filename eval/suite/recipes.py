"""An order in a named state, in the import format: a recipe a state, every moment counted back from now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recipe:
    """`days`: how long ago it came to this, unless the case says. `path`: days from the order to dispatch and delivery.

    `scans` are the carrier's after the hand-over, the last of them `quiet` days ago. `then`: what is told of it through
    the core's own verbs afterwards (eval/world/stories.py).
    """

    status: str
    days: float
    paid: bool = True
    dispatched: float = 0
    scans: tuple[str, ...] = ()
    quiet: float = 0.2
    promised: float = 6
    then: str = ""


ON_THE_ROAD = ("in_transit",)
STATES: Mapping[str, Recipe] = {
    "unpaid": Recipe("pending", 0.5, paid=False),
    "confirmed": Recipe("pending", 0.5),
    "on_hold": Recipe("pending", 1, then="on_hold"),
    "in_warehouse": Recipe("processed", 1),
    "shipped": Recipe("shipped", 2, dispatched=1, scans=ON_THE_ROAD),
    "late": Recipe("shipped", 9, dispatched=1, scans=("in_transit", "in_transit"), quiet=2, promised=7),
    "delayed": Recipe("shipped", 4, dispatched=1, scans=("in_transit", "delayed")),
    "exception": Recipe("shipped", 4, dispatched=1, scans=("in_transit", "exception")),
    "out_for_delivery": Recipe("shipped", 3, dispatched=1, scans=("in_transit", "out_for_delivery")),
    "attempt_failed": Recipe("shipped", 4, dispatched=1, scans=("out_for_delivery", "attempt_failed")),
    "available_for_pickup": Recipe("shipped", 4, dispatched=1, scans=("out_for_delivery", "available_for_pickup")),
    "lost": Recipe("shipped", 25, dispatched=1, scans=("in_transit", "lost"), quiet=15),
    "silent": Recipe("shipped", 25, dispatched=1, scans=ON_THE_ROAD, quiet=16),
    "delivered": Recipe("delivered", 5, dispatched=1, scans=("in_transit", "out_for_delivery", "delivered")),
    "returning": Recipe("delivered", 9, dispatched=1, scans=("in_transit", "delivered"), then="returning"),
    "returned": Recipe("delivered", 16, dispatched=1, scans=("in_transit", "delivered"), then="returned"),
    "partly_refunded": Recipe("delivered", 30, dispatched=1, scans=("in_transit", "delivered"), then="partly_refunded"),
    "cancelled": Recipe("cancelled", 4),
}
TRAVELS = 3
"""Days from dispatch to delivery."""


def record(number: str, state: str, days_ago: float | None, now: datetime, order: Record) -> Record:
    """`order` holds customer, address, items, amounts and method; what the state says is added to it."""
    recipe = STATES[state]
    ago = recipe.days if days_ago is None else days_ago
    came = now - timedelta(days=ago)
    before = recipe.dispatched + (TRAVELS if recipe.status == "delivered" else 0)
    placed = came - timedelta(days=before, hours=2)
    made = order | {
        "id": f"#{number.lstrip('#')}",
        "status": recipe.status,
        "placed_at": text(placed),
        "promised_at": text(placed + timedelta(days=recipe.promised)),
        "payments": _payments(recipe, order, placed, came),
        "_state": recipe.then,
    }
    if recipe.paid:
        made["paid_at"] = text(placed + timedelta(minutes=2))
    if recipe.dispatched:
        made["shipments"] = [_parcel(number, recipe, placed, came, now, order)]
    if recipe.status == "delivered":
        made["delivered_at"] = text(came)
    if recipe.status == "cancelled":
        made["cancelled_at"] = text(came)
    return made


def _payments(recipe: Recipe, order: Record, placed: datetime, came: datetime) -> list[Record]:
    if not recipe.paid:
        return []
    how = {"method": order["_method"]}
    paid = {"type": "payment", "amount": order["total"], "at": text(placed + timedelta(minutes=2)), **how}
    back = {"type": "refund", "at": text(came + timedelta(days=1)), **how}
    if recipe.status == "cancelled":
        return [paid, back | {"amount": order["total"]}]
    return [paid, back | {"amount": order["items"][0]["price"]}] if recipe.then == "partly_refunded" else [paid]


def _parcel(number: str, recipe: Recipe, placed: datetime, came: datetime, now: datetime, order: Record) -> Record:
    shipped = placed + timedelta(days=recipe.dispatched)
    last = came if recipe.status == "delivered" else max(shipped, now - timedelta(days=recipe.quiet))
    codes = ("handed_over", *recipe.scans)
    hop = (last - shipped) / (len(codes) - 1)
    scans = [{"at": text(shipped + hop * place), "code": code, "place": "Lyon"} for place, code in enumerate(codes)]
    return {
        "tracking_id": f"80{sum(map(ord, number)):04d}{number.lstrip('#')[-6:]:>06}",
        "carrier": "Colissimo",
        "skus": sorted({one["sku"] for one in order["items"]}),
        "shipped_at": text(shipped),
        "events": scans,
    }


def text(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat()
