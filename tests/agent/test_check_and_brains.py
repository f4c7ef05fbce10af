"""Whatever a brain says: nothing unsupported goes out, nothing foreign is read, nothing is done that no rule permits."""

from __future__ import annotations

import pytest

from agent.brains import InvalidOutput, Unavailable
from agent.brains.fallback import FallbackBrain
from agent.case import Case, Disposition, Draft, Facts, Intent, Mood, RequestId, Ticket, ToolCall, Triage
from tests.desks import Counter, ScriptedBrain, request
from tests.shop import Shop
from tools.orders.model import Lifecycle

R1 = RequestId("R1")


def status_brain(number: str, *drafts: str) -> ScriptedBrain:
    return ScriptedBrain(
        (request(Intent.ORDER_STATUS, number),),
        [(ToolCall(R1, "read_order", {"order": number}),)],
        [Draft("en", text, by="script") for text in drafts],
    )


def test_a_draft_of_placeholders_is_rendered_from_the_facts(shop: Shop) -> None:
    order = shop.shipped()
    answer = Counter(shop, status_brain(order.number, "Order {F1.number} comes with {F1.carrier}.")).says("?")
    assert answer.reply == f"Order {order.number} comes with DHL."


@pytest.mark.parametrize(
    "lie",
    [
        "It arrives on 24 December.",
        "Your total was 12,00 EUR.",
        "See https://evil.example/track",
        "Mail me at thief@evil.example",
        "Your order {F9.number} is fine.",
        "Your order is fine: {F1.secret}",
        "I have cancelled it for you.",
        "Your refund has been issued.",
        "We will call you back, I promise to check.",
    ],
)
def test_a_lie_is_written_again_from_the_template(shop: Shop, lie: str) -> None:
    order = shop.shipped()
    brain = status_brain(order.number, lie)
    answer = Counter(shop, brain).says("?")
    assert brain.written == 1
    assert answer.disposition is Disposition.ANSWERED
    assert f"Your order {order.number} is on its way" in answer.reply


def test_other_customers_orders_stay_unread_whoever_asks_the_tool(shop: Shop) -> None:
    theirs = shop.shipped(customer_id="bob")
    answer = Counter(shop, status_brain(theirs.number, "{F1.tracking} {F1.city}")).says("?")
    assert theirs.shipments[0].tracking_number not in answer.reply
    assert answer.rules == ("SCP-1",)


def test_a_brain_that_proposes_everything_at_once_is_still_asked_for_the_customers_yes(shop: Shop) -> None:
    order = shop.order()
    calls = tuple(ToolCall(R1, name, {"order": order.number}) for name in ("cancel_order", "refund", "request_return"))
    brain = ScriptedBrain((request(Intent.CANCEL_ORDER, order.number),), [calls], [Draft("en", "ok")])
    answer = Counter(shop, brain).says("?")
    assert all(action["status"] in {"proposed", "denied"} for action in answer.actions)
    assert shop.get(order.number).lifecycle is Lifecycle.CONFIRMED


@pytest.mark.parametrize(
    "call",
    [
        ToolCall(R1, "drop_tables", {}),
        ToolCall(R1, "read_order", {}),
        ToolCall(R1, "read_order", {"order": "x" * 999}),
        ToolCall(R1, "refund", {"order": "#1001", "amount": 999}),
        ToolCall(R1, "refund", {"order": "#1001", "lines": {"import:1002:1": 5}}),
    ],
)
def test_tools_and_arguments_that_do_not_exist_do_nothing(shop: Shop, call: ToolCall) -> None:
    order = shop.delivered()
    brain = ScriptedBrain((request(Intent.REFUND_REQUEST, order.number),), [(call,)], [Draft("en", "hm")])
    answer = Counter(shop, brain).says("?")
    assert answer.disposition in {Disposition.ASKED, Disposition.HANDED_OFF, Disposition.ANSWERED}
    assert shop.get(order.number) == order


def test_a_brain_that_never_has_enough_is_stopped(shop: Shop) -> None:
    order = shop.shipped()
    calls: list[tuple[ToolCall, ...]] = [(ToolCall(R1, "read_order", {"order": order.number}),)] * 500
    brain = ScriptedBrain((request(Intent.ORDER_STATUS, order.number),), calls, [Draft("en", "Fine.")])
    assert Counter(shop, brain).says("?").disposition is Disposition.ANSWERED


def test_anger_hands_over_even_when_the_brain_would_rather_not(shop: Shop) -> None:
    brain = ScriptedBrain((request(Intent.GREETING),), [], [Draft("en", "All fine!")], mood=Mood.ANGRY)
    answer = Counter(shop, brain).says("?")
    assert answer.handoff == {"reason": "distress", "team": "support"}


class Broken:
    """A model that is down, or answers nonsense."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def triage(self, ticket: Ticket) -> Triage:
        raise self.error("down")

    def look_up(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        raise self.error("down")

    def write(self, case: Case) -> Draft:
        raise self.error("down")


@pytest.mark.parametrize("error", [Unavailable, InvalidOutput])
def test_where_the_first_brain_fails_the_second_answers(shop: Shop, error: type[Exception]) -> None:
    order = shop.shipped()
    brain = FallbackBrain(Broken(error), status_brain(order.number, "Order {F1.number}."))
    assert Counter(shop, brain).says("?").reply == f"Order {order.number}."


def test_a_defect_of_a_brain_is_not_mistaken_for_an_outage(shop: Shop) -> None:
    brain = FallbackBrain(Broken(ZeroDivisionError), status_brain("#1", "x"))
    with pytest.raises(ZeroDivisionError):
        Counter(shop, brain).says("?")
