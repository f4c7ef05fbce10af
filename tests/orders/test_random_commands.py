"""Random commands against a plain Python model: what they touched is audited after each, everything after a sequence."""

from __future__ import annotations

import os
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.orders.plain_model import PlainLine, PlainOrder, PlainShop
from tests.shop import ITEMS, Shop
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.actions.on_hold import RejectOrder
from tools.orders.actions.payments import Pay
from tools.orders.actions.place import Wanted
from tools.orders.actions.returns import InspectReturn, ReceiveReturn
from tools.orders.actions.stock import AdjustStock, ReceiveStock
from tools.orders.agreement import Action, Result, Selection, Wish
from tools.orders.commands import Done
from tools.orders.model import Lifecycle, Order, OrderId

SKUS = ("shirt", "mug", "lamp")
STEPS = 50
units = st.integers(min_value=1, max_value=3)
picks = st.lists(st.integers(min_value=0, max_value=3), min_size=3, max_size=3)


class Commands(RuleBasedStateMachine):
    """Each rule does one command and says what the model expects of it, refusals included."""

    orders = Bundle("orders")
    ran = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="wismo-random-")
        self.shop = Shop(Path(self.folder.name))
        self.plain = PlainShop(*(dict.fromkeys(SKUS, 0) for _ in range(3)))
        self.known: dict[str, PlainOrder] = {}
        self.touched: list[str] = []
        self.parcels = 0

    def teardown(self) -> None:
        try:
            self.shop.audit()
        finally:
            self.shop.database.close()
            self.folder.cleanup()

    def did(self, *aggregates: str) -> None:
        type(self).ran += 1
        self.touched = list(aggregates)

    @invariant()
    def what_was_touched_is_sound_and_what_the_model_says(self) -> None:
        touched, self.touched = self.touched, []
        if touched:
            self.shop.audit(touched)
        for name in touched:
            if name in self.known:
                self.compare(self.shop.orders.order(OrderId(name)), self.known[name])

    def compare(self, order: Order, plain: PlainOrder) -> None:
        for line, expected in zip(order.lines, plain.lines, strict=True):
            assert (line.cancelled, line.shipped) == (expected.cancelled, expected.shipped)
            assert line.refunded == expected.settled
        assert sum(one.captured.minor for one in order.tenders) == plain.captured
        assert sum(one.refunded.minor for one in order.tenders) == plain.back
        assert sum(one.pending.minor for one in order.tenders) == plain.on_its_way
        assert order.lifecycle.value == plain.state
        for sku in SKUS:
            assert self.shop.orders.available(sku) == self.plain.available(sku)

    # -- stock -----------------------------------------------------------------------------------------------

    @rule(sku=st.sampled_from(SKUS), count=st.integers(min_value=1, max_value=6))
    def receive(self, sku: str, count: int) -> None:
        self.shop.done(ReceiveStock(sku=sku, quantity=count))
        self.plain.on_hand[sku] += count
        self.did(f"@stock:{sku}")

    @rule(sku=st.sampled_from(SKUS), delta=st.integers(min_value=-2, max_value=2))
    def damage(self, sku: str, delta: int) -> None:
        plain = self.plain
        fits = plain.damaged[sku] + delta >= 0 and (delta <= 0 or plain.available(sku) >= delta)
        answer = self.shop.command(AdjustStock(sku=sku, bucket="damaged", delta=delta, reason="broken"))
        assert isinstance(answer, Done) is (fits or delta == 0)
        if isinstance(answer, Done):
            plain.damaged[sku] += delta
        self.did(f"@stock:{sku}")

    # -- sale ------------------------------------------------------------------------------------------------

    @rule(
        target=orders,
        wanted=st.dictionaries(st.sampled_from(SKUS), units, min_size=1),
        discount=st.integers(min_value=0, max_value=3000),
        tax=st.sampled_from([0, 55_000, 200_000]),
        shipping=st.sampled_from([0, 490]),
        mode=st.sampled_from(["captured", "sale", "none"]),
    )
    def place(self, wanted: dict[str, int], discount: int, tax: int, shipping: int, mode: str) -> str:
        lines = tuple(Wanted(sku=sku, quantity=n, tax_ppm=tax) for sku, n in wanted.items())
        paid: tuple[Pay, ...] = (
            () if mode == "none" else (Pay.model_validate({"kind": "card", "token": "t", "mode": mode}),)
        )
        order = self.shop.place(*lines, discount=discount, shipping=shipping, payments=paid)
        plain = PlainOrder(
            [PlainLine(one.sku, one.quantity, one.net.minor, one.tax.minor) for one in order.lines],
            shipping,
            mode != "none",
        )
        assert sum(line.net for line in plain.lines) == sum(ITEMS[s] * n for s, n in wanted.items()) - min(
            discount, sum(ITEMS[s] * n for s, n in wanted.items())
        )
        enough = {sku: self.plain.available(sku) >= n for sku, n in wanted.items() if self.tracked(sku)}
        if not all(enough.values()):
            plain.state = "on_hold"
        for sku, fits in enough.items():
            self.plain.reserved[sku] += wanted[sku] if fits else 0
        plain.captured = plain.total if mode == "captured" else 0
        self.known[order.id] = plain
        self.did(order.id)
        return order.id

    def tracked(self, sku: str) -> bool:
        """Counted from the first movement on."""
        with self.shop.database.read() as db:
            return bool(db.exec_driver_sql("SELECT tracked FROM variants WHERE sku = ?", (sku,)).scalar())

    @rule(name=orders)
    def reject_what_is_on_hold(self, name: str) -> None:
        plain = self.known[name]
        answer = self.shop.command(RejectOrder(order_id=OrderId(name), reason="no"))
        assert isinstance(answer, Done) is (plain.state == "on_hold")
        if isinstance(answer, Done):
            self._taken_back(plain, [line.open for line in plain.lines])
            plain.state = "rejected"
        self.did(name)

    @rule(name=orders, pick=picks)
    def cancel(self, name: str, pick: list[int]) -> None:
        plain = self.known[name]
        order = self.shop.orders.order(OrderId(name))
        wanted = [min(n, line.open) for n, line in zip(pick, plain.lines, strict=False)]
        chosen = {line.id: n for line, n in zip(order.lines, wanted, strict=False) if n}
        everything = not chosen
        outcome = self.wish(order, Action.CANCEL_ORDER, chosen)
        may = plain.state in {"confirmed", "on_hold"} and not plain.started
        assert (outcome == Result.DONE) is may
        if may:
            counts = [line.open if everything else n for line, n in zip(plain.lines, [*wanted, 0, 0, 0], strict=False)]
            whole = counts == [line.open for line in plain.lines]
            self._taken_back(plain, counts)
            plain.state = "cancelled" if whole else plain.state
        self.did(name)

    def _taken_back(self, plain: PlainOrder, counts: list[int]) -> None:
        """With the last units goes all that is left; what was reserved is available again."""
        whole = counts == [line.open for line in plain.lines]
        worth = sum(line.worth(n) for line, n in zip(plain.lines, counts, strict=True))
        worth += plain.shipping - plain.shipping_back if whole else 0
        if plain.captured:
            worth = plain.left if whole else min(worth, plain.left)
            plain.on_its_way += worth
            plain.shipping_back += plain.shipping if whole else 0
        else:
            plain.unowed += worth
        for line, n in zip(plain.lines, counts, strict=True):
            line.cancelled += n
            line.settled += min(n, line.quantity - line.settled) if worth else 0  # what was free settles nothing
        self.plain.reserved = self.held()

    def held(self) -> dict[str, int]:
        """What the model expects to be reserved: open units of lines that got their stock."""
        with self.shop.database.read() as db:
            sql = "SELECT sku, sum(quantity) FROM reservations WHERE state = 'held' GROUP BY sku"
            found = {row[0]: row[1] for row in db.exec_driver_sql(sql)}
        return {sku: int(found.get(sku, 0)) for sku in SKUS}

    # -- warehouse -------------------------------------------------------------------------------------------

    @rule(name=orders)
    def start(self, name: str) -> None:
        plain = self.known[name]
        answer = self.shop.command(StartFulfilment(order_id=OrderId(name)))
        may = plain.state == "confirmed" and not plain.started
        assert isinstance(answer, Done) is may
        plain.started = plain.started or may
        self.did(name)

    @rule(name=orders, pick=picks)
    def ship(self, name: str, pick: list[int]) -> None:
        plain = self.known[name]
        order = self.shop.orders.order(OrderId(name))
        counts = [min(n, line.open) for n, line in zip(pick, plain.lines, strict=False)]
        chosen: dict[str, int] = {line.id: n for line, n in zip(order.lines, counts, strict=False) if n}
        self.parcels += 1
        command = ShipOrder(order_id=order.id, tracking=f"T{self.parcels}", carrier="DHL", units=chosen or None)
        answer = self.shop.command(command)
        may = plain.started and plain.state == "confirmed" and any(line.open for line in plain.lines)
        assert isinstance(answer, Done) is may
        if may:
            before = self.held()
            for place, line in enumerate(plain.lines):
                n = counts[place] if chosen and place < len(counts) else (0 if chosen else line.open)
                line.shipped += n
            for sku in SKUS:
                gone = self.plain.reserved[sku] - before[sku]
                self.plain.on_hand[sku] -= gone
                self.plain.reserved[sku] = before[sku]
        self.did(name)

    @rule(name=orders)
    def deliver(self, name: str) -> None:
        order = self.shop.orders.order(OrderId(name))
        for parcel in order.shipments:
            told = self.shop.orders.record_tracking(parcel.tracking_number, _scan(self.shop), _carrier())
            assert isinstance(told, Done)
        plain = self.known[name]
        plain.delivered = bool(order.shipments) and not any(line.open for line in plain.lines)
        self.did(name)

    # -- after the sale --------------------------------------------------------------------------------------

    @precondition(lambda self: self.known)
    @rule(name=orders, pick=picks)
    def ask_back(self, name: str, pick: list[int]) -> None:
        plain = self.known[name]
        order = self.shop.orders.order(OrderId(name))
        able = [line.shipped - max(line.announced, max(line.settled - line.cancelled, 0)) for line in plain.lines]
        wanted = [min(n, most) for n, most in zip(pick, able, strict=False)]
        chosen = {line.id: n for line, n in zip(order.lines, wanted, strict=False) if n > 0}
        outcome = self.wish(order, Action.REQUEST_RETURN, chosen)
        arrived = order.delivered_at is not None and order.lifecycle is not Lifecycle.CANCELLED
        named = [most for line, most in zip(order.lines, able, strict=True) if not chosen or line.id in chosen]
        assert (outcome == Result.DONE) is (arrived and any(n > 0 for n in named))
        if outcome == Result.DONE:
            asked = [
                chosen.get(line.id, 0) if chosen else max(most, 0) for line, most in zip(order.lines, able, strict=True)
            ]
            for line, n in zip(plain.lines, asked, strict=True):
                line.announced += n
        self.did(name)

    @rule(name=orders, share=st.integers(min_value=0, max_value=3))
    def receive_and_inspect(self, name: str, share: int) -> None:
        order = self.shop.orders.order(OrderId(name))
        waiting = next((one for one in order.returns if one.state == "approved"), None)
        if waiting is None:
            return
        self.shop.done(ReceiveReturn(return_id=waiting.id, units=dict(waiting.lines)))
        accepted = {line: max(n - share, 0) for line, n in waiting.lines.items()}
        self.shop.done(InspectReturn(return_id=waiting.id, accepted=accepted))
        skus = {line.id: line.sku for line in order.lines}
        for line_id, n in accepted.items():
            if self.tracked(skus[line_id]):
                self.plain.on_hand[skus[line_id]] += n
        self.did(name)

    @rule(name=orders, reason=st.sampled_from(["", "damaged", "lost"]))
    def refund(self, name: str, reason: str) -> None:
        plain = self.known[name]
        order = self.shop.orders.order(OrderId(name))
        quote = self.shop.orders.quote(order, Wish(Action.REFUND, reason))
        outcome = self.shop.execute(quote)
        if outcome.result is Result.DONE:
            lines = {line.id: plain_line for line, plain_line in zip(order.lines, plain.lines, strict=True)}
            worth = sum(lines[one.line_id].worth(one.quantity) for one in quote.lines)
            shipping = quote.shipping.minor if quote.shipping else 0
            if order.lifecycle is not Lifecycle.CANCELLED:
                assert quote.amount.minor == min(worth + shipping, plain.left)
            assert 0 < quote.amount.minor <= plain.left
            plain.on_its_way += quote.amount.minor
            plain.shipping_back += shipping
            for one in quote.lines:
                lines[one.line_id].settled += one.quantity
        self.did(name)

    # -- providers -------------------------------------------------------------------------------------------

    @precondition(lambda self: self.shop.asked())
    @rule(
        which=st.integers(min_value=0, max_value=20),
        state=st.sampled_from(["succeeded", "succeeded", "failed", "pending", "unknown"]),
        twice=st.booleans(),
    )
    def provider(self, which: int, state: str, twice: bool) -> None:
        asked = self.shop.asked()
        message = asked[which % len(asked)]
        name, request = self._about(message.body["payment"], message.body["transaction"])
        plain = self.known[name]
        was = request["state"]
        for _ in range(2 if twice else 1):
            self.shop.answer(message.body["transaction"], state)
        if was in {"submitting", "pending", "unknown"} and state in {"succeeded", "failed"}:
            self._settled(plain, name, request, state)
        elif (request["kind"], was, state) == ("refund", "succeeded", "failed"):
            plain.back -= request["amount"]
            plain.on_its_way += request["amount"]
            self._settled(plain, name, request, state)
        self.did(name)

    def _settled(self, plain: PlainOrder, name: str, request: dict[str, Any], state: str) -> None:
        amount = request["amount"]
        if request["kind"] == "refund":
            plain.on_its_way -= amount
            if state == "succeeded":
                plain.back += amount
            else:
                order = self.shop.orders.order(OrderId(name))
                refund = next(one for one in order.refunds if request["allocation_id"].startswith(one.id + ":"))
                for line, plain_line in zip(order.lines, plain.lines, strict=True):
                    plain_line.settled = line.refunded
                plain.shipping_back = sum(one.shipping for one in order.refunds)
                assert refund.state == "failed"
        elif state == "succeeded":
            plain.captured += amount
            plain.on_its_way += max(amount - (plain.total - plain.unowed), 0)

    def _about(self, payment: str, transaction: str) -> tuple[str, dict[str, Any]]:
        with self.shop.database.read() as db:
            sql = "SELECT p.order_id, t.* FROM payment_transactions t JOIN payments p ON p.id = t.payment_id WHERE t.id = ?"
            row = db.exec_driver_sql(sql, (transaction,)).mappings().one()
        return str(row["order_id"]), dict(row)

    def wish(self, order: Order, action: Action, chosen: dict[Any, int]) -> str:
        quote = self.shop.orders.quote(order, Wish(action, "", Selection(chosen)))
        return self.shop.execute(quote).result


def _scan(shop: Shop) -> Any:
    from tools.orders.model import TrackingEvent

    return TrackingEvent(shop.time, "delivered")


def _carrier() -> Any:
    from tools.orders.model import Actor

    return Actor("system", "carrier")


def _the_same_everywhere() -> AbstractContextManager[object]:
    """Hypothesis mixes in numbers of whatever modules are imported, so that the same seed would draw otherwise alone."""
    return patch.object(HypothesisProvider, "_maybe_draw_constant", return_value=None)


def run(examples: int, start: int = 0) -> int:
    Commands.ran = 0
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    chosen = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],  # a failure is told as it was found: shrinking takes minutes here
        suppress_health_check=quiet,
        print_blob=True,
    )
    with _the_same_everywhere():
        run_state_machine_as_test(seed(start)(Commands), settings=chosen)
    return Commands.ran


def test_a_few_hundred_random_commands_do_what_the_model_says() -> None:
    assert run(10) > 100


@pytest.mark.proof
def test_random_commands_do_what_the_model_says() -> None:
    wanted = 100_000 if os.environ.get("PROVE") == "full" else 10_000
    ran = run(wanted // 40)
    print(f"\nproof: {ran:,} random commands, each audited")  # noqa: T201
    assert ran >= wanted
