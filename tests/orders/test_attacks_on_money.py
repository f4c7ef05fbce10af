"""Ways in which money could leave twice, or to nobody. Each was possible once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.shop import Shop, euros
from tools.orders import ledger
from tools.orders.agreement import Action, Result
from tools.orders.model import FulfilmentAxis, Order

SPLIT = [
    {"type": "payment", "amount": "15.00", "method": "credit_card"},
    {"type": "payment", "amount": "25.00", "method": "gift_card"},
]


def paid_back(shop: Shop, order: Order) -> int:
    return sum(one.refunded.minor + one.pending.minor for one in shop.orders.order(order.id).tenders)


def with_gift_card(shop: Shop, *cards: str) -> None:
    methods = [{"id": card, "type": "gift_card", "balance": "0.00"} for card in cards]
    shop.import_shop(
        [],
        customers=[{"id": "ana", "name": "Ana Lee", "email": "ana@example.com", "payment_methods": methods}],
    )


def test_an_accepted_unit_is_not_refunded_again_while_the_provider_is_silent(shop: Shop) -> None:
    order = shop.delivered({"shirt": 2})
    shop.do(order, Action.REQUEST_RETURN, units={1: 1})
    shop.come_back(order)
    assert shop.do(order, Action.REFUND).result is Result.DONE
    again = shop.do(order, Action.REFUND)
    assert again.result is Result.REFUSED
    assert paid_back(shop, order) == 2000


def test_the_refund_of_a_return_is_what_the_return_had_promised(shop: Shop) -> None:
    shop.terms = shop.terms.model_copy(update={"return_shipping": True})
    order = shop.delivered({"shirt": 1}, shipping="4.90")
    promised = shop.do(order, Action.REQUEST_RETURN).quote.amount
    shop.come_back(order)
    assert shop.do(order, Action.REFUND).quote.amount == promised == euros("24.90")


def test_an_order_that_comes_back_in_two_returns_gets_its_shipping_back_with_the_second(shop: Shop) -> None:
    shop.terms = shop.terms.model_copy(update={"return_shipping": True})
    order = shop.delivered({"shirt": 1, "mug": 1}, shipping="4.90")
    for line in (1, 2):
        shop.do(order, Action.REQUEST_RETURN, units={line: 1})
        shop.come_back(order)
        shop.do(order, Action.REFUND)
        shop.provider_answers()
    assert paid_back(shop, order) == order.total.minor


def test_when_one_of_two_tenders_fails_the_other_is_not_paid_again(shop: Shop) -> None:
    with_gift_card(shop, "g1")
    order = shop.delivered({"shirt": 2}, payments=SPLIT)
    shop.do(order, Action.REQUEST_RETURN, units={1: 1})
    shop.come_back(order)
    shop.do(order, Action.REFUND)
    shop.provider_answers(succeeded=False)
    shop.do(order, Action.REFUND)
    shop.provider_answers()
    assert paid_back(shop, order) <= 2000


def test_a_success_that_the_provider_takes_back_is_refundable_again(shop: Shop) -> None:
    order = shop.delivered()
    shop.do(order, Action.REQUEST_RETURN)
    shop.come_back(order)
    shop.do(order, Action.REFUND)
    part = shop.asked()[-1].body["transaction"]
    shop.answer(part, "succeeded", "re_1")
    shop.answer(part, "failed", "re_1")
    assert shop.orders.order(order.id).refunds[-1].state == "failed"
    assert paid_back(shop, order) == 0
    assert shop.do(order, Action.REFUND).result is Result.DONE


def test_a_gift_card_that_is_not_known_is_never_called_settled(shop: Shop) -> None:
    order = shop.order(payments=[{"type": "payment", "amount": "20.00", "method": "gift_card"}])
    done = shop.do(order, Action.CANCEL_ORDER)
    assert not done.settled


def test_a_gift_card_gets_its_money_back_at_once(shop: Shop) -> None:
    with_gift_card(shop, "g1")
    order = shop.order(payments=[{"type": "payment", "amount": "20.00", "method": "gift_card"}])
    assert shop.do(order, Action.CANCEL_ORDER).settled
    with shop.database.read() as db:
        assert ledger.balance(db, "gift_card:g1", "EUR") == -2000


def again(record: dict[str, Any], *refunds: tuple[str, str], **changed: object) -> dict[str, Any]:
    rows = [{"type": "refund", "amount": amount, "method": method} for amount, method in refunds]
    return record | {"payments": record["payments"] + rows} | changed


def test_a_file_that_tells_wismos_own_refund_tender_by_tender_repeats_nothing(shop: Shop) -> None:
    with_gift_card(shop, "g1")
    record = shop.record(items={"shirt": 2}, payments=SPLIT)
    shop.import_shop([record])
    order = shop.get(record["id"])
    shop.do(order, Action.CANCEL_ORDER)
    shop.provider_answers()
    shop.import_shop([again(record, ("15.00", "credit_card"), ("25.00", "gift_card"), status="cancelled")])
    assert paid_back(shop, order) == 4000
    assert [one.amount.minor for one in shop.orders.order(order.id).refunds] == [4000]


def test_a_refund_that_only_the_file_tells_is_not_paid_again(shop: Shop) -> None:
    record = shop.record(items={"shirt": 2})
    shop.import_shop([record])
    order = shop.get(record["id"])
    report = shop.import_shop([again(record, ("15.00", "credit_card"))])
    assert not report.conflicts
    assert paid_back(shop, order) == 1500
    assert shop.do(order, Action.CANCEL_ORDER).quote.amount == euros("25.00")


def test_a_refund_in_the_file_that_does_not_fit_wismos_own_is_a_conflict(shop: Shop) -> None:
    record = shop.record("delivered", {"shirt": 2}, delivered_at=(shop.time - timedelta(days=3)).isoformat())
    shop.import_shop([record])
    order = shop.get(record["id"])
    shop.do(order, Action.REQUEST_RETURN, units={1: 1})
    shop.come_back(order)
    shop.do(order, Action.REFUND)
    report = shop.import_shop([again(record, ("30.00", "credit_card"))])
    assert report.conflicts
    assert paid_back(shop, order) == 2000


def test_an_address_that_changed_in_the_file_arrives_or_is_told(shop: Shop) -> None:
    record = shop.record()
    shop.import_shop([record])
    moved = record | {"shipping_address": record["shipping_address"] | {"line1": "9 rue Neuve"}}
    report = shop.import_shop([moved])
    assert shop.get(record["id"]).address.line1 == "9 rue Neuve" or report.conflicts


def test_a_parcel_that_had_only_a_label_is_delivered_by_its_scans(shop: Shop) -> None:
    order = shop.order("processed", shipments=[{"tracking_id": "700000000001", "skus": ["shirt"]}])
    assert order.fulfilment is FulfilmentAxis.IN_WAREHOUSE
    shop.scan(order, "in_transit", shop.time)
    assert shop.orders.order(order.id).fulfilment is FulfilmentAxis.SHIPPED
    shop.scan(order, "delivered", shop.time + timedelta(hours=3))
    arrived = shop.orders.order(order.id)
    assert arrived.fulfilment is FulfilmentAxis.DELIVERED
    assert arrived.delivered_at == shop.time + timedelta(hours=3)


def test_one_lost_parcel_of_two_can_be_claimed(shop: Shop) -> None:
    long_ago = (shop.time - timedelta(days=20)).isoformat()
    parcels = [
        {"tracking_id": "1", "skus": ["shirt"], "events": [{"at": long_ago, "code": "delivered"}]},
        {"tracking_id": "2", "skus": ["mug"], "events": [{"at": long_ago, "code": "lost"}]},
    ]
    order = shop.order("shipped", {"shirt": 1, "mug": 1}, shipments=parcels)
    quote = shop.quote(order, Action.REFUND, "lost")
    assert quote.ruling.allowed
    assert quote.ruling.needs_person
    assert quote.amount == euros("10.50")
