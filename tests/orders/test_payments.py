"""Money coming in and what providers answer: authorise, capture in parts, void, unknown, disputes, accounts of our own."""

from __future__ import annotations

import pytest

from connectors.delivery import Delivery
from connectors.payments.asking import KINDS, Asking
from connectors.payments.sandbox import SandboxPayments
from tests.shop import Shop, euros
from tools.orders import cards, ledger, outbox
from tools.orders.actions.customers import GiveCredit, SaveMethod
from tools.orders.actions.disputes import CloseDispute, OpenDispute
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.actions.payment_results import ReconcilePayment
from tools.orders.actions.payments import AddPayment, CapturePayment, Pay, VoidPayment
from tools.orders.actions.refund_retries import RerouteRefund, RetryRefund
from tools.orders.agreement import Action, Result
from tools.orders.model import OrderId, PaymentAxis
from tools.orders.providers import Answer, Charge

AUTHORIZE = Pay(kind="card", token="tok_a", mode="authorize")
SALE = Pay(kind="card", token="tok_a", mode="sale")


def authorized(shop: Shop, **given: int) -> OrderId:
    order = shop.place(*((sku, count) for sku, count in (given or {"shirt": 2}).items()), payments=(AUTHORIZE,))
    shop.provider_answers()
    return order.id


def test_an_authorisation_is_captured_in_parts_and_never_above_it(shop: Shop) -> None:
    order = shop.orders.order(authorized(shop))
    assert order.payment is PaymentAxis.AUTHORIZED
    shop.done(CapturePayment(order_id=order.id, amount=1500))
    assert shop.refusal(CapturePayment(order_id=order.id, amount=2501)).rule == "PAY-4"
    shop.provider_answers()
    assert shop.orders.order(order.id).tenders[0].state == "partially_captured"
    shop.done(CapturePayment(order_id=order.id))
    shop.provider_answers()
    after = shop.orders.order(order.id)
    assert (after.payment, after.receivable, after.tenders[0].captured) == (PaymentAxis.PAID, 0, euros("40.00"))


def test_what_is_shipped_is_captured_by_itself(shop: Shop) -> None:
    order = shop.orders.order(authorized(shop, shirt=1, mug=1))
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T1", units={order.lines[0].id: 1}))
    assert [one.body["amount"] for one in shop.asked() if one.kind == "payment.capture"] == [2000]
    shop.provider_answers()
    shop.done(ShipOrder(order_id=order.id, tracking="T2"))
    shop.provider_answers()
    assert shop.orders.order(order.id).payment is PaymentAxis.PAID


def test_cancelling_an_authorised_order_voids_it_and_nothing_is_owed(shop: Shop) -> None:
    order = shop.orders.order(authorized(shop))
    outcome = shop.do(order, Action.CANCEL_ORDER)
    assert (outcome.result, outcome.quote.amount.minor) == (Result.DONE, 0)
    assert [one.kind for one in shop.asked()] == ["payment.void"]
    shop.provider_answers()
    after = shop.orders.order(order.id)
    assert (after.tenders[0].state, after.receivable) == ("voided", 0)
    assert shop.refusal(VoidPayment(order_id=order.id)).rule == "PAY-4"


def test_nothing_new_is_asked_while_an_answer_is_unknown_and_asking_again_settles_it(shop: Shop) -> None:
    order = authorized(shop)
    shop.done(CapturePayment(order_id=order))
    (asked,) = shop.asked()
    shop.answer(asked.body["transaction"], "unknown")
    assert shop.orders.order(order).tenders[0].state == "unknown"
    assert shop.refusal(CapturePayment(order_id=order)).rule == "PAY-5"
    with shop.database.write() as db:
        outbox.sent(db, asked.key, shop.time)
    shop.done(ReconcilePayment(transaction=asked.body["transaction"]))
    assert [one.key for one in shop.asked()] == [asked.key]
    shop.provider_answers()
    assert shop.orders.order(order).payment is PaymentAxis.PAID
    assert shop.refusal(ReconcilePayment(transaction=asked.body["transaction"])).rule == "PAY-6"


def test_a_provider_that_times_out_is_asked_again_with_the_same_key_and_charges_once(shop: Shop) -> None:
    silent = [True]

    def behaviour(_: str, __: Charge) -> Answer | None:
        return Answer("unknown") if silent.pop() else None

    provider = SandboxPayments(lambda kind, charge: behaviour(kind, charge) if silent else None)
    delivery = Delivery(shop.database, dict.fromkeys(KINDS, Asking(shop.orders, provider).carry), lambda: shop.time)
    order = shop.place(("shirt", 1), payments=(SALE,))
    assert delivery.run_once() == 0
    assert shop.orders.order(order.id).tenders[0].state == "unknown"
    shop.later(minutes=1)
    assert delivery.run_once() == 1
    assert shop.orders.order(order.id).payment is PaymentAxis.PAID
    assert len(provider.moved) == 1


def test_money_that_arrives_after_the_order_was_cancelled_goes_back(shop: Shop) -> None:
    order = shop.place(("shirt", 1), payments=(SALE,))
    (sale,) = shop.asked()
    shop.do(order, Action.CANCEL_ORDER)
    shop.answer(sale.body["transaction"], "succeeded", "ch_1")
    after = shop.orders.order(order.id)
    assert [one.amount for one in after.refunds] == [euros("20.00")]
    assert after.receivable == 0


def test_an_answer_that_contradicts_the_first_moves_nothing_and_is_kept_for_a_person(shop: Shop) -> None:
    order = shop.place(("shirt", 1), payments=(SALE,))
    (sale,) = shop.asked()
    shop.answer(sale.body["transaction"], "failed")
    shop.answer(sale.body["transaction"], "succeeded", "ch_1")
    assert shop.orders.order(order.id).payment is PaymentAxis.UNPAID
    assert shop.orders.events(order.id)[-1].type == "payment.contradicted"
    shop.done(AddPayment(order_id=order.id, payment=SALE))
    assert shop.refusal(AddPayment(order_id=order.id, payment=SALE)).rule == "PAY-2"


@pytest.mark.parametrize("token", ["4242424242424242", "4242 4242 4242 4242", "4000-0566-5566-5556"])
def test_a_card_number_is_refused_wherever_a_token_is_meant_and_nothing_is_written(shop: Shop, token: str) -> None:
    ruling = shop.refusal(shop.wanted(("shirt", 1), payments=(Pay(kind="card", token=token),)))
    assert (ruling.rule, ruling.accepts) == ("PAY-1", "the provider's token")
    assert shop.orders.count() == 0
    assert "4242" not in cards.masked(f"my card {token}")[:-5]
    assert cards.masked("order 1234567890123") == "order 1234567890123"


def test_a_gift_card_pays_at_most_its_balance_and_gets_its_money_back(shop: Shop) -> None:
    method = SaveMethod(customer_id="ana", method_id="gc", type="gift_card", currency="EUR", balance=3000)
    shop.done(method)
    gift = Pay(kind="gift_card", token="gc", amount=2000)
    order = shop.place(("shirt", 1), payments=(gift,))
    assert order.payment is PaymentAxis.PAID
    ruling = shop.refusal(shop.wanted(("shirt", 1), payments=(gift,)))
    assert (ruling.rule, ruling.accepts) == ("PAY-3", "at most 1000 in minor units")
    assert shop.do(order, Action.CANCEL_ORDER).settled
    with shop.database.read() as db:
        assert ledger.balance(db, "gift_card:gc", "EUR") == -3000


def test_store_credit_is_given_and_spent(shop: Shop) -> None:
    credit = shop.done(GiveCredit(customer_id="ana", amount=2500, currency="EUR", reason="sorry"))["method"]
    order = shop.place(("shirt", 1), payments=(Pay(kind="store_credit", token=credit),))
    assert order.payment is PaymentAxis.PAID
    assert shop.orders.balances(order.customer_id, "EUR")[credit] == 500


def test_a_dispute_stops_refunds_until_it_is_decided(shop: Shop) -> None:
    order = shop.sent(("shirt", 2))
    tender = order.tenders[0].payment_id
    shop.done(OpenDispute(order_id=order.id, payment_id=tender, amount=4000, reference="dp_1"))
    assert shop.quote(order, Action.REFUND, "damaged").ruling.rule == "REF-8"
    shop.done(OpenDispute(order_id=order.id, payment_id=tender, amount=4000, reference="dp_1"))
    shop.done(CloseDispute(order_id=order.id, reference="dp_1", won=True))
    assert shop.quote(order, Action.REFUND, "damaged").amount == euros("40.00")


def test_a_lost_dispute_counts_against_what_can_be_refunded(shop: Shop) -> None:
    order = shop.sent(("shirt", 2))
    tender = order.tenders[0].payment_id
    shop.done(OpenDispute(order_id=order.id, payment_id=tender, amount=3000, reference="dp_1"))
    shop.done(CloseDispute(order_id=order.id, reference="dp_1", won=False))
    assert shop.orders.order(order.id).payment is PaymentAxis.CHARGED_BACK
    assert shop.quote(order, Action.REFUND, "damaged").amount == euros("10.00")
    with shop.database.read() as db:
        assert ledger.balance(db, "chargeback_loss", "EUR") == 3000


def test_a_failed_refund_is_tried_again_under_the_same_refund(shop: Shop) -> None:
    order = shop.sent(("shirt", 1))
    shop.do(order, Action.REFUND, "damaged")
    shop.provider_answers(succeeded=False)
    refund = shop.orders.order(order.id).refunds[0]
    assert refund.state == "failed"
    shop.done(RetryRefund(refund_id=refund.id))
    shop.provider_answers()
    after = shop.orders.order(order.id)
    assert ([one.state for one in after.refunds], after.payment) == (["succeeded"], PaymentAxis.REFUNDED)
    assert shop.refusal(RetryRefund(refund_id=refund.id)).rule == "REF-12"


def test_a_refund_that_can_not_reach_its_card_becomes_store_credit_only_with_consent(shop: Shop) -> None:
    order = shop.sent(("shirt", 1))
    shop.do(order, Action.REFUND, "damaged")
    shop.provider_answers(succeeded=False)
    refund = shop.orders.order(order.id).refunds[0]
    assert shop.refusal(RerouteRefund(refund_id=refund.id)).rule == "REF-11"
    assert shop.done(RerouteRefund(refund_id=refund.id, consent=True))["settled"]
    assert shop.orders.balances(order.customer_id, "EUR") == {"store-credit-ana": 2000}


def test_a_credit_note_is_numbered_without_gaps_for_each_refund_that_was_paid(shop: Shop) -> None:
    for _ in range(3):
        shop.do(shop.sent(("shirt", 1)), Action.REFUND, "damaged")
        shop.provider_answers()
    with shop.database.read() as db:
        notes = db.exec_driver_sql("SELECT number, net, tax FROM credit_notes ORDER BY number").all()
    assert [tuple(note) for note in notes] == [(f"CN-00000{n}", 2000, 0) for n in (1, 2, 3)]
