"""The order core against section 15 of its specification: each failure that other shops had, by its number.

Modes 1, 2, 7, 8 and 12 race threads here; test_races.py races processes, on SQLite and PostgreSQL.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from connectors.delivery import Delivery
from connectors.payments.asking import KINDS, Asking
from connectors.payments.sandbox import SandboxPayments
from tests.shop import Shop, euros
from tools.orders import axes, driver, ledger, quotes, refund_quotes, tables
from tools.orders.actions.baskets import HoldStock
from tools.orders.actions.bundles import DefineBundle
from tools.orders.actions.cancel import AnswerCancellation, InterceptOrder
from tools.orders.actions.claims import OpenClaim, ResolveClaim
from tools.orders.actions.customers import SaveMethod
from tools.orders.actions.disputes import CloseDispute, OpenDispute
from tools.orders.actions.fulfilment import (
    AdvanceFulfilment,
    CloseOrder,
    HoldOrder,
    MoveFulfilment,
    RecordScan,
    ShipOrder,
    StartFulfilment,
)
from tools.orders.actions.on_hold import RejectOrder, ReleaseOrder
from tools.orders.actions.payment_results import RecordPaymentResult
from tools.orders.actions.payments import AddPayment, CapturePayment, Pay
from tools.orders.actions.place import Wanted
from tools.orders.actions.refund_retries import RetryRefund
from tools.orders.actions.returns import InspectReturn, ReceiveReturn
from tools.orders.agreement import Action, Outcome, Quote, Result, Swap, Wish
from tools.orders.commands import Command, Done
from tools.orders.model import FulfilmentAxis, Lifecycle, Order, OrderId, PaymentAxis
from tools.orders.providers import Answer, Charge
from tools.orders.states import TRANSITIONS

ROOT = Path(__file__).parents[2]
SALE = Pay(kind="card", token="tok_a", mode="sale")
AUTHORIZE = Pay(kind="card", token="tok_a", mode="authorize")
TAX = 200_000
T = TypeVar("T")


@pytest.fixture
def unaudited(tmp_path: Path) -> Iterator[Shop]:
    """For defects that the auditor finds: the test asks it, so that the failure is the test's own."""
    made = Shop(tmp_path)
    yield made
    made.database.close()


# -- words of these tests ------------------------------------------------------------------------------------


def at_once(times: int, run: Callable[[int], T]) -> list[T]:
    """In as many threads; what one of them raises is raised here."""
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def now(shop: Shop, order: Order) -> Order:
    return shop.orders.order(order.id)


def wish(shop: Shop, order: Order, made: Wish) -> Quote:
    return shop.orders.quote(now(shop, order), made)


def change(shop: Shop, order: Order, *swaps: Swap, method: str | None = None) -> Outcome:
    return shop.execute(wish(shop, order, Wish(Action.CHANGE_ITEMS, swaps=swaps, method_id=method)))


def back(shop: Shop, order: Order) -> int:
    """What went back or is on its way, in cents."""
    return sum(one.refunded.minor + one.pending.minor for one in now(shop, order).tenders)


def captured(shop: Shop, order: Order) -> int:
    return sum(one.captured.minor for one in now(shop, order).tenders)


def settle(shop: Shop) -> None:
    """The provider grants everything, and what follows from it."""
    while shop.provider_answers():
        pass


def told(shop: Shop, order: Order) -> list[str]:
    return [event.type for event in shop.orders.events(order.id)]


def reserved(shop: Shop, sku: str) -> int:
    levels = tables.stock_levels
    with shop.database.read() as db:
        return int(db.execute(select(func.sum(levels.c.reserved)).where(levels.c.sku == sku)).scalar_one() or 0)


def held(shop: Shop) -> int:
    with shop.database.read() as db:
        chosen = select(func.count()).where(tables.reservations.c.state == "held")
        return int(db.execute(chosen).scalar_one())


def booked(shop: Shop, account: str) -> int:
    with shop.database.read() as db:
        return ledger.balance(db, account, "EUR")


def paypal(shop: Shop) -> None:
    shop.done(SaveMethod(customer_id="ana", method_id="tok_2", type="paypal"))


def gift_card(shop: Shop, balance: int) -> None:
    shop.done(SaveMethod(customer_id="ana", method_id="gc", type="gift_card", currency="EUR", balance=balance))


# -- stock ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [1, 3])
def test_01_two_checkouts_do_not_both_take_the_last_unit(shop: Shop, units: int) -> None:
    """1: N buyers of k units are exactly k orders; the others are kept, on hold, and say why."""
    shop.stock("lamp", units)
    placed = at_once(6, lambda _: shop.place(("lamp", 1)))
    assert Counter(one.lifecycle for one in placed) == {Lifecycle.CONFIRMED: units, Lifecycle.ON_HOLD: 6 - units}
    assert {one.hold_reason for one in placed if one.hold_reason} == {"stock: not enough of lamp"}
    assert (shop.orders.available("lamp"), reserved(shop, "lamp")) == (0, units)


def test_02_a_check_before_the_lock_neither_oversells_nor_deadlocks_in_opposite_order(shop: Shop) -> None:
    """2: orders that name the same variants the other way round lock them in one order."""
    shop.stock("lamp", 3)
    shop.stock("mug", 3)
    lines = [(("lamp", 1), ("mug", 1)), (("mug", 1), ("lamp", 1))]
    placed = at_once(8, lambda number: shop.place(*lines[number % 2]))
    assert sum(one.lifecycle is Lifecycle.CONFIRMED for one in placed) == 3
    assert (reserved(shop, "lamp"), reserved(shop, "mug")) == (3, 3)


def test_03_no_other_statement_than_the_conditional_update_changes_a_stock_level(shop: Shop) -> None:
    """3: in the sources there is one UPDATE, and every write of a whole order's life is that statement."""
    writing = re.compile(
        r"UPDATE\s+stock_levels|INTO\s+stock_levels|FROM\s+stock_levels"
        r"|(?:\bupdate|\binsert|\binsert_once|\bdelete|\.set|\.add)\(\s*(?:tables\.)?stock_levels|stock_levels\.(?:update|insert|delete)",
        re.IGNORECASE,
    )
    found = {
        path.relative_to(ROOT).as_posix(): writing.findall(path.read_text(encoding="utf-8"))
        for room in ("agent", "api", "connectors", "eval", "knowledge", "tools")
        for path in (ROOT / room).rglob("*.py")
        if "migrations" not in path.parts
    }
    writers = {path: hits for path, hits in found.items() if any(hit.upper()[:4] != "FROM" for hit in hits)}
    copies = {"tools/orders/sandbox.py": ["update(tables.stock_levels"]}  # of a database that is thrown away
    assert writers == copies | {"tools/orders/actions/levels.py": ["insert_once(stock_levels", "UPDATE stock_levels"]}

    seen: list[str] = []

    def record(sql: str, rows: Sequence[driver.Row]) -> None:
        if "stock_levels" in sql and not sql.startswith("INSERT"):
            seen.append(sql)

    driver.recorders.append(record)
    try:
        shop.stock("lamp", 5)
        shop.sent(("lamp", 2))
        shop.do(shop.place(("lamp", 1)), Action.CANCEL_ORDER)
    finally:
        driver.recorders.remove(record)
    assert len(seen) == 5
    assert all(sql.startswith("UPDATE stock_levels SET ") and " WHERE sku = " in sql for sql in seen)
    taking = [sql for sql in seen if "reserved = reserved + " in sql and "on_hand - reserved" in sql]
    assert len(taking) == 2


def test_04_two_lines_of_one_sku_are_checked_against_what_the_first_took(shop: Shop) -> None:
    """4: each unit is promised once, however many lines want it."""
    shop.stock("lamp", 3)
    short = shop.place(("lamp", 2), ("lamp", 2))
    assert (short.lifecycle, short.hold_reason) == (Lifecycle.ON_HOLD, "stock: not enough of lamp")
    shop.done(RejectOrder(order_id=short.id, reason="out of stock"))
    shop.stock("lamp", 1)
    assert shop.place(("lamp", 2), ("lamp", 2)).lifecycle is Lifecycle.CONFIRMED
    assert (shop.orders.available("lamp"), reserved(shop, "lamp")) == (0, 4)


@pytest.mark.parametrize(("mugs", "lifecycle"), [(3, Lifecycle.ON_HOLD), (4, Lifecycle.CONFIRMED)])
def test_04_a_bundle_and_its_own_component_do_not_count_the_same_unit_twice(
    shop: Shop, mugs: int, lifecycle: Lifecycle
) -> None:
    """4: the bundle of two mugs and two mugs beside it need four."""
    shop.done(DefineBundle(sku="shirt", components={"mug": 2}))
    shop.stock("mug", mugs)
    order = shop.place(("shirt", 1), ("mug", 2))
    assert order.lifecycle is lifecycle
    assert reserved(shop, "mug") <= mugs


class StepFailed(RuntimeError):
    pass


def test_05_whichever_step_of_a_checkout_fails_no_order_reservation_or_payment_is_left(shop: Shop) -> None:
    """5: every statement fails once; nothing is left, and the same key then does it all."""
    shop.stock("lamp", 2)
    shop.stock("mug", 2)
    wanted = shop.wanted(("lamp", 2), ("mug", 1), external="STEPS", payments=(SALE,))
    left = 0

    def fail(sql: str, rows: Sequence[driver.Row]) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise StepFailed(sql)

    driver.recorders.append(fail)
    try:
        for step in range(1, 60):
            left = step
            try:
                answer = shop.command(wanted, "checkout")
                break
            except StepFailed:
                assert (shop.orders.count(), held(shop), shop.asked()) == (0, 0, [])
                assert (shop.orders.available("lamp"), shop.orders.available("mug")) == (2, 2)
    finally:
        driver.recorders.remove(fail)
    assert isinstance(answer, Done)
    assert step > 8
    assert (shop.orders.count(), held(shop), len(shop.asked())) == (1, 2, 1)


@pytest.mark.parametrize(
    ("payments", "rule"),
    [
        ((Pay(kind="gift_card", token="unknown"),), "PAY-3"),
        ((Pay(kind="card", token="4242424242424242"),), "PAY-1"),
        ((Pay(kind="card", token="t", amount=1000), Pay(kind="store_credit", token="none")), "PAY-3"),
    ],
)
def test_05_a_payment_that_is_refused_leaves_no_order_and_keeps_the_baskets_hold(
    shop: Shop, payments: tuple[Pay, ...], rule: str
) -> None:
    """5: the basket had its unit before, and has it still."""
    shop.stock("lamp", 1)
    shop.done(HoldStock(sku="lamp", quantity=1, reference="basket"))
    assert shop.refusal(shop.wanted(("lamp", 1), payments=payments, basket="basket")).rule == rule
    assert (shop.orders.count(), held(shop), reserved(shop, "lamp"), shop.asked()) == (0, 1, 1, [])
    assert shop.place(("lamp", 1), basket="basket").lifecycle is Lifecycle.CONFIRMED


def _cancelled(shop: Shop) -> None:
    shop.do(shop.place(("lamp", 2)), Action.CANCEL_ORDER)


def _cancelled_in_parts(shop: Shop) -> None:
    order = shop.place(("lamp", 2))
    for _ in range(2):
        shop.do(now(shop, order), Action.CANCEL_ORDER, units={1: 1})


def _stopped(shop: Shop) -> None:
    order = shop.place(("lamp", 2))
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(InterceptOrder(order_id=order.id))
    assert reserved(shop, "lamp") == 2
    shop.done(AnswerCancellation(order_id=order.id, accepted=True))


def _rejected(shop: Shop) -> None:
    order = shop.place(("lamp", 2), total=1)
    assert (order.lifecycle, reserved(shop, "lamp")) == (Lifecycle.ON_HOLD, 2)
    shop.done(RejectOrder(order_id=order.id, reason="fraud"))


def _changed(shop: Shop) -> None:
    order = shop.place(("lamp", 2))
    change(shop, order, Swap(order.lines[0].id, 2, "mug"))


def _withdrawn(shop: Shop) -> None:
    shop.do(shop.place(("lamp", 2)), Action.WITHDRAW)


def _expired(shop: Shop) -> None:
    shop.done(HoldStock(sku="lamp", quantity=2, reference="basket"))
    shop.later(hours=2)
    assert shop.orders.expire_holds() == 1


def _moved_and_cancelled(shop: Shop) -> None:
    order = shop.place(("lamp", 1), ("lamp", 1))
    shop.stock("lamp", 2, "east")
    shop.done(MoveFulfilment(order_id=order.id, work_id=order.work[0].id, location_id="east"))
    assert reserved(shop, "lamp") == 2
    shop.do(now(shop, order), Action.CANCEL_ORDER)
    assert shop.orders.available("lamp") == 4
    shop.sent(("lamp", 2))


UNDONE = (
    _cancelled,
    _cancelled_in_parts,
    _stopped,
    _rejected,
    _changed,
    _withdrawn,
    _expired,
    _moved_and_cancelled,
)


@pytest.mark.parametrize("undo", UNDONE, ids=[one.__name__[1:] for one in UNDONE])
def test_06_whatever_undoes_a_sale_gives_its_stock_back_and_no_more(shop: Shop, undo: Callable[[Shop], None]) -> None:
    """6: reserved falls to zero and never below."""
    shop.stock("lamp", 2)
    undo(shop)
    assert (shop.orders.available("lamp"), reserved(shop, "lamp"), held(shop)) == (2, 0, 0)


def test_06_a_cancellation_that_the_warehouse_refused_loses_no_reservation(shop: Shop) -> None:
    """6: what was still to be sent is still reserved, and leaves the stock once."""
    shop.stock("lamp", 2)
    order = shop.place(("lamp", 2))
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(InterceptOrder(order_id=order.id))
    shop.done(AnswerCancellation(order_id=order.id, accepted=False))
    assert reserved(shop, "lamp") == 2
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    assert (reserved(shop, "lamp"), shop.orders.available("lamp"), back(shop, order)) == (0, 0, 0)


def test_07_no_allocation_is_lost_while_orders_come_and_go(shop: Shop) -> None:
    """7: every second order is cancelled again; each that stays has its unit."""
    shop.stock("lamp", 30)

    def come_and_go(_: int) -> list[Order]:
        kept = [shop.place(("lamp", 1)) for _ in range(4)]
        for order in kept[::2]:
            assert shop.do(order, Action.CANCEL_ORDER).result is Result.DONE
        return kept[1::2]

    kept = [order for some in at_once(4, come_and_go) for order in some]
    assert len(kept) == 8
    assert (held(shop), reserved(shop, "lamp"), shop.orders.available("lamp")) == (8, 8, 22)


# -- refunds and providers -----------------------------------------------------------------------------------


def test_08_two_refunds_at_once_of_sixty_of_a_hundred_pay_one(shop: Shop) -> None:
    """8: the second is told that its quote changed, or that nothing is left."""
    order = shop.sent(("shirt", 5))
    assert order.total == euros("100.00")
    made = shop.quote(order, Action.REFUND, "damaged", {1: 3})
    assert made.amount == euros("60.00")
    results = [one.result for one in at_once(4, lambda number: shop.execute(made, key=f"race-{number}"))]
    assert results.count(Result.DONE) == 1
    assert back(shop, order) == 6000


@pytest.mark.parametrize("units", [1, 2])
def test_09_a_double_click_or_a_page_refresh_refunds_once(shop: Shop, units: int) -> None:
    """9: the same key gives the same answer; another key with the same quote does nothing, even where units are left."""
    order = shop.sent(("shirt", 2))
    made = shop.quote(order, Action.REFUND, "damaged", {1: units})
    first = shop.execute(made, key="click")
    assert shop.execute(made, key="click") == first
    settle(shop)
    assert shop.execute(made, key="click") == first
    again = shop.execute(made, key="refresh")
    assert again.result in {Result.CHANGED, Result.REFUSED}
    assert (back(shop, order), len(now(shop, order).refunds)) == (2000 * units, 1)


def _cancel_one_of_an_authorised_order(shop: Shop) -> tuple[Quote, Callable[[], int]]:
    order = shop.place(("shirt", 3), payments=(AUTHORIZE,))
    settle(shop)
    return shop.quote(order, Action.CANCEL_ORDER, units={1: 1}), lambda: now(shop, order).lines[0].cancelled


def _return_one(shop: Shop) -> tuple[Quote, Callable[[], int]]:
    order = shop.sent(("shirt", 3))
    return shop.quote(order, Action.REQUEST_RETURN, units={1: 1}), lambda: len(now(shop, order).returns)


def _change_one(shop: Shop) -> tuple[Quote, Callable[[], int]]:
    gift_card(shop, 9000)
    order = shop.place(("shirt", 2))
    swaps = (Swap(order.lines[0].id, 1, "lamp"),)
    made = wish(shop, order, Wish(Action.CHANGE_ITEMS, swaps=swaps, method_id="gc"))
    assert made.charge == euros("30.00")
    return made, lambda: len(now(shop, order).tenders) - 1


CLICKS = (_cancel_one_of_an_authorised_order, _return_one, _change_one)


@pytest.mark.parametrize("click", CLICKS, ids=[one.__name__[1:] for one in CLICKS])
def test_09_one_agreement_is_executed_once_also_where_it_refunds_nothing(
    shop: Shop, click: Callable[[Shop], tuple[Quote, Callable[[], int]]]
) -> None:
    """9: a page refresh does not cancel, return or change a second unit."""
    made, effects = click(shop)
    assert shop.execute(made, key="click").result is Result.DONE
    assert effects() == 1
    assert shop.execute(made, key="refresh").result is not Result.DONE
    assert effects() == 1


@pytest.mark.parametrize("first", ["webhook", "answer"])
def test_10_a_webhook_before_the_providers_own_answer_makes_no_second_refund(shop: Shop, first: str) -> None:
    """10: the webhook comes while the call is under way, or after it."""

    def webhook(charge: Charge) -> None:
        shop.answer(charge.key, "succeeded", f"re_{charge.key}")

    def provider(kind: str, charge: Charge) -> Answer:
        asked.append(charge)
        if first == "webhook":
            webhook(charge)
        return Answer("succeeded", f"re_{charge.key}")

    asked: list[Charge] = []
    sandbox = SandboxPayments(provider)
    delivery = Delivery(shop.database, dict.fromkeys(KINDS, Asking(shop.orders, sandbox).carry), lambda: shop.time)
    order = shop.sent(("shirt", 1))
    shop.do(order, Action.REFUND, "damaged")
    assert delivery.run_once() == 1
    webhook(asked[0])
    assert delivery.run_once() == 0
    after = now(shop, order)
    assert [(one.state, one.amount) for one in after.refunds] == [("succeeded", euros("20.00"))]
    assert (len(asked), after.tenders[0].refunded, after.payment) == (1, euros("20.00"), PaymentAxis.REFUNDED)
    assert told(shop, order).count("refund.succeeded") == 1


def test_11_a_webhook_before_its_order_exists_is_refused_and_has_its_effect_when_sent_again(shop: Shop) -> None:
    """11: never acknowledged and lost; the refusal has not used up its key."""
    twin = shop.place(("shirt", 1), external="TWIN", payments=(SALE,))
    (asked,) = shop.asked()
    webhook = RecordPaymentResult(
        transaction=asked.body["transaction"].replace("TWIN", "LATE"), state="succeeded", reference="ch_late"
    )
    assert shop.refusal(webhook, "evt_1").rule == "FND-1"
    order = shop.place(("shirt", 1), external="LATE", payments=(SALE,))
    assert captured(shop, order) == 0
    shop.done(webhook, "evt_1")
    assert (now(shop, order).payment, captured(shop, twin)) == (PaymentAxis.PAID, 0)
    scan = RecordScan(tracking="T77", code="in_transit", at=shop.time)
    assert shop.refusal(scan, "scan_1").rule == "FND-1"
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T77"))
    assert shop.done(scan, "scan_1")["fresh"] is True


def test_12_three_webhooks_at_once_and_the_confirmation_capture_once(shop: Shop) -> None:
    """12: each delivery has a key of its own, as webhooks do."""
    order = shop.place(("shirt", 1), payments=(SALE,))
    (asked,) = shop.asked()
    answers = at_once(4, lambda _: shop.answer(asked.body["transaction"], "succeeded", "ch_1"))
    assert all(isinstance(one, Done) for one in answers)
    after = now(shop, order)
    assert (captured(shop, order), after.receivable, after.payment) == (2000, 0, PaymentAxis.PAID)
    assert told(shop, order).count("payment.captured") == 1
    assert booked(shop, "psp_clearing:sandbox") == 2000


def test_12_three_captures_at_once_of_one_authorisation_ask_once(shop: Shop) -> None:
    """12: three settlements of one payment."""
    order = shop.place(("shirt", 2), payments=(AUTHORIZE,))
    settle(shop)
    answers = at_once(3, lambda _: shop.command(CapturePayment(order_id=order.id)))
    assert sorted(type(one).__name__ for one in answers) == ["Done", "Refusal", "Refusal"]
    assert [one.body["amount"] for one in shop.asked()] == [4000]
    settle(shop)
    assert (captured(shop, order), now(shop, order).receivable) == (4000, 0)


def test_13_a_provider_that_fails_is_not_told_as_success_and_the_ledger_is_reversed(shop: Shop) -> None:
    """13: the refund says failed, and every account is as before it."""
    order = shop.sent(Wanted(sku="shirt", quantity=1, tax_ppm=TAX), shipping=490)
    accounts = ("sales", "refunds", "tax_payable", "shipping", "refund_clearing", "psp_clearing:sandbox")
    before = {account: booked(shop, account) for account in accounts}
    outcome = shop.do(order, Action.REFUND, "damaged")
    assert (outcome.settled, outcome.quote.amount) == (False, euros("28.90"))
    assert booked(shop, "refund_clearing") == -2890
    shop.answer(shop.asked()[0].body["transaction"], "failed", code="insufficient_funds")
    after = now(shop, order)
    assert ([one.state for one in after.refunds], after.payment) == (["failed"], PaymentAxis.PAID)
    assert {account: booked(shop, account) for account in accounts} == before
    assert "refund.failed" in told(shop, order)
    assert "refund.succeeded" not in told(shop, order)


def test_14_a_failed_refund_is_refundable_again_to_the_cent_and_only_once(shop: Shop) -> None:
    """14: its units and its money; what was paid then is not paid by a retry of the first."""
    order = shop.sent(Wanted(sku="mug", quantity=3, discount=2150))
    shop.do(order, Action.REFUND, "damaged", {1: 2})
    shop.provider_answers(succeeded=False)
    failed = now(shop, order)
    assert (failed.lines[0].refunded, failed.tenders[0].refundable, back(shop, order)) == (0, 1000, 0)
    assert shop.do(order, Action.REFUND, "damaged").quote.amount == euros("10.00")
    settle(shop)
    assert shop.refusal(RetryRefund(refund_id=failed.refunds[0].id)).rule == "REF-3"
    assert (back(shop, order), now(shop, order).payment) == (1000, PaymentAxis.REFUNDED)


def test_14_the_failed_refund_of_a_change_is_settled_by_a_later_cancel(unaudited: Shop) -> None:
    """14, 22: a lamp became a shirt, its difference could not be paid back, then the order is cancelled."""
    shop = unaudited
    order = shop.place(("lamp", 1))
    change(shop, order, Swap(order.lines[0].id, 1, "shirt"))
    shop.provider_answers(succeeded=False)
    assert now(shop, order).receivable == -3000
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).quote.amount == euros("50.00")
    settle(shop)
    assert (back(shop, order), now(shop, order).receivable) == (5000, 0)
    shop.audit()


def _no_longer_wanted(shop: Shop, order: Order) -> None:
    shop.done(HoldOrder(order_id=order.id, reason="fraud"))
    shop.done(RejectOrder(order_id=order.id, reason="fraud"))


def _stopped_in_time(shop: Shop, order: Order) -> None:
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(InterceptOrder(order_id=order.id))
    shop.done(AnswerCancellation(order_id=order.id, accepted=True))


def _withdrawn_from(shop: Shop, order: Order) -> None:
    shop.do(order, Action.WITHDRAW)


@pytest.mark.parametrize(("end", "kept"), [(_no_longer_wanted, 0), (_stopped_in_time, 0), (_withdrawn_from, 1000)])
def test_14_what_a_failed_refund_left_goes_back_when_nothing_of_the_order_is_sent(
    shop: Shop, end: Callable[[Shop, Order], None], kept: int
) -> None:
    """14: a lamp was cancelled and not paid back; the end of the order pays it too, and a retry pays nothing more.

    A withdrawal keeps what an express delivery cost beyond the standard one (R7).
    """
    order = shop.place(("lamp", 1), ("shirt", 2), shipping=1490, standard_shipping=490)
    shop.do(order, Action.CANCEL_ORDER, units={1: 1})
    shop.provider_answers(succeeded=False)
    failed = now(shop, order).refunds[0]
    end(shop, now(shop, order))
    settle(shop)
    assert (failed.state, back(shop, order)) == ("failed", 9000 + 1490 - kept)
    assert shop.refusal(RetryRefund(refund_id=failed.id)).rule == "REF-3"


def _by_a_retry(shop: Shop, order: Order) -> None:
    shop.done(RetryRefund(refund_id=order.refunds[0].id))


def _by_asking_again(shop: Shop, order: Order) -> None:
    assert shop.do(order, Action.REFUND).quote.amount == euros("50.00")


@pytest.mark.parametrize("paid_back", [_by_a_retry, _by_asking_again])
def test_14_what_was_taken_after_a_cancel_and_failed_to_go_back_is_a_debt_until_it_does(
    shop: Shop, paid_back: Callable[[Shop, Order], None]
) -> None:
    """14, 12: the capture comes after the cancel, its refund fails; nothing is owed on the order, the shop owes it."""
    order = shop.place(("lamp", 1), payments=(SALE,))
    payable, receivable = f"customer_payable:{order.id}", f"customer_receivable:{order.id}"
    shop.do(order, Action.CANCEL_ORDER)
    shop.provider_answers()
    shop.provider_answers(succeeded=False)
    assert (booked(shop, payable), booked(shop, receivable), now(shop, order).receivable) == (-5000, 0, -5000)
    shop.audit()
    paid_back(shop, now(shop, order))
    settle(shop)
    assert (booked(shop, payable), booked(shop, receivable), booked(shop, "refunds")) == (0, 0, 0)
    assert (back(shop, order), now(shop, order).payment) == (5000, PaymentAxis.REFUNDED)


def disputed(shop: Shop, order: Order, amount: int) -> Order:
    tender = order.tenders[0].payment_id
    shop.done(OpenDispute(order_id=order.id, payment_id=tender, amount=amount, reference=f"dp-{order.id}"))
    return now(shop, order)


@pytest.mark.parametrize("amount", [500, 4000])
def test_15_an_open_dispute_blocks_the_refund_and_a_lost_one_counts(shop: Shop, amount: int) -> None:
    """15: refund and chargeback are never both paid, also not by a retry."""
    order = shop.sent(("shirt", 2))
    shop.do(order, Action.REFUND, "damaged")
    shop.provider_answers(succeeded=False)
    refund = now(shop, order).refunds[0]
    disputed(shop, order, amount)
    gesture = wish(shop, order, Wish(Action.REFUND, refund_quotes.GOODWILL, goodwill=100))
    for made in (shop.quote(order, Action.REFUND, "damaged"), gesture):
        assert (shop.execute(made).ruling.rule, made.amount.minor) == ("REF-8", 0)
    assert shop.refusal(RetryRefund(refund_id=refund.id)).rule == "REF-8"
    assert shop.quote(disputed(shop, shop.place(("shirt", 1)), 2000), Action.CANCEL_ORDER).ruling.rule == "REF-8"
    shop.done(CloseDispute(order_id=order.id, reference=f"dp-{order.id}", won=False))
    rest = shop.do(order, Action.REFUND, "damaged").quote.amount.minor
    assert rest == 4000 - amount
    assert (back(shop, order), booked(shop, "chargeback_loss")) == (4000 - amount, amount)


def _withdraw(shop: Shop) -> Order:
    order = disputed(shop, shop.place(("shirt", 2)), 500)
    shop.do(order, Action.WITHDRAW)
    return order


def _cheaper(shop: Shop) -> Order:
    order = disputed(shop, shop.place(("shirt", 2)), 500)
    change(shop, order, Swap(order.lines[0].id, 1, "mug"))
    return order


def _other_method(shop: Shop) -> Order:
    paypal(shop)
    order = disputed(shop, shop.place(("shirt", 2)), 500)
    shop.execute(wish(shop, order, Wish(Action.CHANGE_PAYMENT, method_id="tok_2")))
    settle(shop)
    return order


def _reject(shop: Shop) -> Order:
    order = disputed(shop, shop.place(("shirt", 2)), 500)
    shop.done(HoldOrder(order_id=order.id, reason="fraud"))
    shop.command(RejectOrder(order_id=order.id, reason="fraud"))
    return order


def _intercept(shop: Shop) -> Order:
    order = disputed(shop, shop.place(("shirt", 2)), 500)
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(InterceptOrder(order_id=order.id))
    shop.command(AnswerCancellation(order_id=order.id, accepted=True))
    return order


def _claim(shop: Shop) -> Order:
    order = disputed(shop, shop.sent(("shirt", 2)), 500)
    claim = shop.done(OpenClaim(order_id=order.id, kind="damaged", units={order.lines[0].id: 1}))["claim"]
    shop.command(ResolveClaim(order_id=order.id, claim_id=claim, resolution="refund"))
    return order


WAYS_ROUND = (_withdraw, _cheaper, _other_method, _reject, _intercept, _claim)


@pytest.mark.parametrize("way", WAYS_ROUND, ids=[one.__name__[1:] for one in WAYS_ROUND])
def test_15_nothing_of_a_disputed_order_is_refunded_by_another_door(shop: Shop, way: Callable[[Shop], Order]) -> None:
    """15, REF-8: while the bank disputes a part of a payment, nothing of the order is refunded."""
    assert back(shop, way(shop)) == 0


# -- amounts -------------------------------------------------------------------------------------------------


def test_16_the_orders_discount_is_not_spread_again_over_the_lines_that_stay(shop: Shop) -> None:
    """16, R1: cancelled line by line, each gives what it was sold for; together it is what was paid."""
    order = shop.place(("shirt", 1), ("mug", 1), ("lamp", 1), discount=1000)
    sold = [line.net.minor for line in order.lines]
    assert sold == [1751, 920, 4379]  # 1000 cents over 2000 : 1050 : 5000, by largest remainder
    amounts = []
    for position in (2, 1, 3):
        amounts.append(shop.do(now(shop, order), Action.CANCEL_ORDER, units={position: 1}).quote.amount.minor)
        settle(shop)
        assert [line.net.minor for line in now(shop, order).lines] == sold
    assert amounts == [920, 1751, 4379]
    assert (back(shop, order), now(shop, order).lifecycle) == (order.total.minor, Lifecycle.CANCELLED)


def test_17_an_item_is_refunded_at_what_was_paid_not_at_its_list_price(shop: Shop) -> None:
    """17, R2, R4: its own discount and its share of the order's are taken off, whether cancelled or returned."""
    lines = (Wanted(sku="lamp", quantity=2, discount=1000), Wanted(sku="shirt", quantity=1))
    kept = shop.place(*lines, discount=1100)
    assert [line.net.minor for line in kept.lines] == [8100, 1800]
    assert shop.do(kept, Action.CANCEL_ORDER, units={1: 1}).quote.amount == euros("40.50")
    sent = shop.sent(*lines, discount=1100)
    promised = shop.do(sent, Action.REQUEST_RETURN, units={1: 1}).quote.amount
    shop.come_back(sent)
    assert shop.do(sent, Action.REFUND).quote.amount == promised == euros("40.50")


@pytest.mark.parametrize(
    ("included", "total", "net", "tax"),
    [(False, 11400, 9500, 1900), (True, 9500, 7917, 1583)],
    ids=["on top", "included"],
)
def test_18_the_tax_of_a_discount_is_counted_once(shop: Shop, included: bool, total: int, net: int, tax: int) -> None:
    """18, R3: two lamps less 5.00; the full refund is what was paid, and takes back all of the tax and no more."""
    order = shop.sent(Wanted(sku="lamp", quantity=2, tax_ppm=TAX), discount=500, prices_include_tax=included)
    line = order.lines[0]
    assert (order.total.minor, line.net.minor, line.tax.minor) == (total, net, tax)
    assert booked(shop, "tax_payable") == -tax
    parts = []
    for _ in range(2):
        parts.append(shop.do(now(shop, order), Action.REFUND, "damaged", {1: 1}).quote.amount.minor)
        settle(shop)
    assert (sum(parts), captured(shop, order), back(shop, order)) == (total, total, total)
    assert booked(shop, "tax_payable") == 0
    assert booked(shop, "refunds") == net


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("parts", [(7,), (1, 6), (3, 3, 1), (1, 1, 1, 1, 1, 1, 1)])
def test_19_a_full_refund_in_any_parts_is_what_was_paid_to_the_cent_and_never_blocked(
    shop: Shop, parts: tuple[int, ...], included: bool
) -> None:
    """19, R15: seven units for an amount that seven does not divide, with tax at 5.5 % and delivery."""
    line = Wanted(sku="mug", quantity=7, discount=333, tax_ppm=55_000)
    order = shop.sent(line, ("shirt", 1), discount=101, shipping=490, shipping_tax=98, prices_include_tax=included)
    for units in parts:
        outcome = shop.do(now(shop, order), Action.REFUND, "damaged", {1: units})
        assert outcome.result is Result.DONE
        settle(shop)
    last = shop.do(now(shop, order), Action.REFUND, "damaged")
    assert last.result is Result.DONE
    settle(shop)
    assert (back(shop, order), now(shop, order).payment) == (order.total.minor, PaymentAxis.REFUNDED)
    assert booked(shop, "tax_payable") == 0


def test_19_half_of_an_odd_amount_is_not_rounded_up_twice(shop: Shop) -> None:
    """19: two units for 1.03 are not two refunds of 0.52."""
    order = shop.sent(Wanted(sku="mug", quantity=2, discount=1997))
    assert order.total == euros("1.03")
    parts = [shop.do(now(shop, order), Action.REFUND, "damaged", {1: 1}).quote.amount.minor for _ in range(2)]
    assert sorted(parts) == [51, 52]


def test_20_units_that_were_announced_and_did_not_arrive_are_not_paid(shop: Shop) -> None:
    """20, R6: three announced, two arrived, one accepted; the missing one is not paid later either."""
    order = shop.sent(("shirt", 3))
    line = order.lines[0].id
    assert shop.do(order, Action.REQUEST_RETURN).quote.amount == euros("60.00")
    rma = now(shop, order).returns[0]
    assert shop.quote(order, Action.REFUND).ruling.allowed is False
    shop.done(ReceiveReturn(return_id=rma.id, units={line: 2}, last=True))
    assert shop.quote(order, Action.REFUND).ruling.allowed is False
    assert shop.refusal(InspectReturn(return_id=rma.id, accepted={line: 3})).rule == "RET-7"
    shop.done(InspectReturn(return_id=rma.id, accepted={line: 1}))
    assert shop.do(order, Action.REFUND).quote.amount == euros("20.00")
    settle(shop)
    assert shop.do(order, Action.REFUND).result is Result.REFUSED
    assert back(shop, order) == 2000


def test_21_the_label_that_was_agreed_to_is_deducted_once_for_each_return(shop: Shop) -> None:
    """21, R7: its own account; never for a fault or a withdrawal."""
    shop.terms = shop.terms.model_copy(update={"return_label_fee": 490})
    order = shop.sent(("shirt", 2))
    for _ in range(2):
        promised = shop.do(now(shop, order), Action.REQUEST_RETURN, units={1: 1}).quote
        shop.come_back(order)
        assert shop.do(now(shop, order), Action.REFUND).quote.amount == promised.amount == euros("15.10")
        settle(shop)
    assert (back(shop, order), booked(shop, "restocking_fee")) == (3020, -980)
    for action, reason in ((Action.REQUEST_RETURN, "damaged"), (Action.WITHDRAW, "")):
        free = shop.sent(("shirt", 1))
        assert shop.do(free, action, reason).quote.fee is None
        shop.come_back(free)
        assert shop.do(free, Action.REFUND).quote.amount == euros("20.00")


def test_22_after_each_change_what_is_owed_and_what_can_go_back_are_right(shop: Shop) -> None:
    """22, I7: dearer, its charge fails and is paid another way, cheaper, more, and cancelled for all that was paid."""
    order = shop.place(("shirt", 2), shipping=490)

    def stands(total: int, owed: int) -> None:
        shop.audit()
        after = now(shop, order)
        assert (after.total.minor, after.receivable) == (total, owed)
        assert sum(one.refundable for one in after.tenders) == total - owed

    stands(4490, 0)
    change(shop, order, Swap(order.lines[0].id, 1, "lamp"))
    stands(7490, 3000)
    shop.provider_answers(succeeded=False)
    stands(7490, 3000)
    shop.done(AddPayment(order_id=order.id, payment=SALE))
    settle(shop)
    stands(7490, 0)
    lamp = next(line for line in now(shop, order).lines if line.sku == "lamp")
    assert change(shop, order, Swap(lamp.id, 1, "mug")).quote.amount == euros("39.50")
    settle(shop)
    stands(3540, 0)
    change(shop, order, Swap(order.lines[0].id, 0, "shirt", 1))
    settle(shop)
    stands(5540, 0)
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).quote.amount == euros("55.40")
    settle(shop)
    assert back(shop, order) == captured(shop, order)


def test_22_a_charge_that_arrives_after_the_order_was_cancelled_goes_back(shop: Shop) -> None:
    """22: the difference was asked for and not answered yet; in the end nobody owes anything."""
    order = shop.place(("shirt", 2))
    change(shop, order, Swap(order.lines[0].id, 1, "lamp"))
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).quote.amount == euros("40.00")
    settle(shop)
    assert (captured(shop, order), back(shop, order), now(shop, order).receivable) == (7000, 7000, 0)


# -- cancel, units, bundles ----------------------------------------------------------------------------------


def test_23_a_refund_a_return_and_a_cancel_restock_each_unit_once(shop: Shop) -> None:
    """23: one of three is cancelled, one is refunded without coming back, one comes back."""
    shop.stock("shirt", 3)
    order = shop.place(("shirt", 3))
    shop.do(order, Action.CANCEL_ORDER, units={1: 1})
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    shop.scan(order, "delivered", shop.time)
    assert shop.orders.available("shirt") == 1
    shop.do(now(shop, order), Action.REFUND, "damaged", {1: 1})
    settle(shop)
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).ruling.rule == "CAN-2"
    assert shop.orders.available("shirt") == 1
    shop.do(now(shop, order), Action.REQUEST_RETURN)
    rma = now(shop, order).returns[0]
    assert dict(rma.lines) == {order.lines[0].id: 1}
    shop.come_back(order)
    assert shop.orders.available("shirt") == 2
    assert shop.refusal(InspectReturn(return_id=rma.id, accepted=dict(rma.lines))).rule == "RET-6"
    assert shop.refusal(ReceiveReturn(return_id=rma.id, units=dict(rma.lines))).rule == "RET-7"
    shop.do(now(shop, order), Action.REFUND)
    settle(shop)
    assert (shop.orders.available("shirt"), back(shop, order)) == (2, 6000)


def test_24_cancelling_an_item_ships_nothing_and_gives_its_stock_back(shop: Shop) -> None:
    """24: by units, also while the rest is on its way."""
    shop.stock("lamp", 2)
    order = shop.place(("lamp", 2), ("mug", 1))
    shop.do(order, Action.CANCEL_ORDER, units={1: 1})
    after = now(shop, order)
    assert (after.shipments, after.fulfilment) == ((), FulfilmentAxis.UNFULFILLED)
    assert [(line.cancelled, line.shipped, line.open) for line in after.lines] == [(1, 0, 1), (0, 0, 1)]
    assert shop.orders.available("lamp") == 1
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    after = now(shop, order)
    assert dict(after.shipments[0].lines) == {order.lines[0].id: 1, order.lines[1].id: 1}
    assert [(line.cancelled, line.shipped, line.open) for line in after.lines] == [(1, 1, 0), (0, 1, 0)]
    assert (shop.orders.available("lamp"), after.fulfilment) == (1, FulfilmentAxis.SHIPPED)


def test_24_withdrawing_from_one_line_leaves_the_other_to_be_sent(shop: Shop) -> None:
    """24: what was agreed to is what is done."""
    order = shop.place(("shirt", 1), ("mug", 1))
    outcome = shop.do(order, Action.WITHDRAW, units={1: 1})
    assert (outcome.result, outcome.quote.amount) == (Result.DONE, euros("20.00"))
    after = now(shop, order)
    assert [line.cancelled for line in after.lines] == [1, 0]
    assert (after.lifecycle, back(shop, order)) == (Lifecycle.CONFIRMED, 2000)


@pytest.mark.parametrize("answered", [True, False])
def test_25_an_order_with_a_refund_is_cancelled_for_the_remainder(shop: Shop, answered: bool) -> None:
    """25: after a gesture and a part, whether the provider has answered or not."""
    order = shop.place(("shirt", 2), shipping=490)
    shop.execute(wish(shop, order, Wish(Action.REFUND, refund_quotes.GOODWILL, goodwill=500)))
    shop.do(now(shop, order), Action.CANCEL_ORDER, units={1: 1})
    if answered:
        settle(shop)
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).quote.amount == euros("19.90")
    settle(shop)
    assert (back(shop, order), captured(shop, order)) == (4490, 4490)
    assert now(shop, order).lifecycle is Lifecycle.CANCELLED


def test_26_a_cancel_refunds_what_was_paid_though_no_unit_is_open_afterwards(shop: Shop) -> None:
    """26: the amount is computed before the units are taken out; with tax, discount and delivery."""
    order = shop.place(Wanted(sku="lamp", quantity=2, tax_ppm=TAX), ("mug", 1), discount=700, shipping=490)
    outcome = shop.do(order, Action.CANCEL_ORDER)
    after = now(shop, order)
    assert outcome.quote.amount == order.total
    assert [line.open for line in after.lines] == [0, 0]
    assert [one.amount for one in after.refunds] == [order.total]
    assert dict(after.refunds[0].lines) == {order.lines[0].id: 2, order.lines[1].id: 1}


def test_27_a_line_is_cancelled_again_and_again_and_an_edited_quantity_is_refundable(shop: Shop) -> None:
    """27: four units, one cancelled twice, one more bought, the rest cancelled; each at what it cost."""
    order = shop.place(Wanted(sku="mug", quantity=4, discount=1))
    parts = []
    for _ in range(2):
        parts.append(shop.do(now(shop, order), Action.CANCEL_ORDER, units={1: 1}).quote.amount.minor)
    assert parts == [1050, 1050]
    assert change(shop, order, Swap(order.lines[0].id, 0, "mug", 2)).quote.charge == euros("21.00")
    settle(shop)
    more = now(shop, order).lines[1]
    assert shop.do(now(shop, order), Action.CANCEL_ORDER, units={more.position: 1}).quote.amount == euros("10.50")
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).quote.amount == euros("31.49")
    settle(shop)
    assert back(shop, order) == captured(shop, order) == 6299


def test_28_cancelling_or_returning_a_bundle_gives_its_components_back(shop: Shop) -> None:
    """28: two lamps are four shirts and two mugs; one is cancelled, one is sent and comes back."""
    shop.done(DefineBundle(sku="lamp", components={"shirt": 2, "mug": 1}))
    shop.stock("shirt", 4)
    shop.stock("mug", 2)

    def here() -> tuple[int, int]:
        return shop.orders.available("shirt"), shop.orders.available("mug")

    order = shop.place(("lamp", 2))
    assert here() == (0, 0)
    shop.do(order, Action.CANCEL_ORDER, units={1: 1})
    assert here() == (2, 1)
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    shop.scan(order, "delivered", shop.time)
    assert (here(), reserved(shop, "shirt"), reserved(shop, "mug")) == ((2, 1), 0, 0)
    shop.do(now(shop, order), Action.REQUEST_RETURN)
    shop.come_back(order)
    assert here() == (4, 2)


def test_28_a_bundle_that_lacks_a_component_stays_on_hold(shop: Shop) -> None:
    """28, 1: looked at again while the mug is still missing."""
    shop.done(DefineBundle(sku="lamp", components={"shirt": 1, "mug": 1}))
    shop.stock("shirt", 1)
    shop.stock("mug", 1)
    shop.place(("mug", 1))
    order = shop.place(("lamp", 1))
    assert (order.lifecycle, order.hold_reason) == (Lifecycle.ON_HOLD, "stock: not enough of mug")
    assert shop.done(ReleaseOrder(order_id=order.id))["reasons"] == ["stock: not enough of mug"]
    assert now(shop, order).lifecycle is Lifecycle.ON_HOLD


# -- events and states ---------------------------------------------------------------------------------------


def test_29_each_transition_is_told_by_exactly_one_event(shop: Shop) -> None:
    """29: a whole life, with every command, webhook and scan twice; the second tells nothing."""
    order = shop.place(("shirt", 2), payments=(SALE,))
    (asked,) = shop.asked()
    for _ in range(2):
        shop.answer(asked.body["transaction"], "succeeded", "ch_1")
    for command, key in (
        (StartFulfilment(order_id=order.id), "start"),
        (ShipOrder(order_id=order.id, tracking="T1", carrier="DHL"), "ship"),
    ):
        assert shop.done(command, key) == shop.done(command, key)
    for _ in range(2):
        shop.scan(order, "delivered", shop.time)
    made = shop.quote(now(shop, order), Action.REQUEST_RETURN)
    assert shop.execute(made, key="return") == shop.execute(made, key="return")
    shop.come_back(order)
    made = shop.quote(order, Action.REFUND)
    assert shop.execute(made, key="refund") == shop.execute(made, key="refund")
    (asked,) = [one for one in shop.asked() if one.kind == "payment.refund"]
    for _ in range(2):
        shop.answer(asked.body["transaction"], "succeeded", "re_1")
    shop.done(CloseOrder(order_id=order.id), "close")
    shop.done(CloseOrder(order_id=order.id), "close")
    assert told(shop, order) == [
        "order.placed",
        "payment.requested",
        "payment.captured",
        "fulfillment.started",
        "shipment.handed_over",
        "shipment.delivered",
        "return.requested",
        "return.approved",
        "return.received",
        "return.inspected",
        "refund.approved",
        "refund.submitted",
        "refund.answered",
        "refund.succeeded",
        "order.completed",
        "order.closed",
    ]


STATES = {"orders": "lifecycle", "fulfillment_orders": "state", "returns": "state", "refunds": "state"}
KINDS_OF = {"orders": "order", "fulfillment_orders": "fulfillment_order", "returns": "return", "refunds": "refund"}


def test_29_the_changes_that_events_keep_are_each_transition_once_and_each_is_legal(shop: Shop) -> None:
    """29: read from the events of an order that was held, released, stopped in vain, sent, and refunded."""
    order = shop.place(("shirt", 1), total=1)
    shop.done(ReleaseOrder(order_id=order.id, accept=("total",)))
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(InterceptOrder(order_id=order.id))
    shop.done(AnswerCancellation(order_id=order.id, accepted=False))
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    shop.scan(order, "delivered", shop.time)
    shop.do(now(shop, order), Action.REQUEST_RETURN)
    shop.come_back(order)
    shop.do(now(shop, order), Action.REFUND)
    settle(shop)
    lives: dict[tuple[str, str], list[str]] = {}
    events = tables.events
    with shop.database.read() as db:
        chosen = select(events.c.changes).where(events.c.aggregate == order.id).order_by(events.c.sequence)
        changes = [one for row in db.execute(chosen).scalars() for one in row]
    for kind, name, *rest in changes:
        column = STATES.get(name)
        if column and kind == "+":
            for row in rest[0]:
                lives[name, row["id"]] = [row[column]]
        elif column and kind == "=" and column in rest[1]:
            lives[name, rest[0]["id"]].append(rest[1][column])
    assert lives["orders", order.id] == ["validating", "on_hold", "confirmed", "cancelling", "confirmed"]
    assert {name for name, _ in lives} == set(STATES)
    for (name, _), states in lives.items():
        for before, after in pairwise(states):
            assert after in TRANSITIONS[KINDS_OF[name]][before], (name, before, after)


def test_29_an_order_on_hold_asks_for_no_money_and_a_refusal_tells_nothing(shop: Shop) -> None:
    """29: nothing is told for what did not happen."""
    draft = shop.place(("shirt", 1), total=1, payments=(SALE,))
    assert told(shop, draft) == ["order.placed", "order.held", "payment.created"]
    assert shop.asked() == []
    assert shop.refusal(StartFulfilment(order_id=draft.id)).rule == "FUL-1"
    assert shop.refusal(CapturePayment(order_id=draft.id)).rule == "PAY-4"
    assert told(shop, draft) == ["order.placed", "order.held", "payment.created"]


WORK_STATES = sorted({*TRANSITIONS["fulfillment_order"]} | set().union(*TRANSITIONS["fulfillment_order"].values()))
BEGUN = {"in_progress", "picked", "packed", "cancellation_requested", "shipped", "closed"}


def may_be_cancelled(shop: Shop, order: Order, lifecycle: Lifecycle, state: str) -> bool:
    """What the rules say of this order, were it in this state."""
    axis = axes.fulfilment([state], (), order.lines)
    work = tuple(replace(one, state=state) for one in order.work)
    supposed = replace(order, lifecycle=lifecycle, fulfilment=axis, work=work)
    made = quotes.quote(supposed, Wish(Action.CANCEL_ORDER), shop.terms, shop.time)
    assert made.ruling.allowed or made.amount.minor == 0
    return made.ruling.allowed


@pytest.mark.parametrize("lifecycle", list(Lifecycle))
def test_30_no_cancel_is_allowed_once_the_warehouse_has_begun_or_the_order_has_ended(
    shop: Shop, lifecycle: Lifecycle
) -> None:
    """30: all lifecycles by all states of work; allowed is at most what no warehouse has in hand."""
    order = shop.place(("shirt", 1))
    allowed = {state for state in WORK_STATES if may_be_cancelled(shop, order, lifecycle, state)}
    assert allowed.isdisjoint(BEGUN)
    if lifecycle in {Lifecycle.CANCELLED, Lifecycle.CANCELLING, Lifecycle.REJECTED}:
        assert allowed == set()
    if lifecycle in {Lifecycle.CONFIRMED, Lifecycle.ON_HOLD}:
        assert allowed == set(WORK_STATES) - BEGUN


@pytest.mark.parametrize(
    "lifecycle",
    list(Lifecycle),
)
def test_30_a_cancel_that_the_rules_allow_is_one_that_the_table_lists(shop: Shop, lifecycle: Lifecycle) -> None:
    """30: the guard and the table of transitions say the same."""
    order = shop.place(("shirt", 1))
    listed = "cancelled" in TRANSITIONS["order"].get(lifecycle, frozenset())
    for state in WORK_STATES:
        assert listed or not may_be_cancelled(shop, order, lifecycle, state), state


def test_30_a_closed_order_is_not_cancelled_and_that_is_a_ruling(shop: Shop) -> None:
    """30: everything was changed away, delivery stayed paid, the order was closed."""
    order = shop.place(("shirt", 1), shipping=490)
    change(shop, order, Swap(order.lines[0].id, 1, "shirt", 0))
    settle(shop)
    shop.done(CloseOrder(order_id=order.id))
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).result is Result.REFUSED
    assert back(shop, order) == 2000


def _step(command: type[Command], **given: str) -> Callable[[Shop, OrderId], None]:
    def step(shop: Shop, order: OrderId) -> None:
        shop.done(command.model_validate({"order_id": order, **given}))

    return step


def _advance(to: str) -> Callable[[Shop, OrderId], None]:
    def advance(shop: Shop, order: OrderId) -> None:
        work = shop.orders.order(order).work[-1].id
        shop.done(AdvanceFulfilment(order_id=order, work_id=work, to=to))

    return advance


def _move(shop: Shop, order: OrderId) -> None:
    shop.stock("lamp", 1, "east")
    work = shop.orders.order(order).work[-1].id
    shop.done(MoveFulfilment(order_id=order, work_id=work, location_id="east"))


def _cancel(shop: Shop, order: OrderId) -> None:
    assert shop.do(shop.orders.order(order), Action.CANCEL_ORDER).result is Result.DONE


def _arrive(shop: Shop, order: OrderId) -> None:
    shop.scan(shop.orders.order(order), "delivered", shop.time)


def _yes(shop: Shop, order: OrderId) -> None:
    shop.done(AnswerCancellation(order_id=order, accepted=True))


def _no(shop: Shop, order: OrderId) -> None:
    shop.done(AnswerCancellation(order_id=order, accepted=False))


START, STOP = _step(StartFulfilment), _step(InterceptOrder)
HOLD, SHIP = _step(HoldOrder, reason="fraud"), _step(ShipOrder, tracking="T1")
REACHED: dict[str, tuple[Callable[[Shop, OrderId], None], ...]] = {
    "confirmed open": (),
    "on_hold open": (HOLD,),
    "confirmed moved": (_move,),
    "confirmed in_progress": (START,),
    "on_hold in_progress": (START, HOLD),
    "confirmed picked": (START, _advance("picked")),
    "confirmed packed": (START, _advance("picked"), _advance("packed")),
    "cancelling cancellation_requested": (START, STOP),
    "confirmed in_progress, asked in vain": (START, STOP, _no),
    "cancelled cancelled": (START, STOP, _yes),
    "cancelled at once": (_cancel,),
    "rejected": (HOLD, _step(RejectOrder, reason="fraud")),
    "rejected in_progress": (START, HOLD, _step(RejectOrder, reason="fraud")),
    "confirmed shipped": (START, SHIP),
    "delivered": (START, SHIP, _arrive),
    "closed": (START, SHIP, _arrive, _step(CloseOrder)),
}


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "silent"])
@pytest.mark.parametrize("state", REACHED)
def test_30_whatever_state_an_order_is_in_all_ways_to_cancel_it_pay_at_most_once(
    shop: Shop, state: str, answered: bool
) -> None:
    """30: every state that commands reach; then cancelled with new and old quotes, stopped, rejected, twice each."""
    order = shop.place(("shirt", 1), shipping=490)
    stale = shop.quote(order, Action.CANCEL_ORDER)
    for step in REACHED[state]:
        step(shop, order.id)
    for _ in range(2):
        shop.do(now(shop, order), Action.CANCEL_ORDER)
        shop.execute(stale)
        shop.command(InterceptOrder(order_id=order.id))
        shop.command(AnswerCancellation(order_id=order.id, accepted=True))
        shop.command(RejectOrder(order_id=order.id, reason="again"))
        if answered:
            settle(shop)
    after = now(shop, order)
    ended = after.lifecycle in {Lifecycle.CANCELLED, Lifecycle.REJECTED}
    assert len(after.refunds) == ended
    assert back(shop, order) == (2490 if ended else 0)
    assert told(shop, order).count("refund.approved") == ended
    shop.audit()


def test_30_a_second_withdrawal_does_not_answer_for_the_warehouse(shop: Shop) -> None:
    """30: the two steps are the question and the warehouse's answer; only the answer pays."""
    order = shop.place(("shirt", 1))
    shop.done(StartFulfilment(order_id=order.id))
    assert shop.do(order, Action.WITHDRAW).result is Result.DONE
    assert (now(shop, order).lifecycle, back(shop, order)) == (Lifecycle.CANCELLING, 0)
    shop.do(now(shop, order), Action.WITHDRAW)
    assert (now(shop, order).lifecycle, back(shop, order)) == (Lifecycle.CANCELLING, 0)
    shop.done(AnswerCancellation(order_id=order.id, accepted=False))
    assert (now(shop, order).lifecycle, back(shop, order)) == (Lifecycle.CONFIRMED, 0)


# -- changed payments ----------------------------------------------------------------------------------------


def change_payment(shop: Shop, order: Order, method: str = "tok_2") -> Quote:
    made = wish(shop, order, Wish(Action.CHANGE_PAYMENT, method_id=method))
    assert shop.execute(made).result is Result.DONE
    return made


def moved(shop: Shop, order: Order) -> list[tuple[int, int]]:
    return [(one.captured.minor, one.refunded.minor) for one in now(shop, order).tenders]


def test_31_a_cancel_after_a_change_of_payment_refunds_only_the_payment_that_holds(shop: Shop) -> None:
    """31: the old one was given back by the change; together it is what was captured, and once each."""
    paypal(shop)
    order = shop.place(("shirt", 1), shipping=490)
    change_payment(shop, order)
    settle(shop)
    assert moved(shop, order) == [(2490, 2490), (2490, 0)]
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).quote.amount == euros("24.90")
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).ruling.rule == "CAN-3"
    assert shop.do(now(shop, order), Action.REFUND).ruling.rule == "REF-3"
    settle(shop)
    assert moved(shop, order) == [(2490, 2490), (2490, 2490)]
    assert (back(shop, order), captured(shop, order), now(shop, order).receivable) == (4980, 4980, 0)


@pytest.mark.parametrize("succeeded", [True, False])
def test_31_a_cancel_while_the_new_payment_is_asked_for_refunds_each_capture_once(shop: Shop, succeeded: bool) -> None:
    """31: the new capture arrives after the cancel, or never."""
    paypal(shop)
    order = shop.place(("shirt", 1))
    change_payment(shop, order)
    (sale,) = shop.asked()
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).quote.amount == euros("20.00")
    shop.answer(sale.body["transaction"], "succeeded" if succeeded else "failed", "ch_2")
    settle(shop)
    assert moved(shop, order) == [(2000, 2000), (2000, 2000) if succeeded else (0, 0)]
    assert now(shop, order).receivable == 0


def test_31_a_gift_card_instead_of_a_card_gets_its_own_money_back_once(shop: Shop) -> None:
    """31: as in the benchmark, the order's payment is changed to a gift card and the order is cancelled."""
    gift_card(shop, 3000)
    order = shop.place(("shirt", 1))
    change_payment(shop, order, "gc")
    assert booked(shop, "gift_card:gc") == -1000
    shop.do(now(shop, order), Action.CANCEL_ORDER)
    settle(shop)
    assert (moved(shop, order), booked(shop, "gift_card:gc")) == ([(2000, 2000), (2000, 2000)], -3000)
    assert booked(shop, "psp_clearing:sandbox") == 0


def test_31_an_authorisation_that_was_replaced_is_voided_and_nothing_is_refunded(shop: Shop) -> None:
    """31: no money moved, so none goes back."""
    paypal(shop)
    order = shop.place(("shirt", 1), payments=(AUTHORIZE,))
    settle(shop)
    change_payment(shop, order)
    settle(shop)
    assert [one.state for one in now(shop, order).tenders] == ["voided", "authorized"]
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).quote.amount.minor == 0
    settle(shop)
    after = now(shop, order)
    assert ([one.state for one in after.tenders], after.refunds, after.receivable) == (["voided", "voided"], (), 0)


def test_31_a_payment_that_is_changed_twice_by_a_double_click_charges_once(unaudited: Shop) -> None:
    """31, 9: the customer pays 20.00 in the end, and a cancel leaves nothing open."""
    shop = unaudited
    paypal(shop)
    order = shop.place(("shirt", 1))
    made = change_payment(shop, order)
    shop.execute(made, key="refresh")
    settle(shop)
    assert captured(shop, order) - back(shop, order) == 2000
    shop.do(now(shop, order), Action.CANCEL_ORDER)
    settle(shop)
    assert now(shop, order).receivable == 0
    shop.audit()


def test_31_a_cancel_after_the_replaced_payment_could_not_be_given_back_settles_both(unaudited: Shop) -> None:
    """31, 14: the refund of the old payment failed; the cancel gives both back and owes nothing."""
    shop = unaudited
    paypal(shop)
    order = shop.place(("shirt", 1))
    change_payment(shop, order)
    shop.provider_answers()
    shop.provider_answers(succeeded=False)
    assert shop.do(now(shop, order), Action.CANCEL_ORDER).quote.amount == euros("40.00")
    settle(shop)
    assert (back(shop, order), captured(shop, order)) == (4000, 4000)
    assert now(shop, order).receivable == 0
    shop.audit()
