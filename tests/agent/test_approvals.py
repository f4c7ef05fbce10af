"""Who may let an action run: autonomy, caps, signals, one person or two, an edit, the time that ran out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from agent import approvals, switches
from agent.answer import Answer
from agent.approvals import AlreadyDecided, ApprovalError, NotPossible, SamePerson
from agent.brains.embedded import EmbeddedBrain
from agent.brains.language import LanguageGuess
from agent.case import ApprovalId, Disposition
from tests.desks import Counter, intents, policy_with
from tests.shop import LYON, Shop
from tools.orders.actions.disputes import OpenDispute
from tools.orders.agreement import Action
from tools.orders.model import Lifecycle, Order

AUTO = {"refund": "auto"}


@pytest.fixture
def made(shop: Shop) -> Iterator[Any]:
    """Counters of any policy, closed at the end."""
    opened: list[Counter] = []

    def make(**tables: Any) -> Counter:
        opened.append(Counter(shop, policy=policy_with(**tables)))
        return opened[-1]

    yield make
    for one in opened:
        one.index.close()


def cancels(counter: Counter, order: Order, conversation: str = "") -> Answer:
    """The customer asks and confirms."""
    where = conversation or f"c-{order.number}"
    asked = counter.says(f"please cancel {order.number}", conversation=where)
    assert asked.disposition is Disposition.ASKED, asked
    return counter.says("yes", conversation=where)


def state_of(counter: Counter, approval: str) -> approvals.Approval:
    with counter.shop.database.read() as db:
        return approvals.one(db, ApprovalId(approval))


# -- two people ------------------------------------------------------------------------------------------------


def test_above_the_second_limit_two_different_people_must_accept(made: Any) -> None:
    counter = made(caps={"second_person": 1_000})
    order = counter.shop.order()
    queued = cancels(counter, order)
    (approval,) = queued.approvals
    assert queued.rules[0] == "APR-5"
    assert counter.desk.decide(approval, True, "lea") is None
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED
    with pytest.raises(SamePerson):
        counter.desk.decide(approval, True, "lea")
    assert counter.accepts(approval, "max").disposition is Disposition.ACTED
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CANCELLED
    counter.shop.provider_answers()


def test_one_person_is_enough_to_reject_what_two_must_accept(made: Any) -> None:
    counter = made(caps={"second_person": 1_000})
    order = counter.shop.order()
    (approval,) = cancels(counter, order).approvals
    counter.desk.decide(approval, True, "lea")
    assert counter.rejects(approval, by="max").rules == ("APR-2",)
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED


@pytest.mark.parametrize("people", [1, 2])
def test_of_many_who_decide_at_once_one_wins_and_the_action_runs_once(made: Any, people: int) -> None:
    counter = made(caps={"second_person": 1_000 if people == 2 else 100_000})
    order = counter.shop.order()
    (approval,) = cancels(counter, order).approvals
    won: list[Answer] = []

    def decide(name: str) -> None:
        try:
            answer = counter.desk.decide(approval, True, name)
        except ApprovalError:
            return
        if answer:
            won.append(answer)

    threads = [threading.Thread(target=decide, args=(f"p{place}",)) for place in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(won) == 1
    assert len(counter.shop.asked()) == 1
    counter.shop.provider_answers()
    assert counter.shop.get(order.number).refunds[0].amount.minor == 2000


# -- time ------------------------------------------------------------------------------------------------------


def test_what_nobody_decides_in_time_ends_and_the_customer_hears_that_a_person_answers(made: Any) -> None:
    counter = made(limits={"approval_hours": 5})
    order = counter.shop.order()
    (approval,) = cancels(counter, order).approvals
    assert counter.desk.end_waiting() == ()
    counter.shop.later(hours=5, minutes=1)
    assert counter.desk.end_waiting() == ()
    counter.shop.later(minutes=2)
    (answer,) = counter.desk.end_waiting()
    assert answer.rules[0] == "APR-4"
    assert answer.handoff == {"reason": "limit", "team": "support"}
    assert counter.desk.end_waiting() == ()
    with pytest.raises(AlreadyDecided):
        counter.desk.decide(approval, True, "late")
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED


# -- edits -----------------------------------------------------------------------------------------------------


def two_items_back(counter: Counter) -> tuple[Order, Answer]:
    order = counter.shop.delivered({"shirt": 1, "mug": 1})
    where = "edit"
    counter.says(f"my order {order.number} arrived damaged, I want my money back", conversation=where)
    return order, counter.says("yes", conversation=where)


def test_an_edit_is_a_new_quote_that_the_customer_agrees_to_before_it_runs(made: Any) -> None:
    counter = made()
    order, queued = two_items_back(counter)
    (approval,) = queued.approvals
    mug = next(line.id for line in order.lines if line.sku == "mug")
    offer = counter.desk.edit(approval, "lea", {"lines": {mug: 1}}, "only the mug was broken")
    assert offer.disposition is Disposition.ASKED
    assert offer.rules[0] == "APR-3"
    assert "10.50" in offer.reply
    assert "30.50" not in offer.reply
    assert counter.shop.get(order.number).refunds == ()
    done = counter.says("yes", conversation="edit")
    assert done.rules[0] == "APR-6"
    counter.shop.provider_answers()
    assert [refund.amount.minor for refund in counter.shop.get(order.number).refunds] == [1050]
    assert state_of(counter, approval).state == "edited"


def test_an_edit_that_the_customer_declines_does_nothing(made: Any) -> None:
    counter = made()
    order, queued = two_items_back(counter)
    mug = next(line.id for line in order.lines if line.sku == "mug")
    counter.desk.edit(queued.approvals[0], "lea", {"lines": {mug: 1}})
    counter.says("no", conversation="edit")
    counter.says("yes", conversation="edit")
    assert counter.shop.get(order.number).refunds == ()


def test_an_edit_above_the_second_limit_waits_for_another_person_than_its_author(made: Any) -> None:
    counter = made(caps={"second_person": 500})
    order, queued = two_items_back(counter)
    mug = next(line.id for line in order.lines if line.sku == "mug")
    counter.desk.edit(queued.approvals[0], "lea", {"lines": {mug: 1}})
    again = counter.says("yes", conversation="edit")
    (second,) = again.approvals
    with pytest.raises(SamePerson):
        counter.desk.decide(second, True, "lea")
    assert counter.accepts(second, "max").disposition is Disposition.ACTED
    counter.shop.provider_answers()
    assert counter.shop.get(order.number).refunds[0].amount.minor == 1050


@pytest.mark.parametrize(
    "changes",
    [{"lines": {"import:none:1": 1}}, {"lines": {}}, {"reason": "damaged"}],
)
def test_an_edit_that_the_rules_refuse_or_that_changes_nothing_leaves_what_waits(made: Any, changes: Any) -> None:
    counter = made()
    _, queued = two_items_back(counter)
    (approval,) = queued.approvals
    with pytest.raises(NotPossible):
        counter.desk.edit(approval, "lea", changes)
    assert state_of(counter, approval).state == "waiting"


def test_an_edit_can_not_move_to_another_order_or_name_an_amount(made: Any) -> None:
    from pydantic import ValidationError

    counter = made()
    theirs = counter.shop.delivered(customer_id="bob")
    order, queued = two_items_back(counter)
    (approval,) = queued.approvals
    with pytest.raises(NotPossible):
        counter.desk.edit(approval, "lea", {"order": theirs.number})
    with pytest.raises(ValidationError):
        counter.desk.edit(approval, "lea", {"amount": 99_999})
    assert counter.shop.get(theirs.number) == theirs
    assert counter.shop.get(order.number).refunds == ()


# -- caps ------------------------------------------------------------------------------------------------------


def test_within_the_caps_money_moves_by_itself_and_above_them_it_waits_for_a_person(made: Any) -> None:
    counter = made(autonomy=AUTO, caps={"refund_per_customer_day": 4_500}, risk={"refunds": 99, "ratio": 1.0})
    orders = [counter.shop.order() for _ in range(3)]
    ends = [cancels(counter, order) for order in orders]
    assert [one.disposition for one in ends] == [Disposition.ACTED, Disposition.ACTED, Disposition.QUEUED]
    assert "CAP-1" in ends[2].rules
    assert "a colleague confirms it first" in ends[2].reply
    assert counter.accepts(ends[2].approvals[0]).disposition is Disposition.ACTED
    counter.shop.provider_answers()


def test_the_caps_begin_anew_each_local_day(made: Any) -> None:
    counter = made(autonomy=AUTO, caps={"refund_per_day": 2_500}, risk={"refunds": 99, "ratio": 1.0})
    first, second, third = (counter.shop.order() for _ in range(3))
    assert cancels(counter, first).disposition is Disposition.ACTED
    assert cancels(counter, second).disposition is Disposition.QUEUED
    counter.shop.later(hours=12)
    assert cancels(counter, third).disposition is Disposition.ACTED
    counter.shop.provider_answers()


def test_conversations_at_once_do_not_each_have_what_is_left_for_one(made: Any) -> None:
    counter = made(autonomy=AUTO, caps={"refund_per_day": 6_500}, risk={"refunds": 99, "ratio": 1.0})
    orders = [counter.shop.order() for _ in range(8)]
    for order in orders:
        counter.says(f"please cancel {order.number}", conversation=f"c-{order.number}")
    ends: list[Answer] = []
    threads = [
        threading.Thread(target=lambda n=order.number: ends.append(counter.says("yes", conversation=f"c-{n}")))
        for order in orders
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    acted = [one for one in ends if one.disposition is Disposition.ACTED]
    assert (len(acted), len(ends)) == (3, 8)
    assert len(counter.shop.asked()) == 3
    counter.shop.provider_answers()


# -- signals ---------------------------------------------------------------------------------------------------


def signals_of(counter: Counter, answer: Answer) -> tuple[str, ...]:
    assert answer.disposition is Disposition.QUEUED, answer
    return state_of(counter, answer.approvals[0]).signals


def test_without_a_signal_auto_is_auto(made: Any) -> None:
    counter = made(autonomy=AUTO)
    assert cancels(counter, counter.shop.order()).disposition is Disposition.ACTED
    counter.shop.provider_answers()


def test_many_refunds_lately_bring_the_next_to_a_person(made: Any) -> None:
    counter = made(autonomy=AUTO, risk={"refunds": 2, "ratio": 1.0})
    for _ in range(2):
        counter.shop.do(counter.shop.order(), Action.CANCEL_ORDER)
    counter.shop.provider_answers()
    assert signals_of(counter, cancels(counter, counter.shop.order())) == ("RSK-1",)


def test_a_large_share_given_back_brings_the_next_to_a_person(made: Any) -> None:
    counter = made(autonomy=AUTO, risk={"refunds": 99, "ratio": 0.4})
    for _ in range(2):
        counter.shop.do(counter.shop.order(), Action.CANCEL_ORDER)
    counter.shop.provider_answers()
    counter.shop.delivered()
    assert signals_of(counter, cancels(counter, counter.shop.order())) == ("RSK-2",)


def test_an_address_changed_shortly_before_brings_it_to_a_person(made: Any) -> None:
    counter = made(autonomy=AUTO)
    order = counter.shop.order()
    moved = LYON.__class__("1 rue Neuve", "Lyon", "69002", "FR")
    counter.shop.execute(counter.shop.quote(order, Action.CHANGE_ADDRESS, address=moved))
    assert signals_of(counter, cancels(counter, order)) == ("RSK-3",)


def test_an_open_dispute_about_another_order_brings_it_to_a_person(made: Any) -> None:
    counter = made(autonomy=AUTO)
    disputed = counter.shop.sent(("shirt", 1))
    counter.shop.provider_answers()
    paid = counter.shop.orders.order(disputed.id).tenders[0]
    counter.shop.done(OpenDispute(order_id=disputed.id, payment_id=paid.payment_id, reference="dp_1", amount=500))
    assert "RSK-5" in signals_of(counter, cancels(counter, counter.shop.order()))


def test_signals_ask_for_two_people_where_the_shop_wants_it(made: Any) -> None:
    counter = made(risk={"refunds": 1, "ratio": 1.0, "two_people": True})
    counter.shop.do(counter.shop.order(), Action.CANCEL_ORDER)
    counter.shop.provider_answers()
    answer = cancels(counter, counter.shop.order())
    assert state_of(counter, answer.approvals[0]).people == 2


# -- rollout and pause -----------------------------------------------------------------------------------------


def test_a_pause_holds_from_the_next_message_in_every_desk_and_ends_as_it_began(made: Any) -> None:
    first, second = made(autonomy=AUTO), made(autonomy=AUTO)
    order = first.shop.order()
    first.says(f"please cancel {order.number}", conversation="c")
    with first.shop.database.write() as db:
        switches.pause(db, "lea", "wrong stock figures", first.shop.time)
    assert first.says("hello").mode == "draft"
    assert second.says("hello", turn="s1").mode == "draft"
    assert second.says("yes", conversation="c", turn="s2").rules[0] == "AUT-4"
    assert first.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED
    with first.shop.database.write() as db:
        assert switches.resume(db)
    assert second.says("hello", turn="s3").mode == "sent"


def test_an_intent_in_draft_is_suggested_and_one_that_is_off_goes_to_a_person(made: Any) -> None:
    counter = made(autonomy=AUTO, rollout={"intents": {"cancel_order": "draft", "order_status": "off"}})
    order, shipped = counter.shop.order(), counter.shop.shipped()
    drafted = counter.says(f"please cancel {order.number}")
    assert (drafted.mode, drafted.rules[0]) == ("draft", "AUT-4")
    off = counter.says(f"where is my order {shipped.number}?")
    assert (off.mode, off.rules, off.disposition) == ("sent", ("ROL-1",), Disposition.HANDED_OFF)


def test_an_intent_that_there_is_not_is_refused_with_its_name() -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError, match="order_statuss"):
        policy_with(rollout={"intents": {"order_statuss": "off"}})


def test_a_larger_share_keeps_every_conversation_of_a_smaller_one() -> None:
    small, large = (policy_with(rollout={"share": share}).rollout for share in (0.2, 0.6))
    taken = [name for name in map(str, range(2_000)) if small.takes(name)]
    assert 320 < len(taken) < 480
    assert all(large.takes(name) for name in taken)


# -- withdrawal ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "I withdraw from my contract for order {}, this is my right of withdrawal",
        "Je me rétracte de ma commande {}, j'exerce mon droit de rétractation",
    ],
)
def test_no_switch_no_cap_and_no_signal_holds_back_a_withdrawal(made: Any, text: str) -> None:
    off = dict.fromkeys(("cancel_order", "change_address", "request_return", "refund"), "off")
    counter = made(
        autonomy=off,
        caps=dict.fromkeys(("refund_per_order", "refund_per_customer_day", "refund_per_day", "second_person"), 0),
        risk={"refunds": 1, "ratio": 0.01, "ratio_orders": 1, "two_people": True},
    )
    counter.shop.do(counter.shop.order(), Action.CANCEL_ORDER)
    counter.shop.provider_answers()
    order = counter.shop.order()
    asked = counter.says(text.format(order.number), conversation="w")
    assert asked.disposition is Disposition.ASKED, asked
    done = counter.says("oui" if asked.language == "fr" else "yes", conversation="w")
    assert (done.disposition, done.rules[0]) == (Disposition.ACTED, "AUT-5")
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CANCELLED
    counter.shop.provider_answers()


def test_a_general_question_about_withdrawal_is_answered_from_the_help_centre_to_anybody(made: Any) -> None:
    counter = made()
    counter.knows("# Right of withdrawal\n\nWithin 14 days of delivery you may withdraw from the contract.\n", "w.md")
    answer = counter.says("what is the right of withdrawal?", email=None, verified=False)
    assert (answer.rules, answer.disposition) == (("KNO-1",), Disposition.ANSWERED)


# -- a part of an order ----------------------------------------------------------------------------------------

PART = {
    "en": ("Please cancel just the mug of order {n}, keep the lamp", "yes", "cancelled"),
    "fr": ("Annulez seulement le mug de la commande {n}, gardez la lampe", "oui", "annulée"),
    "es": ("Quiero cancelar solo el mug del pedido {n}", "Sí", "cancelado"),
    "de": ("Ich möchte nur den mug der Bestellung {n} stornieren", "Ja", "storniert"),
}


@pytest.mark.parametrize("language", PART)
@pytest.mark.parametrize("accepted", [True, False])
def test_what_a_person_decides_on_a_part_is_told_of_that_part(shop: Shop, language: str, accepted: bool) -> None:
    """Never that the whole order is cancelled; what waits, what is done and what is refused name the goods."""
    policy = policy_with(shop={"languages": tuple(PART)})
    counter = Counter(shop, EmbeddedBrain(intents(), LanguageGuess(tuple(PART)), policy), policy)
    order = shop.order(items={"mug": 1, "lamp": 1})
    wish, yes, whole = PART[language]
    assert counter.says(wish.format(n=order.number), conversation="c").disposition is Disposition.ASKED
    queued = counter.says(yes, conversation="c")
    (approval,) = queued.approvals
    told = counter.accepts(approval, "max") if accepted else counter.rejects(approval, by="max")
    for answer in (queued, told):
        assert answer.language == language
        assert "Stoneware mug" in answer.reply
        assert whole not in answer.reply
    assert counter.shop.get(order.number).lifecycle is Lifecycle.CONFIRMED
    counter.index.close()
