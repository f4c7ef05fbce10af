"""The failures that other order systems had, one test each, by the number of the list that the core was built against.

Those that need processes are proven again by eight of them in test_races.py, on SQLite and PostgreSQL.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shop import AGENT, Shop, euros
from tools.orders.actions.cancel import AnswerCancellation, InterceptOrder
from tools.orders.actions.customers import SaveMethod
from tools.orders.actions.fulfilment import HoldOrder, RecordScan, ShipOrder, StartFulfilment
from tools.orders.actions.payments import OpenDispute, Pay, RecordPaymentResult
from tools.orders.actions.place import ReleaseOrder, Wanted
from tools.orders.actions.returns import InspectReturn, ReceiveReturn
from tools.orders.actions.stock import DefineBundle
from tools.orders.agreement import Action, Evidence, Result, Selection, Swap, Wish
from tools.orders.model import Lifecycle, Order, PaymentAxis
from tools.orders.states import TRANSITIONS, IllegalTransition, legal

ROOT = Path(__file__).parents[2]


def at_once(*runs: Callable[[], object]) -> None:
    threads = [threading.Thread(target=run) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def back(shop: Shop, order: Order) -> int:
    """What has gone back or is on its way, in cents."""
    return sum(one.refunded.minor + one.pending.minor for one in shop.orders.order(order.id).tenders)


def test_01_two_checkouts_do_not_both_get_the_last_unit(shop: Shop) -> None:
    shop.stock("lamp", 1)
    placed: list[Order] = []
    at_once(*(lambda: placed.append(shop.place(("lamp", 1))) for _ in range(4)))
    assert sorted(order.lifecycle.value for order in placed) == ["confirmed", "on_hold", "on_hold", "on_hold"]


def test_02_the_check_and_the_taking_are_one_statement(shop: Shop) -> None:
    shop.stock("lamp", 3)
    at_once(*(lambda: shop.place(("lamp", 2)) for _ in range(6)))
    assert shop.orders.available("lamp") == 1


def test_03_nothing_but_the_conditional_update_changes_a_stock_level() -> None:
    writers = [
        path.relative_to(ROOT).as_posix()
        for room in ("agent", "api", "connectors", "eval", "tools")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"UPDATE stock_levels|update\(stock_levels|stock_levels\.update", path.read_text(encoding="utf-8"))
    ]
    assert writers == ["tools/orders/actions/stock.py"]


def test_04_two_lines_of_one_sku_are_checked_against_what_the_first_took(shop: Shop) -> None:
    shop.stock("lamp", 3)
    assert shop.place(("lamp", 2), ("lamp", 2)).lifecycle is Lifecycle.ON_HOLD
    shop.done(DefineBundle(sku="shirt", components={"mug": 2}))
    shop.stock("mug", 3)
    assert shop.place(("shirt", 1), ("mug", 2)).hold_reason == "stock: not enough of mug"


def test_05_a_payment_that_is_refused_leaves_no_order_and_no_reservation(shop: Shop) -> None:
    shop.stock("lamp", 1)
    gift = Pay(kind="gift_card", token="unknown")
    assert shop.refusal(shop.wanted(("lamp", 1), payments=(gift,))).rule == "PAY-3"
    assert (shop.orders.count(), shop.orders.available("lamp")) == (0, 1)


def test_06_whatever_undoes_an_order_gives_its_stock_back(shop: Shop) -> None:
    shop.stock("lamp", 2)
    shop.do(shop.place(("lamp", 2)), Action.CANCEL_ORDER)
    stopped = shop.place(("lamp", 2))
    shop.done(StartFulfilment(order_id=stopped.id))
    shop.done(InterceptOrder(order_id=stopped.id))
    shop.done(AnswerCancellation(order_id=stopped.id, accepted=True))
    changed = shop.place(("lamp", 2))
    swap = Wish(Action.CHANGE_ITEMS, swaps=(Swap(changed.lines[0].id, 2, "mug"),))
    shop.execute(shop.orders.quote(changed, swap))
    assert shop.orders.available("lamp") == 2


def test_07_no_allocation_is_lost_when_many_come_and_go_at_once(shop: Shop) -> None:
    shop.stock("lamp", 40)

    def come_and_go() -> None:
        for _ in range(5):
            shop.do(shop.place(("lamp", 1)), Action.CANCEL_ORDER)

    at_once(*(come_and_go for _ in range(4)))
    assert shop.orders.available("lamp") == 40


def test_08_two_refunds_at_once_of_sixty_of_a_hundred_pay_sixty(shop: Shop) -> None:
    order = shop.sent(("shirt", 5))
    wish = Wish(Action.REFUND, "damaged", Selection({order.lines[0].id: 3}))
    quotes = [shop.orders.quote(order, wish) for _ in range(2)]
    at_once(*(lambda q=q: shop.execute(q) for q in quotes))
    assert back(shop, order) == 6000


def test_09_a_double_click_refunds_once_with_the_same_key_or_another(shop: Shop) -> None:
    order = shop.sent(("shirt", 2))
    wish = Wish(Action.REFUND, goodwill=500, reason="goodwill")
    quote = shop.orders.quote(order, wish)
    assert shop.execute(quote, key="click") == shop.execute(quote, key="click")
    assert shop.execute(quote, key="refresh").result is Result.CHANGED
    assert back(shop, order) == 500


@pytest.mark.parametrize("webhook_first", [True, False])
def test_10_a_webhook_before_the_providers_answer_is_the_same_refund(shop: Shop, webhook_first: bool) -> None:
    order = shop.sent(("shirt", 1))
    shop.do(order, Action.REFUND, "damaged")
    (asked,) = shop.asked()
    told = ["succeeded", "pending"] if webhook_first else ["pending", "succeeded"]
    for state in told:
        shop.answer(asked.body["transaction"], state, "re_1" if state == "succeeded" else "")
    assert [one.state for one in shop.orders.order(order.id).refunds] == ["succeeded"]
    assert back(shop, order) == 2000


def test_11_what_names_an_unknown_order_is_refused_so_that_it_waits_and_works_later(shop: Shop) -> None:
    scan = RecordScan(tracking="T77", code="in_transit", at=shop.time)
    assert shop.refusal(scan, "scan").rule == "FND-1"
    unknown = RecordPaymentResult(transaction="web:P1001:capture:3.1", state="succeeded")
    assert shop.refusal(unknown).rule == "FND-1"
    order = shop.place(("shirt", 1))
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T77"))
    assert shop.done(scan, "scan")["fresh"] is True


def test_12_three_identical_webhooks_have_one_effect(shop: Shop) -> None:
    order = shop.place(("shirt", 1), payments=(Pay(kind="card", token="t", mode="sale"),))
    (asked,) = shop.asked()
    at_once(*(lambda: shop.answer(asked.body["transaction"], "succeeded", "ch_1") for _ in range(3)))
    told = [event.type for event in shop.orders.events(order.id)]
    assert told.count("payment.captured") == 1
    assert shop.orders.order(order.id).tenders[0].captured == euros("20.00")


def test_13_a_provider_that_fails_makes_the_refund_failed_and_the_ledger_reversed(shop: Shop) -> None:
    order = shop.sent(("shirt", 1))
    shop.do(order, Action.REFUND, "damaged")
    shop.provider_answers(succeeded=False)
    assert [one.state for one in shop.orders.order(order.id).refunds] == ["failed"]
    with shop.database.read() as db:
        sql = "SELECT sum(amount) FROM ledger_entries WHERE account IN ('refunds', 'refund_clearing')"
        assert db.exec_driver_sql(sql).scalar() == 0


def test_14_a_failed_refund_is_refundable_again(shop: Shop) -> None:
    order = shop.sent(("shirt", 1))
    shop.do(order, Action.REFUND, "damaged")
    shop.provider_answers(succeeded=False)
    assert shop.quote(order, Action.REFUND, "damaged").amount == euros("20.00")


def test_15_a_disputed_payment_is_not_refunded_as_well(shop: Shop) -> None:
    order = shop.place(("shirt", 1))
    tender = order.tenders[0].payment_id
    shop.done(OpenDispute(order_id=order.id, payment_id=tender, amount=2000, reference="dp"))
    for action in (Action.REFUND, Action.CANCEL_ORDER):
        assert shop.quote(order, action).ruling.rule == "REF-8"
    assert back(shop, order) == 0


def test_16_cancelling_one_line_leaves_the_others_discount_as_it_was(shop: Shop) -> None:
    order = shop.place(("shirt", 1), ("lamp", 1), discount=700)
    shirt, lamp = (line.net.minor for line in order.lines)
    assert (shirt, lamp) == (1800, 4500)
    assert shop.do(order, Action.CANCEL_ORDER, units={1: 1}).quote.amount.minor == shirt
    assert shop.do(shop.orders.order(order.id), Action.CANCEL_ORDER).quote.amount.minor == lamp


def test_17_an_item_is_refunded_at_what_was_paid_not_at_its_list_price(shop: Shop) -> None:
    order = shop.sent(Wanted(sku="lamp", quantity=3, discount=1000), discount=500)
    amounts = []
    for _ in range(3):
        amounts.append(shop.do(shop.orders.order(order.id), Action.REFUND, "damaged", {1: 1}).quote.amount.minor)
    assert amounts == [4500, 4500, 4500]


@pytest.mark.parametrize(("included", "total", "tax"), [(False, 1080, 180), (True, 900, 150)])
def test_18_tax_is_of_what_is_left_after_the_discount(shop: Shop, included: bool, total: int, tax: int) -> None:
    order = shop.sent(
        Wanted(sku="mug", quantity=1, unit_price=1050, tax_ppm=200_000), discount=150, prices_include_tax=included
    )
    assert (order.total.minor, order.lines[0].tax.minor) == (total, tax)
    assert shop.do(order, Action.REFUND, "damaged").quote.amount.minor == total


def test_19_parts_of_an_odd_amount_give_it_back_to_the_cent(shop: Shop) -> None:
    order = shop.sent(Wanted(sku="mug", quantity=3, discount=2150))
    assert order.total == euros("10.00")
    parts = [shop.do(shop.orders.order(order.id), Action.REFUND, "damaged", {1: 1}).quote.amount.minor for _ in "abc"]
    assert parts == [333, 334, 333]


def test_20_units_that_were_announced_and_never_came_are_not_paid(shop: Shop) -> None:
    order = shop.sent(("shirt", 3))
    shop.do(order, Action.REQUEST_RETURN)
    rma = shop.orders.order(order.id).returns[0]
    shop.done(ReceiveReturn(return_id=rma.id, units={order.lines[0].id: 2}, last=True))
    shop.done(InspectReturn(return_id=rma.id, accepted={order.lines[0].id: 2}))
    assert shop.do(order, Action.REFUND).quote.amount == euros("40.00")


def test_21_the_label_that_was_agreed_to_is_deducted(shop: Shop) -> None:
    shop.terms = shop.terms.model_copy(update={"return_label_fee": 490})
    order = shop.sent(("shirt", 1))
    shop.do(order, Action.REQUEST_RETURN)
    shop.come_back(order)
    assert shop.do(order, Action.REFUND).quote.amount == euros("15.10")


def test_22_after_a_change_what_is_owed_and_what_can_go_back_are_right(shop: Shop) -> None:
    order = shop.place(("shirt", 2))
    swap = Wish(Action.CHANGE_ITEMS, swaps=(Swap(order.lines[0].id, 1, "lamp"),))
    shop.execute(shop.orders.quote(order, swap))
    waiting = shop.orders.order(order.id)
    assert (waiting.total, waiting.receivable) == (euros("70.00"), 3000)
    shop.provider_answers()
    assert shop.do(shop.orders.order(order.id), Action.CANCEL_ORDER).quote.amount == euros("70.00")


def test_23_a_refund_and_a_return_restock_once(shop: Shop) -> None:
    shop.stock("shirt", 1)
    order = shop.sent(("shirt", 1))
    shop.do(order, Action.REQUEST_RETURN)
    shop.come_back(order)
    shop.do(order, Action.REFUND)
    rma = shop.orders.order(order.id).returns[0]
    assert shop.refusal(InspectReturn(return_id=rma.id, accepted=dict(rma.lines))).rule == "RET-6"
    assert shop.orders.available("shirt") == 1


def test_24_cancelling_an_item_ships_nothing_and_gives_its_stock_back(shop: Shop) -> None:
    shop.stock("lamp", 1)
    order = shop.place(("lamp", 1), ("mug", 1))
    shop.do(order, Action.CANCEL_ORDER, units={1: 1})
    after = shop.orders.order(order.id)
    assert (after.shipments, [line.shipped for line in after.lines], shop.orders.available("lamp")) == ((), [0, 0], 1)
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    assert dict(shop.orders.order(order.id).shipments[0].lines) == {order.lines[1].id: 1}


def test_25_an_order_with_a_refund_is_cancelled_for_the_rest(shop: Shop) -> None:
    order = shop.place(("shirt", 1))
    gesture = shop.orders.quote(order, Wish(Action.REFUND, "goodwill", goodwill=500))
    assert shop.execute(gesture).result is Result.DONE
    assert shop.do(shop.orders.order(order.id), Action.CANCEL_ORDER).quote.amount == euros("15.00")


def test_26_cancelling_refunds_what_was_paid_though_nothing_is_open_afterwards(shop: Shop) -> None:
    order = shop.place(("shirt", 2), shipping=490)
    assert shop.do(order, Action.CANCEL_ORDER).quote.amount == euros("44.90")


def test_27_a_line_is_cancelled_in_parts_and_what_a_change_added_is_refundable(shop: Shop) -> None:
    order = shop.place(("shirt", 3))
    for _ in range(2):
        outcome = shop.do(shop.orders.order(order.id), Action.CANCEL_ORDER, units={1: 1})
        assert (outcome.result, outcome.quote.amount) == (Result.DONE, euros("20.00"))
    swap = Wish(Action.CHANGE_ITEMS, swaps=(Swap(order.lines[0].id, 0, "shirt", 1),))
    shop.execute(shop.orders.quote(shop.orders.order(order.id), swap))
    shop.provider_answers()
    assert shop.do(shop.orders.order(order.id), Action.CANCEL_ORDER).quote.amount == euros("40.00")


def test_28_cancelling_a_bundle_gives_its_components_back(shop: Shop) -> None:
    shop.done(DefineBundle(sku="lamp", components={"shirt": 2, "mug": 1}))
    shop.stock("shirt", 4)
    shop.stock("mug", 2)
    shop.do(shop.place(("lamp", 2)), Action.CANCEL_ORDER)
    assert (shop.orders.available("shirt"), shop.orders.available("mug")) == (4, 2)


def test_29_each_transition_is_told_exactly_once(shop: Shop) -> None:
    order = shop.sent(("shirt", 1))
    shop.done(HoldOrder(order_id=shop.place(("mug", 1)).id, reason="fraud"))
    told = [event.type for event in shop.orders.events(order.id)]
    once = ("order.placed", "payment.captured", "fulfillment.started", "shipment.handed_over", "shipment.delivered")
    assert told == list(once)


def test_30_no_state_of_order_or_warehouse_lets_a_second_cancel_pay_again(shop: Shop) -> None:
    for kind, table in TRANSITIONS.items():
        for state in table:
            for other in {after for following in table.values() for after in following} - table[state]:
                with pytest.raises(IllegalTransition):
                    legal(kind, state, other)
    for prepare in (None, HoldOrder, StartFulfilment, InterceptOrder):
        order = shop.place(("shirt", 1))
        for step in (StartFulfilment, InterceptOrder) if prepare is InterceptOrder else (prepare,) if prepare else ():
            shop.done(step.model_validate({"order_id": order.id} | ({"reason": "x"} if step is HoldOrder else {})))
        for _ in range(3):
            shop.do(shop.orders.order(order.id), Action.CANCEL_ORDER)
        shop.command(AnswerCancellation(order_id=order.id, accepted=True))
        shop.command(ReleaseOrder(order_id=order.id))
        shop.do(shop.orders.order(order.id), Action.CANCEL_ORDER)
        assert back(shop, order) <= 2000


def test_31_a_cancel_after_a_change_of_payment_pays_back_once(shop: Shop) -> None:
    shop.done(SaveMethod(customer_id="ana", method_id="tok_2", type="paypal"))
    order = shop.place(("shirt", 1))
    shop.execute(shop.orders.quote(order, Wish(Action.CHANGE_PAYMENT, method_id="tok_2")))
    for _ in range(2):
        shop.provider_answers()
    assert shop.do(shop.orders.order(order.id), Action.CANCEL_ORDER).quote.amount == euros("20.00")
    shop.provider_answers()
    after = shop.orders.order(order.id)
    assert [(one.captured.minor, one.refunded.minor) for one in after.tenders] == [(2000, 2000), (2000, 2000)]
    assert after.payment is PaymentAxis.REFUNDED


def test_i12_an_agent_without_the_customers_agreement_does_nothing(shop: Shop) -> None:
    quote = shop.quote(shop.place(("shirt", 1)), Action.CANCEL_ORDER)
    outcome = shop.orders.execute(quote, key="k", actor=AGENT, evidence=Evidence("turn", "another quote"))
    assert outcome.result is Result.CHANGED


def test_a_quote_that_expired_is_computed_again(shop: Shop) -> None:
    quote = shop.quote(shop.place(("shirt", 1)), Action.CANCEL_ORDER)
    shop.later(minutes=16)
    late = shop.execute(quote)
    assert (late.result, late.ruling.rule, late.ruling.accepts) == (Result.CHANGED, "QUO-1", quote.digest)
    fresh = shop.orders.again(quote)
    assert shop.execute(fresh).result is Result.DONE
