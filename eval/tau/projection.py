"""The core's orders and customers in tau-bench's own form, for comparing with its ground truth.

It keeps no state: what it shows comes from the core. Version 2's documented bug is here alone, never in the core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from eval.tau.shop import Base, Record
from tools.orders.model import Address, CustomerId, Event, Line, LineId, Move, Order
from tools.orders.service import Orders


class Projection:
    """What the core holds, as tau keeps it."""

    def __init__(self, base: Base, orders: Orders) -> None:
        self._base = base
        self._orders = orders

    def touched(self, actions: Sequence[tuple[str, Record]]) -> dict[str, list[str]]:
        """Orders that the actions name, and the customers whose cards or address may have moved."""
        named = {one["order_id"] for _, one in actions if one.get("order_id") in self._base.orders}
        users = {self._base.orders[number]["user_id"] for number in named}
        users |= {one["user_id"] for _, one in actions if one.get("user_id") in self._base.users}
        return {"orders": sorted(named), "users": sorted(users)}

    def changed(self, touched: Mapping[str, Sequence[str]]) -> Record:
        orders = {number: self.order(number) for number in touched["orders"]}
        users = {user: self.user(user) for user in touched["users"]}
        return {
            "orders": {key: one for key, one in orders.items() if one != self._base.orders[key]},
            "users": {key: one for key, one in users.items() if one != self._base.users[key]},
        }

    def order(self, number: str) -> Record:
        """An order as tau keeps it."""
        order = self._orders.order_by_number(number)
        assert order is not None, number
        events = self._orders.events(order.id)
        return {
            "order_id": order.number,
            "user_id": order.customer_id,
            "address": _address_out(order.address),
            "items": list(self._items_of(order, events)),
            "fulfillments": list(_fulfillments(order)),
            "status": self.status(order, events),
            "payment_history": list(_history(order, events)),
            **_extras(order, events),
        }

    def user(self, user: str) -> Record:
        """A customer as tau keeps it: what the core does not model (a card's brand) is the benchmark's own."""
        kept = self._base.users[user]
        customer = self._orders.customer(CustomerId(user))
        assert customer is not None
        assert customer.address is not None
        methods = {key: dict(one) for key, one in kept["payment_methods"].items()}
        for key, balance in self._orders.balances(CustomerId(user), "USD").items():
            if balance is not None:
                methods[key]["balance"] = balance / 100
        return {**kept, "address": _address_out(customer.address), "payment_methods": methods}

    def status(self, order: Order, events: Sequence[Event] | None = None) -> str:
        if order.lifecycle == "cancelled":
            return "cancelled"
        if order.fulfilment == "delivered":
            asked = "return requested" if order.returns else "delivered"
            return "exchange requested" if order.exchanges else asked
        if order.fulfilment == "in_warehouse":
            return "processed"
        told = self._orders.events(order.id) if events is None else events
        return "pending (item modified)" if any(map(_swapped, told)) else "pending"

    def _items_of(self, order: Order, events: Sequence[Event]) -> Iterator[Record]:
        """In line order; a line that was swapped shows what took its place."""
        successor = {line.replaces: line for line in order.lines if line.replaces}
        shown = self._shown_as(order, events)
        for line in order.lines:
            if line.replaces is None:
                now = line
                while now.id in successor:
                    now = successor[now.id]
                looks = shown.get(now.id, now)
                yield {
                    "name": line.name,
                    "product_id": self._base.product_of(line.sku),
                    "item_id": now.sku,
                    "price": looks.unit_price.minor / 100,
                    "options": dict(looks.options),
                }

    def _shown_as(self, order: Order, events: Sequence[Event]) -> Mapping[LineId, Line]:
        """Version 2's bug: every modified item has the last one's price and options."""
        if not self._base.bug:
            return {}
        lines = {line.id: line for line in order.lines}
        fresh = [one.body["lines"] for one in events if _swapped(one)]
        return {name: lines[names[-1]] for names in fresh if isinstance(names, list) for name in names}


def _swapped(event: Event) -> bool:
    return event.type == "order.changed" and "swaps" in event.body


def moves(order: Order) -> list[Move]:
    """Money that moved, in the order in which it was asked for."""
    found = [
        (move.at, _number(move.id), move.kind == "refund", place, move)
        for place, tender in enumerate(order.tenders)
        for move in tender.moves
        if move.state == "succeeded" and move.kind in {"capture", "refund"}
    ]
    return [move for *_, move in sorted(found, key=lambda one: one[:4])]


def _number(move: str) -> int:
    """The event that asked for it; imported ones have none."""
    number = move.rsplit(":", 1)[-1].split(".")[0]
    return int(number) if number.isdigit() and "." in move.rsplit(":", 1)[-1] else 0


def _history(order: Order, events: Sequence[Event]) -> Iterator[Record]:
    """tau writes the unrounded difference of a modification, and a refund of nothing for none."""
    changes = {event.at: event for event in events if _swapped(event)}
    told = set()
    for move in moves(order):
        change = changes.get(move.at)
        told.add(move.at)
        amount = abs(_unrounded(order, change)) if change else move.amount.minor / 100
        yield _row("payment" if move.kind == "capture" else "refund", amount, move.method_id)
    for at, change in changes.items():
        if at not in told:
            yield _row("refund", abs(_unrounded(order, change)), change.body["method"])


def _row(kind: str, amount: float, method: object) -> Record:
    return {"transaction_type": kind, "amount": amount, "payment_method_id": method}


def _unrounded(order: Order, change: Event) -> float:
    """Left to right in doubles: the binary tail is part of tau's state, and `sum` would correct it away."""
    lines = {str(line.id): line for line in order.lines}
    swaps, fresh = change.body["swaps"], change.body["lines"]
    assert isinstance(swaps, list)
    assert isinstance(fresh, list)
    difference = 0.0
    for (old, *_), new in zip(swaps, fresh, strict=True):
        difference += lines[new].unit_price.minor / 100 - lines[old].unit_price.minor / 100
    return difference


def _fulfillments(order: Order) -> Iterator[Record]:
    skus = {line.id: line.sku for line in order.lines}
    for parcel in order.shipments:
        items = [skus[line] for line, units in parcel.lines.items() for _ in range(units)]
        yield {"tracking_id": [parcel.tracking_number], "item_ids": items}


def _extras(order: Order, events: Sequence[Event]) -> Record:
    """Keys that tau sets only when something happened."""
    skus = {line.id: line.sku for line in order.lines}
    if order.lifecycle == "cancelled" and any(event.actor.kind == "agent" for event in events):
        return {"cancel_reason": order.cancel_reason}
    if order.exchanges:
        one = order.exchanges[-1]
        return {
            "exchange_items": sorted(skus[line] for line, *_ in one.lines),
            "exchange_new_items": sorted(sku for *_, sku in one.lines),
            "exchange_payment_method_id": one.method_id,
            "exchange_price_difference": one.difference / 100,
        }
    if order.returns:
        rma = order.returns[-1]
        items = sorted(skus[line] for line, units in rma.lines.items() for _ in range(units))
        return {"return_items": items, "return_payment_method_id": rma.method_id}
    return {}


def _address_out(address: Address) -> Record:
    return {
        "address1": address.line1,
        "address2": address.line2,
        "city": address.city,
        "country": address.country,
        "state": address.state,
        "zip": address.postcode,
    }
