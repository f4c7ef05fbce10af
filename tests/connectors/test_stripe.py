"""Stripe over real HTTP and its real SDK: money moves once, whatever is lost and whoever tells first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.delivery import Delivery
from connectors.errors import Absent, Limited, Rejected, Unauthorized, Unreachable
from connectors.inbox import Event
from connectors.payments import stripe_events
from connectors.payments.asking import KINDS, Asking
from connectors.payments.choosing import Choosing
from connectors.payments.sandbox import SandboxPayments
from connectors.payments.stripe import StripePayments
from connectors.payments.stripe_events import StripeEvents, verify
from connectors.signed import BadEvent, BadSignature
from tests.connectors.fake_stripe import KEY, FakeStripe
from tests.connectors.vendor import Trouble, serving
from tests.shop import NOW, Shop, euros
from tools.orders.actions.payments import Pay
from tools.orders.agreement import Action
from tools.orders.model import Order, PaymentAxis
from tools.orders.providers import Charge

VECTOR = "t=1700000000,v1=4c15fb2a43f93ef61eaa3e0893866d57cad9cad4223242cfb96f362480cb4021"
BODY = b'{"id":"evt_1","object":"event"}'
SALE = Pay(kind="card", token="pm_1", mode="sale", psp="stripe")
LATER = Pay(kind="card", token="pm_1", mode="authorize", psp="stripe")


@pytest.fixture
def fake() -> Iterator[FakeStripe]:
    with serving(FakeStripe()) as made:
        yield made
        assert made.complaints == []


def deliver(shop: Shop, fake: FakeStripe, timeout: float = 5) -> None:
    provider = Choosing({"stripe": StripePayments(KEY, fake.url, timeout)}, SandboxPayments(), frozenset({"stripe"}))
    Delivery(shop.database, dict.fromkeys(KINDS, Asking(shop.orders, provider).carry), lambda: shop.time).run_once()


def paid(shop: Shop, fake: FakeStripe, pay: Pay = SALE) -> Order:
    order = shop.place(("shirt", 2), payments=(pay,))
    deliver(shop, fake)
    return shop.orders.order(order.id)


def event(kind: str, told: dict[str, Any], key: str = "evt_1") -> Event:
    body = {"id": key, "type": kind, "livemode": False, "data": {"object": told}}
    return Event("stripe", key, key, json.dumps(body), NOW, NOW, 0)


def charge(key: str = "k1", **given: Any) -> Charge:
    return Charge(key, "pay", "#1", euros("20.00"), **{"token": "pm_1", **given})


# -- who knocks ----------------------------------------------------------------------------------------------


def test_stripes_own_vector_is_reproduced() -> None:
    at = datetime.fromtimestamp(1700000000, UTC)
    verify(BODY, {stripe_events.SIGNATURE: VECTOR}, ["old", "whsec_test"], at)
    verify(BODY, {stripe_events.SIGNATURE: VECTOR.replace("v1=", "v1=00,v1=")}, ["whsec_test"], at)
    for raw, headers, now in (
        (BODY + b" ", VECTOR, at),
        (BODY, VECTOR, at + timedelta(minutes=6)),
        (BODY, VECTOR.replace("1700000000", "1700000001"), at),
        (BODY, VECTOR.replace("v1", "v0"), at),
        (BODY, "", at),
        (BODY, "t=x,v1=é", at),
    ):
        with pytest.raises(BadSignature):
            verify(raw, {stripe_events.SIGNATURE: headers}, ["whsec_test"], now)


def test_test_events_are_refused_where_money_is_real_and_other_kinds_are_none_of_ours() -> None:
    raw = event("refund.updated", {"id": "re_1"}).body.encode()
    assert stripe_events.knock(raw, livemode=False)
    with pytest.raises(BadEvent, match="livemode"):
        stripe_events.knock(raw, livemode=True)
    assert stripe_events.knock(b'{"id": "evt_2", "type": "invoice.paid"}', livemode=False) is None


# -- money ---------------------------------------------------------------------------------------------------


def test_a_sale_is_paid_and_its_refund_goes_back_once(shop: Shop, fake: FakeStripe) -> None:
    order = paid(shop, fake)
    assert order.payment is PaymentAxis.PAID
    shop.do(order, Action.CANCEL_ORDER)
    deliver(shop, fake)
    deliver(shop, fake)
    (back,) = fake.refunds.values()
    assert (back["amount"], shop.orders.order(order.id).payment) == (4000, PaymentAxis.REFUNDED)
    assert all(b"reason" not in one.raw for one in fake.asked)
    assert shop.orders.audit().ok


def test_an_authorisation_is_captured_and_one_that_is_not_needed_is_cancelled(shop: Shop, fake: FakeStripe) -> None:
    order = paid(shop, fake, LATER)
    assert order.payment is PaymentAxis.AUTHORIZED
    shop.do(order, Action.CANCEL_ORDER)
    deliver(shop, fake)
    assert [one["status"] for one in fake.intents.values()] == ["canceled"]
    assert shop.orders.order(order.id).tenders[0].state == "voided"
    provider = StripePayments(KEY, fake.url)
    held = provider.authorize(charge("a"))
    assert provider.capture(charge("c", reference=held.reference)).state == "succeeded"
    assert provider.void(charge("v", reference=held.reference)).state == "succeeded"
    too_much = provider.refund(Charge("r", "pay", "#1", euros("99.00"), reference=held.reference))
    assert (too_much.state, too_much.code) == ("failed", "charge_already_refunded")


def test_a_declined_card_fails_with_the_banks_word_and_without_the_customers(shop: Shop, fake: FakeStripe) -> None:
    order = paid(shop, fake, SALE.model_copy(update={"token": "pm_declined"}))
    move = order.tenders[0].moves[0]
    assert (order.payment, move.state) == (PaymentAxis.UNPAID, "failed")
    answer = StripePayments(KEY, fake.url).capture(charge(token="pm_declined"))
    assert (answer.state, answer.code, answer.reference) == ("failed", "insufficient_funds", "pi_2")


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble("POST", 500, applied=True, path="/refunds"),
        Trouble("POST", 200, hang=2, applied=True, cut=True, path="/refunds"),
    ],
)
def test_an_answer_that_was_lost_is_unknown_and_the_same_key_finds_what_happened(
    shop: Shop, fake: FakeStripe, trouble: Trouble
) -> None:
    order = paid(shop, fake)
    shop.do(order, Action.CANCEL_ORDER)
    fake.troubles.append(trouble)
    deliver(shop, fake, timeout=1)
    assert shop.orders.order(order.id).refunds[0].state == "unknown"
    shop.later(minutes=5)
    deliver(shop, fake)
    assert shop.orders.order(order.id).payment is PaymentAxis.REFUNDED
    assert len(fake.refunds) == 1
    assert shop.orders.audit().ok


@pytest.mark.parametrize(("status", "raised"), [(429, Limited), (401, Unauthorized)])
def test_what_a_person_or_time_can_mend_is_told_as_such(fake: FakeStripe, status: int, raised: type[Exception]) -> None:
    fake.troubles.append(Trouble("POST", status))
    with pytest.raises(raised) as told:
        StripePayments(KEY, fake.url).capture(charge())
    assert KEY not in str(told.value)


def test_a_key_that_means_something_else_is_a_defect_and_never_paid(fake: FakeStripe) -> None:
    provider = StripePayments(KEY, fake.url)
    provider.capture(charge("same"))
    with pytest.raises(Rejected):
        provider.capture(Charge("same", "pay", "#1", euros("21.00"), token="pm_1"))
    assert len(fake.intents) == 1


def test_a_stripe_payment_is_never_answered_by_the_sandbox(shop: Shop, fake: FakeStripe) -> None:
    order = paid(shop, fake)
    shop.do(order, Action.CANCEL_ORDER)
    nobody = Choosing({}, SandboxPayments(), frozenset({"stripe"}))
    Delivery(shop.database, dict.fromkeys(KINDS, Asking(shop.orders, nobody).carry), lambda: shop.time).run_once()
    assert shop.orders.order(order.id).refunds[0].state in {"approved", "submitting"}
    assert fake.refunds == {}


# -- webhooks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("webhook_first", [True, False])
def test_webhook_and_answer_in_either_order_are_one_refund(shop: Shop, fake: FakeStripe, webhook_first: bool) -> None:
    order = paid(shop, fake)
    shop.do(order, Action.CANCEL_ORDER)
    (asked,) = [one for one in shop.asked() if one.kind == "payment.refund"]
    told = {"id": "re_1", "status": "succeeded", "metadata": {"wismo_transaction": asked.body["transaction"]}}
    steps: list[Callable[[], object]] = [
        lambda: StripeEvents(shop.orders).read(event("refund.updated", told)),
        lambda: deliver(shop, fake),
    ]
    for step in steps if webhook_first else reversed(steps):
        step()
        step()
    after = shop.orders.order(order.id)
    assert (after.payment, len(after.refunds), len(fake.refunds)) == (PaymentAxis.REFUNDED, 1, 1)
    assert shop.orders.audit().ok


def test_a_bank_that_sends_the_money_back_reopens_the_refund(shop: Shop, fake: FakeStripe) -> None:
    order = paid(shop, fake)
    shop.do(order, Action.CANCEL_ORDER)
    deliver(shop, fake)
    (back,) = fake.refunds.values()
    failed = event("refund.failed", back | {"status": "failed", "failure_reason": "lost_or_stolen_card"})
    StripeEvents(shop.orders).read(failed)
    after = shop.orders.order(order.id)
    assert (after.refunds[0].state, after.tenders[0].refundable) == ("failed", 4000)
    assert shop.orders.audit().ok


def test_an_event_before_its_request_is_waited_for_and_a_refund_by_hand_is_told_to_a_person(shop: Shop) -> None:
    reader = StripeEvents(shop.orders)
    with pytest.raises(Absent):
        reader.read(
            event("refund.updated", {"id": "re_1", "status": "succeeded", "metadata": {"wismo_transaction": "x"}})
        )
    with pytest.raises(Rejected, match="by hand"):
        reader.read(event("refund.created", {"id": "re_9", "status": "succeeded", "amount": 5, "metadata": {}}))
    with pytest.raises(Absent):
        reader.read(event("charge.dispute.created", {"id": "dp_1", "amount": 4000, "payment_intent": "pi_1"}))


@pytest.mark.parametrize(("status", "axis"), [("won", PaymentAxis.PAID), ("lost", PaymentAxis.CHARGED_BACK)])
def test_a_dispute_stops_refunds_until_the_bank_decides(
    shop: Shop, fake: FakeStripe, status: str, axis: PaymentAxis
) -> None:
    order = paid(shop, fake)
    dispute = {"id": "dp_1", "amount": 4000, "payment_intent": "pi_1", "charge": "ch_1"}
    reader = StripeEvents(shop.orders)
    for _ in range(2):
        reader.read(event("charge.dispute.created", dispute))
    assert shop.orders.order(order.id).tenders[0].open_dispute
    assert (
        shop.quote(order, Action.CANCEL_ORDER).ruling.rule == "REF-8"
        or not shop.quote(order, Action.CANCEL_ORDER).amount
    )
    for _ in range(2):
        reader.read(event("charge.dispute.closed", dispute | {"status": status}))
    assert shop.orders.order(order.id).payment is axis
    assert shop.orders.audit().ok


def test_the_account_is_told_and_an_outage_is_one(fake: FakeStripe) -> None:
    assert StripePayments(KEY, fake.url).account() == "acct_1"
    fake.troubles.append(Trouble("GET", 500))
    with pytest.raises(Unreachable):
        StripePayments(KEY, fake.url).account()
