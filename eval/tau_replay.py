"""Ground-truth actions of tau-bench's retail tasks, done by the order core, and the core's orders in tau's own form.

An adapter: it checks what the benchmark checks and the core does not (same product, the words of a reason), asks the
core, and reads the result back. It keeps no state: every action that succeeds is a command of the core, and what the
projection shows comes from there. Compatibility is switched on here, never in the core: the shop's windows are wide
open, addresses are set by a person of the shop, and version 2's documented bug is in the projection alone.

Source of the semantics: sierra-research/tau-bench and tau2-bench, retail domain (MIT); data is not part of Wismo.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.delivery import Delivery
from connectors.payments.asking import KINDS, Asking
from connectors.payments.sandbox import SandboxPayments
from eval import tau
from tools.orders import tables
from tools.orders.actions.changes import CorrectAddress
from tools.orders.actions.customers import SaveCustomer
from tools.orders.agreement import Action, Evidence, Result, Selection, Swap, Wish
from tools.orders.audit import Audit
from tools.orders.commands import Command, Done
from tools.orders.database import Database
from tools.orders.importing import checking, merge
from tools.orders.model import Actor, Address, CustomerId, Event, Line, LineId, Move, Order
from tools.orders.service import Orders
from tools.orders.terms import Terms

Record = dict[str, Any]
REASONS = frozenset({"no longer needed", "ordered by mistake"})
PLACED = datetime(2026, 11, 1, tzinfo=UTC)
OPEN_TERMS = Terms(
    return_days=100_000,
    claim_days=100_000,
    lost_after_days=100_000,
    return_label_fee=0,
    restocking_fee=0,
    withdrawal_days=14,
    goodwill_limit=0,
    gift_money_to_cards=True,
    return_shipping=False,
    address_change_same_country=False,
    quote_minutes=15,
    timezone="UTC",
)
AGENT = Actor("agent", "tau-replay")


class Refused(Exception):
    """tau's function would answer with an error: nothing changes."""


@dataclass(frozen=True, slots=True)
class Base:
    """A shop of the benchmark. `version` is v1 or v2; `bug` shows version 2's modified items as it shows them."""

    users: Mapping[str, Record]
    products: Mapping[str, Record]
    orders: Mapping[str, Record]
    version: str = "v1"
    bug: bool = False

    def variant(self, product: str, sku: str) -> Record | None:
        found: Record | None = self.products[product]["variants"].get(sku)
        return found

    def product_of(self, sku: str) -> str:
        return next(key for key, product in self.products.items() if sku in product["variants"])


class Ticking:
    """A clock that moves with every look, so that what was done first is first."""

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self) -> datetime:
        self._looks += 1
        return PLACED + timedelta(days=10, milliseconds=self._looks)


def seed(base: Base, path: Path) -> Audit:
    """A database with the benchmark's shop, whole in its one file when it is closed, and the audit of all of it."""
    database = Database(path)
    try:
        file = tau.shop(dict(base.users), dict(base.products), dict(base.orders), PLACED)
        with database.write() as db:
            tables.metadata.create_all(db)
            merge.write(db, checking.checked(file), PLACED, merge.silent)
        return Orders(database, lambda: OPEN_TERMS, Ticking()).audit()
    finally:
        database.close()


@dataclass(frozen=True, slots=True)
class Played:
    """`changed` are the records that are not as they were, in tau's form; `succeeded` is by action."""

    changed: Record
    succeeded: tuple[bool, ...]
    violations: tuple[str, ...]
    commands: int


def play(base: Base, seeded: Path, copy: Path, actions: Sequence[tuple[str, Record]]) -> Played:
    """One task on a fresh copy."""
    for old in copy.parent.glob(f"{copy.name}*"):
        old.unlink()
    shutil.copyfile(seeded, copy)
    database = Database(copy)
    try:
        replay = Replay(base, database)
        succeeded = tuple(replay.apply(name, arguments) for name, arguments in actions)
        touched = replay.touched(actions)
        audit = replay.orders.audit([f"import:{number.lstrip('#')}" for number in touched["orders"]])
        with database.read() as db:
            done = db.exec_driver_sql("SELECT count(*) FROM commands WHERE key LIKE 'tau:%'").scalar_one()
        return Played(replay.changed(touched), succeeded, tuple(map(str, audit.violations)), int(done))
    finally:
        database.close()


class Replay:
    def __init__(self, base: Base, database: Database) -> None:
        self.base = base
        clock = Ticking()
        self.orders = Orders(database, lambda: OPEN_TERMS, clock)
        asking = Asking(self.orders, SandboxPayments())
        self._delivery = Delivery(database, dict.fromkeys(KINDS, asking.carry), clock)
        self._count = 0
        self._writes: Mapping[str, Callable[..., None]] = {
            "cancel_pending_order": self._cancel,
            "modify_pending_order_address": self._order_address,
            "modify_pending_order_payment": self._payment,
            "modify_pending_order_items": self._items,
            "exchange_delivered_order_items": self._exchange,
            "return_delivered_order_items": self._return,
            "modify_user_address": self._user_address,
        }

    def apply(self, name: str, arguments: Record) -> bool:
        """Whether it succeeded; reading and thinking always do."""
        write = self._writes.get(name)
        if write is None:
            return True
        try:
            write(**arguments)
        except Refused:
            return False
        while self._delivery.run_once():
            pass
        return True

    # -- tau's functions, validated in tau's order -----------------------------------------------------------

    def _cancel(self, order_id: str, reason: str) -> None:
        order = self._order(order_id, "pending")
        self._must(reason in REASONS)
        self._execute(order, Wish(Action.CANCEL_ORDER, reason))

    def _order_address(self, order_id: str, **address: str) -> None:
        order = self._still_pending(order_id)
        self._do(CorrectAddress(order_id=order.id, address=_address_in(address)))

    def _payment(self, order_id: str, payment_method_id: str) -> None:
        order = self._still_pending(order_id)
        methods = self._methods(order, payment_method_id)
        history = _moves(order)
        self._must(len(history) == 1 and history[0].kind == "capture")
        self._must(history[0].method_id != payment_method_id)
        self._must(_covers(methods[payment_method_id], history[0].amount.minor))
        self._execute(order, Wish(Action.CHANGE_PAYMENT, method_id=payment_method_id))

    def _items(self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str) -> None:
        order = self._order(order_id, "pending")
        swaps = self._swaps(order, item_ids, new_item_ids)
        methods = self._methods(order, payment_method_id)
        self._must(_covers(methods[payment_method_id], self._difference(order, swaps)))
        self._execute(order, Wish(Action.CHANGE_ITEMS, swaps=swaps, method_id=payment_method_id))

    def _exchange(self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str) -> None:
        order = self._order(order_id, "delivered")
        swaps = self._swaps(order, item_ids, new_item_ids)
        methods = self._methods(order, payment_method_id)
        self._must(_covers(methods[payment_method_id], self._difference(order, swaps)))
        self._execute(order, Wish(Action.REQUEST_EXCHANGE, swaps=swaps, method_id=payment_method_id))

    def _return(self, order_id: str, item_ids: list[str], payment_method_id: str) -> None:
        order = self._order(order_id, "delivered")
        methods = self._methods(order, payment_method_id)
        paid = _moves(order)[0].method_id
        self._must(methods[payment_method_id] is not None or payment_method_id == paid)
        units = Counter(line.id for line in self._lines(order, item_ids))
        self._execute(order, Wish(Action.REQUEST_RETURN, "", Selection(units), method_id=payment_method_id))

    def _user_address(self, user_id: str, **address: str) -> None:
        self._must(user_id in self.base.users)
        self._do(SaveCustomer(customer_id=user_id, address=_address_in(address)))

    # -- its checks ------------------------------------------------------------------------------------------

    def _order(self, order_id: str, status: str) -> Order:
        self._must(order_id.startswith("#"))
        order = self.orders.order_by_number(order_id)
        if order is None or order.number != order_id:
            raise Refused
        self._must(self._status(order) == status)
        return order

    def _still_pending(self, order_id: str) -> Order:
        """Version 2 lets the address and the payment change after the items did."""
        if self.base.version == "v1":
            return self._order(order_id, "pending")
        order = self.orders.order_by_number(order_id)
        if order is None or "pending" not in self._status(order):
            raise Refused
        return order

    def _lines(self, order: Order, item_ids: Sequence[str]) -> list[Line]:
        """A line for each item, the first that is not taken yet; refused where the order has too few."""
        left = [line for line in order.lines if line.quantity > line.refunded]
        chosen = []
        for item in item_ids:
            line = next((one for one in left if one.sku == item), None)
            if line is None:
                raise Refused
            left.remove(line)
            chosen.append(line)
        return chosen

    def _swaps(self, order: Order, item_ids: Sequence[str], new_item_ids: Sequence[str]) -> tuple[Swap, ...]:
        lines = self._lines(order, item_ids)
        self._must(len(item_ids) == len(new_item_ids))
        for line, new in zip(lines, new_item_ids, strict=True):
            variant = self.base.variant(self.base.product_of(line.sku), new)
            self._must(variant is not None and bool(variant["available"]))
            self._must(self.base.version == "v1" or line.sku != new)
        return tuple(Swap(line.id, 1, new) for line, new in zip(lines, new_item_ids, strict=True))

    def _difference(self, order: Order, swaps: Sequence[Swap]) -> int:
        """In cents; positive: the customer pays."""
        paid = {line.id: line.unit_price.minor for line in order.lines}
        prices = (self.base.variant(self.base.product_of(one.sku), one.sku) for one in swaps)
        new = sum(round(float(each["price"]) * 100) for each in prices if each)
        return new - sum(paid[one.line_id] for one in swaps)

    def _methods(self, order: Order, wanted: str) -> Mapping[str, int | None]:
        methods = self.orders.balances(order.customer_id, order.currency)
        self._must(wanted in methods)
        return methods

    @staticmethod
    def _must(holds: bool) -> None:
        if not holds:
            raise Refused

    # -- the core --------------------------------------------------------------------------------------------

    def _execute(self, order: Order, wish: Wish) -> None:
        quote = self.orders.quote(order, wish)
        key = self._key()
        done = self.orders.execute(quote, key=key, actor=AGENT, evidence=Evidence(key, quote.digest))
        self._must(done.result is Result.DONE)

    def _do(self, command: Command) -> None:
        self._must(isinstance(self.orders.do(command, key=self._key(), actor=AGENT), Done))

    def _key(self) -> str:
        self._count += 1
        return f"tau:{self._count}"

    # -- the projection --------------------------------------------------------------------------------------

    def touched(self, actions: Sequence[tuple[str, Record]]) -> dict[str, list[str]]:
        """Orders that the actions name, and the customers whose cards or address may have moved."""
        named = {one["order_id"] for _, one in actions if one.get("order_id") in self.base.orders}
        users = {self.base.orders[number]["user_id"] for number in named}
        users |= {one["user_id"] for _, one in actions if one.get("user_id") in self.base.users}
        return {"orders": sorted(named), "users": sorted(users)}

    def changed(self, touched: Mapping[str, Sequence[str]]) -> Record:
        orders = {number: self.order(number) for number in touched["orders"]}
        users = {user: self.user(user) for user in touched["users"]}
        return {
            "orders": {key: one for key, one in orders.items() if one != self.base.orders[key]},
            "users": {key: one for key, one in users.items() if one != self.base.users[key]},
        }

    def order(self, number: str) -> Record:
        """An order as tau keeps it."""
        order = self.orders.order_by_number(number)
        assert order is not None, number
        events = self.orders.events(order.id)
        return {
            "order_id": order.number,
            "user_id": order.customer_id,
            "address": _address_out(order.address),
            "items": list(self._items_of(order, events)),
            "fulfillments": list(_fulfillments(order)),
            "status": self._status(order, events),
            "payment_history": list(_history(order, events)),
            **_extras(order, events),
        }

    def user(self, user: str) -> Record:
        """A customer as tau keeps it: what the core does not model (a card's brand) is the benchmark's own."""
        kept = self.base.users[user]
        customer = self.orders.customer(CustomerId(user))
        assert customer is not None
        assert customer.address is not None
        methods = {key: dict(one) for key, one in kept["payment_methods"].items()}
        for key, balance in self.orders.balances(CustomerId(user), "USD").items():
            if balance is not None:
                methods[key]["balance"] = balance / 100
        return {**kept, "address": _address_out(customer.address), "payment_methods": methods}

    def _status(self, order: Order, events: Sequence[Event] | None = None) -> str:
        if order.lifecycle == "cancelled":
            return "cancelled"
        if order.fulfilment == "delivered":
            asked = "return requested" if order.returns else "delivered"
            return "exchange requested" if order.exchanges else asked
        if order.fulfilment == "in_warehouse":
            return "processed"
        told = self.orders.events(order.id) if events is None else events
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
                    "product_id": self.base.product_of(line.sku),
                    "item_id": now.sku,
                    "price": looks.unit_price.minor / 100,
                    "options": dict(looks.options),
                }

    def _shown_as(self, order: Order, events: Sequence[Event]) -> Mapping[LineId, Line]:
        """Version 2's bug: every modified item has the last one's price and options."""
        if not self.base.bug:
            return {}
        lines = {line.id: line for line in order.lines}
        fresh = [one.body["lines"] for one in events if _swapped(one)]
        return {name: lines[names[-1]] for names in fresh if isinstance(names, list) for name in names}


def _swapped(event: Event) -> bool:
    return event.type == "order.changed" and "swaps" in event.body


def _moves(order: Order) -> list[Move]:
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
    for move in _moves(order):
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


def _covers(balance: int | None, amount: int) -> bool:
    return balance is None or balance >= amount


def _address_in(given: Mapping[str, str]) -> Address:
    return Address(given["address1"], given["city"], given["zip"], given["country"], given["address2"], given["state"])


def _address_out(address: Address) -> Record:
    return {
        "address1": address.line1,
        "address2": address.line2,
        "city": address.city,
        "country": address.country,
        "state": address.state,
        "zip": address.postcode,
    }
