"""After the sale and before shipping: changes, exchanges, claims, withdrawals, returns in parts, intercepts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.shop import LYON, Shop, euros
from tools.orders import outbox, tables
from tools.orders.actions.baskets import HoldStock, ReleaseStock
from tools.orders.actions.bundles import DefineBundle
from tools.orders.actions.cancel import AnswerCancellation, InterceptOrder
from tools.orders.actions.claims import OpenClaim, ResolveClaim
from tools.orders.actions.customers import SaveMethod
from tools.orders.actions.exchange import CancelExchange, ContinueExchange
from tools.orders.actions.fulfilment import CloseOrder, MoveFulfilment, ShipOrder, StartFulfilment
from tools.orders.actions.on_hold import RejectOrder, ReleaseOrder
from tools.orders.actions.payments import Pay
from tools.orders.actions.place import Wanted
from tools.orders.actions.returns import InspectReturn, MarkReturn, ReceiveReturn
from tools.orders.actions.stock import AdjustStock, CountStock, ReceiveStock, TransferStock
from tools.orders.agreement import Action, Outcome, Quote, Result, Selection, Swap, Wish
from tools.orders.model import FulfilmentAxis, Lifecycle, Order, PaymentAxis

CARD = SaveMethod(customer_id="ana", method_id="tok_1", type="credit_card")


def quoted(shop: Shop, order: Order, action: Action, *swaps: Swap, **given: str) -> Quote:
    return shop.orders.quote(shop.orders.order(order.id), Wish(action, swaps=swaps, method_id=given.get("method")))


def changed(shop: Shop, order: Order, *swaps: Swap, **given: str) -> Outcome:
    return shop.execute(quoted(shop, order, Action.CHANGE_ITEMS, *swaps, **given))


# -- changes -------------------------------------------------------------------------------------------------


def test_a_dearer_variant_is_charged_and_a_cheaper_one_refunded_by_what_was_paid(shop: Shop) -> None:
    order = shop.place(Wanted(sku="shirt", quantity=2, discount=1000, tax_ppm=200_000))
    line = order.lines[0]
    assert order.total == euros("36.00")
    up = quoted(shop, order, Action.CHANGE_ITEMS, Swap(line.id, 1, "lamp"))
    assert up.charge == euros("36.00")  # lamp 50.00 − 5.00 of the discount, + 20 %, − 18.00 that was paid
    assert shop.execute(up).result is Result.DONE
    shop.provider_answers()
    after = shop.orders.order(order.id)
    assert (after.total, after.receivable, after.payment) == (euros("72.00"), 0, PaymentAxis.PAID)
    assert [(one.sku, one.quantity, one.open) for one in after.lines] == [("shirt", 2, 1), ("lamp", 1, 1)]
    down = changed(shop, order, Swap(after.lines[1].id, 1, "mug"))
    assert down.quote.amount == euros("47.40")  # 54.00 − (10.50 − 5.00) × 1.2
    shop.provider_answers()
    assert shop.orders.order(order.id).payment is PaymentAxis.PAID


def test_more_or_fewer_of_the_same_is_a_change_like_any_other(shop: Shop) -> None:
    order = shop.place(("shirt", 1))
    line = order.lines[0].id
    assert quoted(shop, order, Action.CHANGE_ITEMS, Swap(line, 0, "shirt", 2)).charge == euros("40.00")
    fewer = shop.place(("shirt", 3))
    outcome = changed(shop, fewer, Swap(fewer.lines[0].id, 2, "shirt", 0))
    assert outcome.quote.amount == euros("40.00")
    assert shop.orders.order(fewer.id).total == euros("20.00")


def test_the_order_that_a_change_left_behind_can_be_cancelled_to_the_cent(shop: Shop) -> None:
    order = shop.place(("shirt", 2), shipping=490)
    changed(shop, order, Swap(order.lines[0].id, 1, "lamp"))
    shop.provider_answers()
    outcome = shop.do(shop.orders.order(order.id), Action.CANCEL_ORDER)
    assert outcome.quote.amount == euros("74.90")
    shop.provider_answers()
    assert shop.orders.order(order.id).payment is PaymentAxis.REFUNDED


def test_a_change_is_refused_once_the_warehouse_has_the_order_or_for_what_is_not_sold(shop: Shop) -> None:
    order = shop.place(("shirt", 1))
    line = order.lines[0].id
    assert quoted(shop, order, Action.CHANGE_ITEMS, Swap(line, 1, "unicorn")).ruling.rule == "CHG-2"
    assert quoted(shop, order, Action.CHANGE_ITEMS, Swap(line, 2, "mug")).ruling.rule == "CHG-3"
    assert quoted(shop, order, Action.CHANGE_ITEMS, Swap(line, -1, "mug")).ruling.rule == "CHG-3"
    shop.done(StartFulfilment(order_id=order.id))
    assert quoted(shop, order, Action.CHANGE_ITEMS, Swap(line, 1, "mug")).ruling.rule == "CHG-1"


def test_a_change_to_what_is_out_of_stock_changes_nothing(shop: Shop) -> None:
    shop.stock("lamp", 1)
    order = shop.place(("shirt", 2))
    outcome = changed(shop, order, Swap(order.lines[0].id, 2, "lamp"))
    assert (outcome.result, outcome.ruling.rule) == (Result.REFUSED, "STK-1")
    assert shop.orders.order(order.id) == order


def test_the_old_card_is_given_back_only_when_the_new_one_has_paid(shop: Shop) -> None:
    shop.done(SaveMethod(customer_id="ana", method_id="tok_2", type="paypal"))
    order = shop.place(("shirt", 1))
    outcome = shop.execute(quoted(shop, order, Action.CHANGE_PAYMENT, method="tok_2"))
    assert (outcome.result, outcome.settled) == (Result.DONE, False)
    assert not any(one.pending for one in shop.orders.order(order.id).tenders)
    shop.provider_answers()
    shop.provider_answers()
    after = shop.orders.order(order.id)
    assert [(one.captured.minor, one.refunded.minor) for one in after.tenders] == [(2000, 2000), (2000, 0)]
    assert (after.payment, after.receivable) == (PaymentAxis.PAID, 0)


# -- exchanges -----------------------------------------------------------------------------------------------


def exchanged(shop: Shop, order: Order, sku: str, units: int = 1, method: str | None = "tok_1") -> Order:
    shop.command(CARD)
    swaps = (Swap(order.lines[0].id, units, sku),)
    quote = shop.orders.quote(order, Wish(Action.REQUEST_EXCHANGE, swaps=swaps, method_id=method))
    assert shop.execute(quote).result is Result.DONE
    return shop.orders.order(order.id)


def test_an_even_exchange_sends_the_new_goods_when_the_old_ones_are_back(shop: Shop) -> None:
    order = exchanged(shop, shop.sent(("shirt", 1)), "shirt")
    shop.come_back(order)
    after = shop.orders.order(order.id)
    assert (after.exchanges[0].state, after.returns[0].state) == ("new_reserved", "closed")
    assert [one.open for one in after.lines] == [0, 1]
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T2"))
    assert shop.orders.order(order.id).receivable == 0


def test_a_dearer_exchange_waits_for_its_difference_and_a_cheaper_one_gives_it_back(shop: Shop) -> None:
    dearer = exchanged(shop, shop.sent(("shirt", 1)), "lamp")
    assert dearer.exchanges[0].difference == 3000
    shop.come_back(dearer)
    waits = ContinueExchange(order_id=dearer.id, exchange_id=dearer.exchanges[0].id)
    assert shop.refusal(waits).rule == "EXC-2"
    shop.provider_answers()
    assert shop.done(waits)["state"] == "new_reserved"
    cheaper = exchanged(shop, shop.sent(("shirt", 1)), "mug")
    shop.come_back(cheaper)
    assert [one.amount for one in shop.orders.order(cheaper.id).refunds] == [euros("9.50")]


def test_only_accepted_units_are_exchanged(shop: Shop) -> None:
    order = exchanged(shop, shop.sent(("shirt", 2)), "lamp", units=2)
    rma = order.returns[0]
    shop.done(ReceiveReturn(return_id=rma.id, units=dict(rma.lines)))
    shop.done(InspectReturn(return_id=rma.id, accepted={order.lines[0].id: 1}))
    assert shop.orders.order(order.id).lines[1].quantity == 1
    assert shop.refusal(CancelExchange(order_id=order.id, exchange_id=order.exchanges[0].id)).rule == "EXC-2"


def test_a_cancelled_exchange_is_a_return_that_is_refunded(shop: Shop) -> None:
    order = exchanged(shop, shop.sent(("shirt", 1)), "lamp")
    shop.done(CancelExchange(order_id=order.id, exchange_id=order.exchanges[0].id))
    shop.come_back(order)
    assert shop.do(order, Action.REFUND).quote.amount == euros("20.00")


# -- returns -------------------------------------------------------------------------------------------------


def test_a_return_arrives_in_parts_and_what_is_missing_is_short(shop: Shop) -> None:
    shop.stock("shirt", 5)
    order = shop.sent(("shirt", 3), ("mug", 1))
    shop.do(order, Action.REQUEST_RETURN)
    rma = shop.orders.order(order.id).returns[0]
    shirt, mug = (line.id for line in order.lines)
    assert shop.refusal(ReceiveReturn(return_id=rma.id, units={shirt: 4})).rule == "RET-7"
    assert shop.done(ReceiveReturn(return_id=rma.id, units={shirt: 1}))["state"] == "partially_received"
    assert shop.refusal(InspectReturn(return_id=rma.id, accepted={shirt: 1})).rule == "RET-6"
    shop.done(ReceiveReturn(return_id=rma.id, units={shirt: 1}, last=True))
    told = {one.line_id: one.reception for one in shop.orders.order(order.id).returns[0].parts}
    assert told == {shirt: "short", mug: "lost"}
    assert shop.refusal(InspectReturn(return_id=rma.id, accepted={shirt: 3})).rule == "RET-7"
    fates = {shirt: {"restocked": 1, "damaged": 1}}
    shop.done(InspectReturn.model_validate({"return_id": rma.id, "accepted": {shirt: 2}, "dispositions": fates}))
    assert shop.orders.available("shirt") == 3
    assert shop.do(order, Action.REFUND).quote.amount == euros("40.00")
    assert shop.refusal(InspectReturn(return_id=rma.id, accepted={shirt: 2})).rule == "RET-6"


def test_a_doubtful_line_waits_for_a_person_and_then_goes_on(shop: Shop) -> None:
    order = shop.sent(("shirt", 1), ("mug", 1))
    shop.do(order, Action.REQUEST_RETURN)
    rma = shop.orders.order(order.id).returns[0]
    shop.done(ReceiveReturn(return_id=rma.id, units=dict(rma.lines)))
    shirt, mug = (line.id for line in order.lines)
    assert shop.done(InspectReturn(return_id=rma.id, accepted={shirt: 1}, unsure=(mug,)))["state"] == "inspected"
    assert shop.done(InspectReturn(return_id=rma.id, accepted={mug: 1}))["state"] == "refund_due"


def test_fees_that_were_agreed_to_are_taken_off_once(shop: Shop) -> None:
    shop.terms = shop.terms.model_copy(update={"return_label_fee": 490, "restocking_fee": 200})
    order = shop.sent(("shirt", 1))
    quote = shop.quote(order, Action.REQUEST_RETURN)
    assert (quote.fee, quote.amount) == (euros("6.90"), euros("13.10"))
    shop.execute(quote)
    shop.come_back(order)
    assert shop.do(order, Action.REFUND).quote.amount == euros("13.10")


def test_a_rejected_return_goes_back_to_the_customer(shop: Shop) -> None:
    order = shop.sent(("shirt", 1))
    shop.do(order, Action.REQUEST_RETURN)
    shop.come_back(order, accepted=False)
    rma = shop.orders.order(order.id).returns[0]
    assert shop.refusal(MarkReturn(return_id=rma.id, state="in_transit")).rule == "TRN-1"
    assert shop.done(MarkReturn(return_id=rma.id, state="shipped_back"))["state"] == "shipped_back"


# -- claims --------------------------------------------------------------------------------------------------


def test_a_claim_is_refunded_or_replaced_and_never_both(shop: Shop) -> None:
    order = shop.sent(("shirt", 2))
    line = order.lines[0].id
    claim = shop.done(OpenClaim(order_id=order.id, kind="damaged", units={line: 1}, evidence="photo"))["claim"]
    shop.done(ResolveClaim(order_id=order.id, claim_id=claim, resolution="evidence"))
    shop.done(ResolveClaim(order_id=order.id, claim_id=claim, resolution="refund"))
    assert shop.orders.order(order.id).refunds[0].amount == euros("20.00")
    assert shop.refusal(ResolveClaim(order_id=order.id, claim_id=claim, resolution="refund")).rule == "TRN-1"
    assert shop.refusal(OpenClaim(order_id=order.id, kind="lost", units={line: 2})).rule == "CLM-1"
    second = shop.done(OpenClaim(order_id=order.id, kind="missing", units={line: 1}))["claim"]
    shop.done(ResolveClaim(order_id=order.id, claim_id=second, resolution="replacement"))
    after = shop.orders.order(order.id)
    assert (after.lines[1].free, after.lines[1].open, after.total) == (True, 1, order.total)
    assert shop.quote(after, Action.REFUND, "damaged").ruling.allowed is False


# -- withdrawal ----------------------------------------------------------------------------------------------


def test_a_withdrawal_is_acknowledged_with_its_moment_and_what_is_here_is_cancelled(shop: Shop) -> None:
    order = shop.place(("shirt", 1), shipping=1490, standard_shipping=490)
    outcome = shop.do(order, Action.WITHDRAW)
    assert (outcome.result, outcome.ruling.rule, outcome.quote.amount) == (Result.DONE, "WDR-1", euros("24.90"))
    with shop.database.read() as db:
        letters = [one for one in outbox.due(db, shop.time) if one.kind == "customer.withdrawal_acknowledged"]
    assert letters[0].body["received_at"] == "2026-11-20T12:00:00.000000+00:00"
    after = shop.orders.order(order.id)
    assert (after.lifecycle, after.refunds[0].amount) == (Lifecycle.CANCELLED, euros("24.90"))


def test_withdrawn_goods_come_back_without_a_fee_with_standard_delivery_and_less_their_loss_of_value(
    shop: Shop,
) -> None:
    shop.terms = shop.terms.model_copy(update={"return_label_fee": 490, "restocking_fee": 200, "return_days": 0})
    order = shop.sent(("shirt", 1), ("earrings", 1), shipping=1490, standard_shipping=490)
    shop.later(days=14)
    assert shop.do(order, Action.WITHDRAW).result is Result.DONE
    shop.come_back(order)
    wish = Wish(Action.REFUND, deduction=500)
    assert shop.orders.quote(shop.orders.order(order.id), Wish(Action.REFUND)).amount == euros("51.90")
    quote = shop.orders.quote(shop.orders.order(order.id), wish)
    assert (quote.amount, quote.fee, quote.ruling.needs_person) == (euros("46.90"), None, True)
    assert shop.execute(quote).result is Result.DONE


@pytest.mark.parametrize(("days", "rule"), [(14, "WDR-1"), (19, "WDR-2")])
def test_the_right_ends_with_its_period(shop: Shop, days: int, rule: str) -> None:
    order = shop.sent(("shirt", 1))
    shop.later(days=days)
    assert shop.quote(order, Action.WITHDRAW).ruling.rule == rule


def test_the_right_is_the_unions(shop: Shop) -> None:
    abroad = replace(LYON, country="US", state="TX", postcode="78701", city="Austin")
    assert shop.quote(shop.place(("shirt", 1), address=abroad), Action.WITHDRAW).ruling.rule == "WDR-3"


def test_a_withdrawal_asks_the_warehouse_to_stop_what_it_has_begun(shop: Shop) -> None:
    order = shop.place(("shirt", 1))
    shop.done(StartFulfilment(order_id=order.id))
    assert shop.do(order, Action.WITHDRAW).result is Result.DONE
    assert shop.orders.order(order.id).lifecycle is Lifecycle.CANCELLING
    shop.done(AnswerCancellation(order_id=order.id, accepted=True))
    assert shop.orders.order(order.id).refunds[0].amount == euros("20.00")


# -- warehouse -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("accepted", "lifecycle"), [(True, Lifecycle.CANCELLED), (False, Lifecycle.CONFIRMED)])
def test_the_warehouse_decides_whether_it_could_stop_in_time(shop: Shop, accepted: bool, lifecycle: Lifecycle) -> None:
    shop.stock("lamp", 1)
    order = shop.place(("lamp", 1))
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(InterceptOrder(order_id=order.id))
    shop.done(AnswerCancellation(order_id=order.id, accepted=accepted))
    after = shop.orders.order(order.id)
    assert (after.lifecycle, shop.orders.available("lamp")) == (lifecycle, int(accepted))
    assert [one.amount for one in after.refunds] == ([euros("50.00")] if accepted else [])


def test_lines_that_are_in_two_places_go_in_two_parcels(shop: Shop) -> None:
    shop.stock("lamp", 1, "east")
    shop.stock("mug", 1, "west")
    order = shop.place(("lamp", 1), ("mug", 1))
    assert {one.location_id for one in order.work} == {"east", "west"}
    shop.stock("mug", 1, "east")
    west = next(one for one in order.work if one.location_id == "west")
    shop.done(MoveFulfilment(order_id=order.id, work_id=west.id, location_id="east"))
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    assert shop.orders.order(order.id).fulfilment is FulfilmentAxis.SHIPPED
    assert shop.orders.available("mug") == 1


def test_some_lines_are_cancelled_and_the_rest_is_sent_and_closed(shop: Shop) -> None:
    order = shop.place(("shirt", 2), ("mug", 1), shipping=490)
    wish = Wish(Action.CANCEL_ORDER, selection=Selection({order.lines[0].id: 1}))
    assert shop.execute(shop.orders.quote(order, wish)).quote.amount == euros("20.00")
    shop.provider_answers()
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    assert shop.refusal(CloseOrder(order_id=order.id)).rule == "ORD-6"
    shop.scan(order, "delivered", shop.time)
    shop.done(CloseOrder(order_id=order.id))
    assert shop.orders.order(order.id).lifecycle is Lifecycle.CLOSED


# -- stock ---------------------------------------------------------------------------------------------------


def test_a_bundle_takes_its_components_and_gives_them_back(shop: Shop) -> None:
    shop.done(DefineBundle(sku="lamp", components={"shirt": 2, "mug": 1}))
    shop.stock("shirt", 4)
    shop.stock("mug", 2)
    order = shop.place(("lamp", 1), ("shirt", 1))
    assert (shop.orders.available("shirt"), shop.orders.available("mug")) == (1, 1)
    assert shop.place(("lamp", 1)).lifecycle is Lifecycle.ON_HOLD
    shop.do(order, Action.CANCEL_ORDER, units={1: 1})
    assert shop.orders.available("shirt") == 3
    assert shop.refusal(DefineBundle(sku="lamp", components={"mug": 1})).rule == "STK-2"


def test_a_basket_holds_stock_until_it_expires_or_is_bought(shop: Shop) -> None:
    shop.stock("lamp", 2)
    shop.done(HoldStock(sku="lamp", quantity=2, reference="basket-1", minutes=15))
    assert shop.refusal(HoldStock(sku="lamp", quantity=1, reference="basket-2")).rule == "STK-1"
    assert shop.place(("lamp", 2), basket="basket-1").lifecycle is Lifecycle.CONFIRMED
    shop.stock("lamp", 1)
    shop.done(HoldStock(sku="lamp", quantity=1, reference="basket-3"))
    shop.later(minutes=16)
    assert shop.orders.expire_holds() == 1
    assert shop.orders.available("lamp") == 1
    shop.done(HoldStock(sku="lamp", quantity=1, reference="basket-4"))
    shop.done(ReleaseStock(sku="lamp", reference="basket-4"))
    assert shop.orders.available("lamp") == 1


def test_stock_is_moved_counted_and_damaged_only_as_far_as_it_is_there(shop: Shop) -> None:
    shop.stock("lamp", 5)
    shop.place(("lamp", 2))
    assert shop.refusal(TransferStock(sku="lamp", to_location_id="east", quantity=4)).rule == "STK-1"
    shop.done(TransferStock(sku="lamp", to_location_id="east", quantity=3))
    assert shop.refusal(CountStock(sku="lamp", counted=1)).rule == "STK-1"
    shop.done(CountStock(sku="lamp", counted=4))
    damaged = AdjustStock(sku="lamp", bucket="damaged", delta=3, reason="broken")
    assert shop.refusal(damaged).rule == "STK-1"
    shop.done(AdjustStock(sku="lamp", bucket="incoming", delta=6, reason="announced"))
    shop.done(ReceiveStock(sku="lamp", quantity=6, from_incoming=True))
    assert shop.orders.available("lamp") == 11
    assert shop.refusal(ReceiveStock(sku="unicorn", quantity=1)).rule == "STK-2"


def test_an_order_on_hold_is_released_when_its_reasons_are_gone_or_rejected(shop: Shop) -> None:
    shop.stock("lamp", 1)
    sale = Pay(kind="card", token="t", mode="sale")
    order = shop.place(Wanted(sku="lamp", quantity=2, unit_price=4000), payments=(sale,))
    assert order.hold_reason == "price: lamp costs 5000, 4000 was given; stock: not enough of lamp"
    assert shop.asked() == []
    assert shop.done(ReleaseOrder(order_id=order.id, accept=("price",)))["reasons"] == ["stock: not enough of lamp"]
    shop.stock("lamp", 1)
    assert shop.done(ReleaseOrder(order_id=order.id, accept=("price",)))["reasons"] == []
    assert [one.body["amount"] for one in shop.asked()] == [8000]
    held = shop.place(("lamp", 1))
    shop.done(RejectOrder(order_id=held.id, reason="no stock"))
    after = shop.orders.order(held.id)
    assert (after.lifecycle, after.refunds[0].amount) == (Lifecycle.REJECTED, euros("50.00"))


# -- time ----------------------------------------------------------------------------------------------------


def test_an_order_is_seen_as_it_was_at_any_moment(shop: Shop) -> None:
    order = shop.place(("shirt", 2))
    moments = [shop.time]
    shop.later(days=1)
    shop.do(order, Action.CANCEL_ORDER, units={1: 1})
    shop.later(days=1)
    moments.append(shop.time)
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    shop.later(days=1)
    shop.scan(order, "delivered", shop.time - timedelta(hours=20))
    then = [shop.orders.as_of(order.id, moment) for moment in (*moments, shop.time - timedelta(hours=19))]
    assert [one and one.lines[0].cancelled for one in then] == [0, 1, 1]
    assert [one and one.fulfilment.value for one in then] == ["unfulfilled", "shipped", "delivered"]
    assert shop.orders.as_of(order.id, moments[0] - timedelta(days=1)) is None
    assert shop.orders.as_of(order.id, shop.time) == shop.orders.order(order.id)


def test_an_imported_order_is_seen_as_its_dates_tell(shop: Shop) -> None:
    order = shop.shipped(days_ago=2)
    before = shop.orders.as_of(order.id, shop.time - timedelta(days=3))
    assert before is not None
    assert (order.fulfilment, before.shipments) == (FulfilmentAxis.SHIPPED, ())
    assert before.fulfilment is FulfilmentAxis.IN_WAREHOUSE  # the file does not say when it was handed over


def test_whoever_changes_a_row_behind_the_core_is_found_by_the_auditor(shop: Shop) -> None:
    order = shop.place(("shirt", 1))
    with shop.database.write() as db:
        db.execute(tables.orders.update().values(cancel_reason="forged").where(tables.orders.c.id == order.id))
    (found,) = shop.orders.audit().violations
    assert str(found).startswith("I10 replay: orders web:")
    assert "cancel_reason 'forged', by its events None" in str(found)
    assert shop.orders.audit([order.id]).ok is False
    with shop.database.write() as db:
        db.execute(tables.orders.update().values(cancel_reason=None).where(tables.orders.c.id == order.id))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("ledger_entries", "currency"),
        ("ledger_transactions", "kind"),
        ("events", "type"),
        ("stock_movements", "reason"),
    ],
)
def test_the_database_itself_refuses_to_rewrite_history(shop: Shop, table: str, column: str) -> None:
    shop.stock("lamp", 1)
    shop.place(("lamp", 1))
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(Exception, match="append-only"), shop.database.write() as db:
            db.exec_driver_sql(statement)


def test_a_quote_that_expired_is_computed_again(shop: Shop) -> None:
    quote = shop.quote(shop.place(("shirt", 1)), Action.CANCEL_ORDER)
    shop.later(minutes=16)
    late = shop.execute(quote)
    assert (late.result, late.ruling.rule, late.ruling.accepts) == (Result.CHANGED, "QUO-1", quote.digest)
    fresh = shop.orders.again(quote)
    assert shop.execute(fresh).result is Result.DONE
