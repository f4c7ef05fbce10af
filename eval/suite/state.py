"""An order in a few plain words, and the difference of two such views: what a case expects of the world."""

from __future__ import annotations

from collections.abc import Mapping

from tools.orders.database import Database
from tools.orders.model import Order
from tools.orders.money import Money
from tools.orders.store import newest

NOT_PAID = frozenset({"failed", "rejected", "cancelled"})
FIELDS = (
    "lifecycle",
    "payment",
    "fulfilment",
    "return",
    "address",
    "items",
    "refunds",
    "returns",
    "exchanges",
    "claims",
)
"""`refunds`: what was paid back or is on its way back. `items`: what is still to be had or was had, by sku."""
View = Mapping[str, str]
Differences = dict[str, dict[str, tuple[str, str]]]


def views(database: Database) -> dict[str, View]:
    """By order number, without the mark."""
    with database.read() as db:
        return {one.number.lstrip("#"): view(one) for one in newest(db, 500)}


def view(order: Order) -> View:
    back = sum(one.amount.minor for one in order.refunds if one.state not in NOT_PAID)
    return {
        "lifecycle": order.lifecycle.value,
        "payment": order.payment.value,
        "fulfilment": order.fulfilment.value,
        "return": order.returning.value,
        "address": order.address.one_line(),
        "items": _items(order),
        "refunds": Money(back, order.currency).decimal(),
        "returns": str(sum(one.state not in NOT_PAID for one in order.returns)),
        "exchanges": str(len(order.exchanges)),
        "claims": str(len(order.claims)),
    }


def difference(before: Mapping[str, View], after: Mapping[str, View]) -> Differences:
    """Every field that changed, by order."""
    changed: Differences = {}
    for number, view_after in after.items():
        view_before = before.get(number, {})
        fields = {
            name: (view_before.get(name, ""), value)
            for name, value in view_after.items()
            if view_before.get(name, "") != value
        }
        if fields:
            changed[number] = fields
    return changed


def _items(order: Order) -> str:
    left = [(line.sku, line.quantity - line.cancelled) for line in order.lines]
    return ", ".join(f"{count} {sku}" for sku, count in sorted(left) if count) or "none"
