"""What the core does to an order: cancel, address, return, refund, scans, capture."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from tests.shop import AGENT, LYON, Shop, euros
from tools.orders import ledger
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.actions.place import Wanted
from tools.orders.agreement import Action, Evidence, Result
from tools.orders.commands import IdempotencyConflict, KeyMissing, Refusal
from tools.orders.model import FulfilmentAxis, Lifecycle, Order, PaymentAxis, ReturnAxis, ShipmentState, TrackingEvent
from tools.orders.tables import order_lines


def test_a_paid_order_is_cancelled_and_its_money_is_on_its_way_until_the_provider_confirms(
    shop: Shop,
) -> None:
    order = shop.order(
        items={"shirt": 2},
        shipping="4.90",
        total="44.90",
        payments=[{"type": "payment", "amount": "44.90", "method": "credit_card"}],
    )
    outcome = shop.do(order, Action.CANCEL_ORDER)
    assert (outcome.result, outcome.quote.amount, outcome.settled) == (Result.DONE, euros("44.90"), False)
    assert shop.get(order.number).payment is PaymentAxis.PAID
    shop.provider_answers()
    after = shop.get(order.number)
    assert (after.lifecycle, after.payment) == (Lifecycle.CANCELLED, PaymentAxis.REFUNDED)
    assert after.refunds[0].state == "succeeded"


def test_an_unpaid_order_is_cancelled_without_a_refund(shop: Shop) -> None:
    outcome = shop.do(shop.order(payments=[]), Action.CANCEL_ORDER)
    assert (outcome.result, outcome.settled, outcome.quote.amount.minor) == (Result.DONE, True, 0)


@pytest.mark.parametrize(
    ("status", "code"), [("processed", "handed_over"), ("shipped", "shipped"), ("delivered", "delivered")]
)
def test_what_left_for_the_warehouse_is_not_cancelled(shop: Shop, status: str, code: str) -> None:
    order = shop.order(status)
    outcome = shop.do(order, Action.CANCEL_ORDER)
    assert (outcome.result, outcome.ruling.rule, outcome.ruling.code) == (Result.REFUSED, "CAN-2", code)
    assert shop.get(order.number) == order


def test_a_cancelled_order_is_not_cancelled_again(shop: Shop) -> None:
    order = shop.order()
    shop.do(order, Action.CANCEL_ORDER)
    assert shop.do(order, Action.CANCEL_ORDER).ruling.rule == "CAN-3"


def test_the_same_key_again_gives_the_same_outcome_and_pays_nothing(shop: Shop) -> None:
    order = shop.order()
    quote = shop.quote(order, Action.CANCEL_ORDER)
    assert shop.execute(quote, key="k1") == shop.execute(quote, key="k1")
    assert shop.provider_answers() == 1


def test_a_key_that_did_something_else_is_refused(shop: Shop) -> None:
    shop.execute(shop.quote(shop.order(), Action.CANCEL_ORDER), key="k1")
    with pytest.raises(IdempotencyConflict):
        shop.execute(shop.quote(shop.order(), Action.CANCEL_ORDER), key="k1")


def test_a_command_without_a_key_is_refused(shop: Shop) -> None:
    quote = shop.quote(shop.order(), Action.CANCEL_ORDER)
    with pytest.raises(KeyMissing):
        shop.orders.execute(quote, key=" ", actor=AGENT, evidence=Evidence("t", quote.digest))


def test_another_quote_than_the_one_agreed_to_is_not_executed(shop: Shop) -> None:
    order = shop.order()
    quote = shop.quote(order, Action.CANCEL_ORDER)
    dearer = replace(quote, amount=euros("999.00"))
    outcome = shop.orders.execute(dearer, key="k", actor=AGENT, evidence=Evidence("t", dearer.digest))
    assert outcome.result is Result.CHANGED
    assert shop.get(order.number) == order


def test_evidence_for_another_quote_is_no_evidence(shop: Shop) -> None:
    quote = shop.quote(shop.order(), Action.CANCEL_ORDER)
    outcome = shop.orders.execute(quote, key="k", actor=AGENT, evidence=Evidence("t", "another digest"))
    assert outcome.result is Result.CHANGED


def test_the_address_of_an_order_changes_until_it_leaves(shop: Shop) -> None:
    fresh = replace(LYON, line1="9 rue Neuve")
    order = shop.order()
    assert shop.execute(shop.quote(order, Action.CHANGE_ADDRESS, address=fresh)).result is Result.DONE
    assert shop.get(order.number).address == fresh
    left = shop.order("processed")
    assert shop.quote(left, Action.CHANGE_ADDRESS, address=fresh).ruling.rule == "ADR-2"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"country": "DE", "postcode": "10115", "city": "Berlin"}, "ADR-3"),
        ({"postcode": ""}, "ADR-4"),
        ({"postcode": "123"}, "ADR-4"),
        ({}, "ADR-5"),
    ],
)
def test_an_address_that_does_not_fit_is_refused_by_its_rule(shop: Shop, change: dict[str, str], rule: str) -> None:
    assert shop.quote(shop.order(), Action.CHANGE_ADDRESS, address=replace(LYON, **change)).ruling.rule == rule


def test_a_return_has_a_number_and_comes_back_and_is_refunded(shop: Shop) -> None:
    order = shop.delivered({"shirt": 2, "mug": 1})
    outcome = shop.do(order, Action.REQUEST_RETURN, units={1: 1})
    assert outcome.reference == f"RMA-{order.number[1:]}-1"
    assert outcome.quote.amount == euros("20.00")
    assert shop.quote(order, Action.REFUND).ruling.rule == "REF-5"
    shop.come_back(order)
    refund = shop.do(order, Action.REFUND)
    assert (refund.ruling.rule, refund.quote.amount) == ("REF-1", euros("20.00"))
    shop.provider_answers()
    assert shop.get(order.number).returning is ReturnAxis.CLOSED
    assert shop.get(order.number).payment is PaymentAxis.PARTIALLY_REFUNDED


def test_only_accepted_units_are_refunded(shop: Shop) -> None:
    order = shop.delivered()
    shop.do(order, Action.REQUEST_RETURN)
    shop.come_back(order, accepted=False)
    assert shop.quote(order, Action.REFUND).ruling.allowed is False


def test_the_label_fee_is_shown_in_the_quote_and_taken_off_once(shop: Shop) -> None:
    shop.terms = shop.terms.model_copy(update={"return_label_fee": 490})
    order = shop.delivered()
    quote = shop.quote(order, Action.REQUEST_RETURN)
    assert (quote.fee, quote.amount) == (euros("4.90"), euros("15.10"))
    shop.execute(quote)
    shop.come_back(order)
    assert shop.quote(order, Action.REFUND).amount == euros("15.10")


def test_a_faulty_item_goes_back_without_a_fee(shop: Shop) -> None:
    shop.terms = shop.terms.model_copy(update={"return_label_fee": 490})
    assert shop.quote(shop.delivered(), Action.REQUEST_RETURN, "damaged").fee is None


@pytest.mark.parametrize(("days", "rule", "allowed"), [(30, "RET-2", True), (31, "RET-2", False)])
def test_the_return_window_is_counted_in_the_shops_local_days(shop: Shop, days: int, rule: str, allowed: bool) -> None:
    ruling = shop.quote(shop.delivered(days_ago=days, placed_at="2026-01-02T10:00:00Z"), Action.REQUEST_RETURN).ruling
    assert (ruling.rule, ruling.allowed) == (rule, allowed)


def test_an_unknown_delivery_day_needs_a_person_once_the_window_may_be_over(shop: Shop) -> None:
    recent = shop.order("delivered")
    old = shop.order("delivered", placed_at=(shop.time - timedelta(days=90)).isoformat())
    assert shop.quote(recent, Action.REQUEST_RETURN).ruling.needs_person is False
    ruling = shop.quote(old, Action.REQUEST_RETURN).ruling
    assert (ruling.rule, ruling.allowed, ruling.needs_person) == ("RET-5", True, True)


def test_what_is_not_returnable_or_not_delivered_or_returned_already_is_refused(shop: Shop) -> None:
    assert shop.quote(shop.delivered({"earrings": 1}), Action.REQUEST_RETURN).ruling.rule == "RET-3"
    assert shop.quote(shop.shipped(), Action.REQUEST_RETURN).ruling.rule == "RET-1"
    order = shop.delivered()
    shop.do(order, Action.REQUEST_RETURN)
    assert shop.quote(order, Action.REQUEST_RETURN).ruling.rule == "RET-4"


def test_a_whole_return_leaves_out_what_is_not_returnable(shop: Shop) -> None:
    quote = shop.quote(shop.delivered({"shirt": 1, "earrings": 1}), Action.REQUEST_RETURN)
    assert [line.name for line in quote.lines] == ["T-Shirt (blue)"]


def test_a_claim_is_refunded_only_by_a_person_and_in_time(shop: Shop) -> None:
    ruling = shop.quote(shop.delivered(days_ago=3), Action.REFUND, "damaged").ruling
    assert (ruling.rule, ruling.needs_person) == ("REF-2", True)
    assert shop.quote(shop.delivered(days_ago=9), Action.REFUND, "damaged").ruling.rule == "REF-7"
    assert shop.quote(shop.delivered(), Action.REFUND).ruling.rule == "REF-5"


def test_a_parcel_without_a_scan_for_days_is_presumed_lost(shop: Shop) -> None:
    assert shop.quote(shop.shipped(days_ago=11), Action.REFUND, "lost").ruling.rule == "LST-1"
    assert shop.quote(shop.shipped(days_ago=2), Action.REFUND, "lost").ruling.rule == "REF-9"


def test_what_was_agreed_on_for_a_lost_parcel_is_not_paid_once_it_arrives(shop: Shop) -> None:
    order = shop.shipped(days_ago=11)
    agreed = shop.quote(order, Action.REFUND, "lost")
    shop.scan(order, "delivered", shop.time)
    outcome = shop.execute(agreed)
    assert (outcome.result, outcome.ruling.rule) == (Result.CHANGED, "REF-2")
    assert outcome.quote.amount == agreed.amount
    assert shop.get(order.number).refunds == ()


def test_a_claim_that_was_paid_is_told_as_such_and_not_as_a_return(shop: Shop) -> None:
    order = shop.delivered()
    shop.do(order, Action.REFUND, "damaged")
    shop.provider_answers(succeeded=True)
    ruling = shop.quote(order, Action.REQUEST_RETURN).ruling
    assert (ruling.rule, ruling.code) == ("RET-4", "already_refunded")


def test_a_failed_refund_is_refundable_again(shop: Shop) -> None:
    order = shop.delivered()
    shop.do(order, Action.REFUND, "damaged")
    assert shop.quote(order, Action.REFUND, "damaged").ruling.rule == "REF-3"
    shop.provider_answers(succeeded=False)
    assert shop.get(order.number).refunds[0].state == "failed"
    assert shop.quote(order, Action.REFUND, "damaged").amount == euros("20.00")


def test_a_provider_that_answers_twice_is_counted_once(shop: Shop) -> None:
    order = shop.order()
    shop.do(order, Action.CANCEL_ORDER)
    (asked,) = shop.asked()
    for _ in range(3):
        shop.answer(asked.body["transaction"], "succeeded", "re_1")
    assert shop.get(order.number).tenders[0].refunded == euros("20.00")


def test_two_refunds_at_once_never_pay_more_than_was_captured(shop: Shop) -> None:
    order = shop.delivered({"lamp": 2})
    quotes = [shop.quote(order, Action.REFUND, "damaged") for _ in range(2)]
    results = []

    def pay(number: int) -> None:
        results.append(shop.execute(quotes[number], key=f"race-{number}").result)

    threads = [threading.Thread(target=pay, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [Result.DONE, Result.REFUSED]


def test_a_gift_card_gets_its_own_money_back_at_once_in_the_ledger(shop: Shop) -> None:
    ana = {
        "id": "ana",
        "name": "Ana Lee",
        "email": "ana@example.com",
        "payment_methods": [{"id": "gc1", "type": "gift_card", "balance": "5.00"}],
    }
    paid = [
        {"type": "payment", "amount": "8.00", "method": "gift_card"},
        {"type": "payment", "amount": "12.00", "method": "credit_card"},
    ]
    record = shop.record(payments=paid)
    shop.import_shop([record], customers=[ana])
    outcome = shop.do(shop.get(record["id"]), Action.CANCEL_ORDER)
    assert outcome.settled is False
    with shop.database.read() as db:
        assert ledger.balance(db, "gift_card:gc1", "EUR") == -1300
    assert shop.provider_answers() == 1


def test_scans_in_any_order_and_twice_tell_one_story(shop: Shop) -> None:
    order = shop.shipped(days_ago=2)
    assert shop.scan(order, "delivered", shop.time - timedelta(hours=1))
    assert shop.scan(order, "out_for_delivery", shop.time - timedelta(hours=5))
    assert not shop.scan(order, "delivered", shop.time - timedelta(hours=1))
    shop.scan(order, "in_transit", shop.time)
    after = shop.get(order.number)
    assert (after.shipments[0].state, after.fulfilment) == (ShipmentState.DELIVERED, FulfilmentAxis.DELIVERED)
    assert after.delivered_at == shop.time - timedelta(hours=1)


def test_a_scan_of_an_unknown_parcel_is_refused_not_dropped(shop: Shop) -> None:
    told = shop.orders.record_tracking("nobody-knows", TrackingEvent(shop.time, "in_transit"), AGENT)
    assert isinstance(told, Refusal)
    assert told.ruling.rule == "FND-1"


def test_an_order_is_placed_reserved_shipped_and_its_stock_moves(shop: Shop) -> None:
    shop.stock("lamp", 5)
    order = shop.place(("lamp", 2))
    assert (order.lifecycle, shop.orders.available("lamp")) == (Lifecycle.CONFIRMED, 3)
    shop.done(StartFulfilment(order_id=order.id))
    ship = ShipOrder(order_id=order.id, tracking="1Z999", carrier="UPS")
    assert shop.done(ship, "sh") == shop.done(ship, "sh") == {"parcel": f"{order.id}:parcel:1"}
    assert shop.orders.order(order.id).fulfilment is FulfilmentAxis.SHIPPED
    assert shop.orders.available("lamp") == 3
    shop.audit()


def test_an_order_that_can_not_be_delivered_is_held_with_every_reason_and_not_lost(shop: Shop) -> None:
    shop.stock("lamp", 1)
    order = shop.place(("lamp", 2), total=1, address=replace(LYON, postcode=""), phone="12")
    assert order.lifecycle is Lifecycle.ON_HOLD
    assert order.hold_reason == (
        "total: the order adds up to 10000, 1 was given; address: postal_code; "
        "phone: not a number of its country; stock: not enough of lamp"
    )
    shop.audit()


def test_what_can_not_be_an_order_is_refused_with_every_reason(shop: Shop) -> None:
    ruling = shop.refusal(shop.wanted(("lamp", 1), customer_id="nobody", currency="USD"))
    assert (ruling.rule, ruling.code) == ("ORD-1", "invalid_order")
    assert ruling.accepts == "customer_id: unknown customer nobody; lines[lamp]: is sold in EUR, not USD"
    with pytest.raises(ValidationError):
        Wanted(sku="lamp", quantity=0)


def test_cancelling_releases_what_was_reserved(shop: Shop) -> None:
    shop.stock("lamp", 2)
    shop.do(shop.place(("lamp", 2)), Action.CANCEL_ORDER)
    assert shop.orders.available("lamp") == 2
    shop.audit()


def test_another_customers_order_and_a_missing_one_are_the_same_nothing(shop: Shop) -> None:
    order = shop.order(customer_id="bob")
    ana = shop.orders.customer_by_email("ANA@example.com")
    assert ana
    assert shop.orders.order_of(ana.id, order.number) is shop.orders.order_of(ana.id, "#999999") is None


@pytest.mark.parametrize("written", ["#1001", "1001", " # 1001 "])
def test_a_number_is_found_however_it_is_written(shop: Shop, written: str) -> None:
    order = shop.order()
    assert shop.orders.order_of(order.customer_id, written.replace("1001", order.number[1:])) == shop.get(order.number)


def test_every_change_is_an_event_with_its_actor(shop: Shop) -> None:
    order = shop.order()
    shop.do(order, Action.CANCEL_ORDER)
    told = [(event.type, event.actor.kind) for event in shop.orders.events(order.id)]
    assert told[-3:] == [
        ("order.cancelled", "agent"),
        ("refund.approved", "agent"),
        ("refund.submitted", "agent"),
    ]
    assert [event.sequence for event in shop.orders.events(order.id)] == list(range(1, len(told) + 1))


def test_the_database_itself_refuses_impossible_counts(shop: Shop) -> None:
    order = shop.order()
    with pytest.raises(DatabaseError), shop.database.write() as db:
        db.execute(order_lines.update().where(order_lines.c.order_id == order.id).values(shipped=99))
    with shop.database.read() as db:
        assert db.execute(select(order_lines.c.shipped).where(order_lines.c.order_id == order.id)).scalar() == 0


def test_a_write_that_fails_half_way_leaves_nothing(shop: Shop) -> None:
    order = shop.order()
    with pytest.raises(ZeroDivisionError):
        _half_written(shop, order)
    assert shop.get(order.number) == order


def _half_written(shop: Shop, order: Order) -> None:
    with shop.database.write() as db:
        db.execute(order_lines.update().where(order_lines.c.order_id == order.id).values(name="broken"))
        raise ZeroDivisionError
