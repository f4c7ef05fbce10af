"""Ground-truth actions of tau-bench's retail tasks, done by the order core.

An adapter: it checks what the benchmark checks and the core does not (same product, the words of a reason), asks the
core, and has the result read back. It keeps no state: every action that succeeds is a command of the core.
Compatibility is switched on here, never in the core: the shop's windows are wide open, and addresses are set by a
person of the shop.

Source of the semantics: sierra-research/tau-bench and tau2-bench, retail domain (MIT); data is not part of Wismo.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.delivery import Delivery
from connectors.payments.asking import KINDS, Asking
from connectors.payments.sandbox import SandboxPayments
from eval.tau.projection import Projection, moves
from eval.tau.shop import Base, Record, import_file
from tools.orders import tables
from tools.orders.actions.changes import CorrectAddress
from tools.orders.actions.customers import SaveCustomer
from tools.orders.agreement import Action, Evidence, Result, Selection, Swap, Wish
from tools.orders.audit import Audit
from tools.orders.commands import Command, Done
from tools.orders.database import Database
from tools.orders.importing import checking, merge
from tools.orders.model import Actor, Address, Line, Order
from tools.orders.service import Orders
from tools.orders.terms import Terms

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
        file = import_file(dict(base.users), dict(base.products), dict(base.orders), PLACED)
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
        touched = replay.projection.touched(actions)
        audit = replay.orders.audit([f"import:{number.lstrip('#')}" for number in touched["orders"]])
        with database.read() as db:
            done = db.exec_driver_sql("SELECT count(*) FROM commands WHERE key LIKE 'tau:%'").scalar_one()
        return Played(replay.projection.changed(touched), succeeded, tuple(map(str, audit.violations)), int(done))
    finally:
        database.close()


class Replay:
    def __init__(self, base: Base, database: Database) -> None:
        self.base = base
        clock = Ticking()
        self.orders = Orders(database, lambda: OPEN_TERMS, clock)
        asking = Asking(self.orders, SandboxPayments())
        self.projection = Projection(base, self.orders)
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
        history = moves(order)
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
        paid = moves(order)[0].method_id
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
        self._must(self.projection.status(order) == status)
        return order

    def _still_pending(self, order_id: str) -> Order:
        """Version 2 lets the address and the payment change after the items did."""
        if self.base.version == "v1":
            return self._order(order_id, "pending")
        order = self.orders.order_by_number(order_id)
        if order is None or "pending" not in self.projection.status(order):
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


def _covers(balance: int | None, amount: int) -> bool:
    return balance is None or balance >= amount


def _address_in(given: Mapping[str, str]) -> Address:
    return Address(given["address1"], given["city"], given["zip"], given["country"], given["address2"], given["state"])
