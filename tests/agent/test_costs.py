"""The month's cap on what a model may cost: reached, another brain answers; a new month, it may think again."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from agent.brains.capped import CappedBrain
from agent.brains.embedded import EmbeddedBrain
from agent.case import Case, Draft, Facts, Intent, RequestId, Ticket, ToolCall, Triage
from agent.costs import Costs
from agent.policy import Policy
from tests.desks import Counter, ScriptedBrain, intents, language, policy_with, request
from tests.shop import Shop

CENT = 10_000


class Dear(ScriptedBrain):
    """A scripted brain with a bill: half a cent a call, at most one."""

    at_most = CENT
    paid = 0

    def spent(self) -> int:
        return self.paid

    def triage(self, ticket: Ticket) -> Triage:
        self.paid += CENT // 2
        return super().triage(ticket)

    def look_up(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        self.paid += CENT // 2
        return super().look_up(ticket, triage, facts)

    def write(self, case: Case) -> Draft:
        self.paid += CENT // 2
        return super().write(case)


def costs_of(shop: Shop, cents: int) -> Costs:
    return Costs(shop.database, lambda: policy_with(limits={"monthly_cost": cents}), lambda: shop.time)


def status_of(number: str) -> Dear:
    calls: list[tuple[ToolCall, ...]] = [(ToolCall(RequestId("R1"), "read_order", {"order": number}),)]
    return Dear((request(Intent.ORDER_STATUS, number),), calls, [Draft("en", "Model: {F1.number}.")])


def test_within_the_cap_the_model_answers_and_above_it_the_embedded_brain_does(shop: Shop) -> None:
    order = shop.shipped()
    costs = costs_of(shop, 3)
    embedded = EmbeddedBrain(intents(), language(), Policy())
    counter = Counter(shop, CappedBrain(status_of(order.number), embedded, costs))
    assert counter.says(f"where is {order.number}?").reply == f"Model: {order.number}."
    assert costs.spent() == 4 * CENT // 2
    assert "on its way" in counter.says(f"where is {order.number}?").reply
    assert costs.left() is not None
    assert costs.spent() <= 3 * CENT
    shop.time += timedelta(days=20)
    assert costs.spent() == 0
    counter.index.close()


def test_without_a_cap_nothing_is_held_back_and_all_is_counted(shop: Shop) -> None:
    costs = costs_of(shop, 0)
    for _ in range(50):
        bill = costs.reserve("c", CENT)
        assert bill
        costs.settle(bill, CENT * 2)
    assert costs.left() is None
    assert costs.spent() == 100 * CENT


def test_calls_at_once_stay_within_the_cap_together(shop: Shop) -> None:
    costs = costs_of(shop, 5)
    bills: list[str | None] = []
    threads = [threading.Thread(target=lambda: bills.append(costs.reserve("c", CENT))) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(bill is not None for bill in bills) == 5


class Failing(Dear):
    def triage(self, ticket: Ticket) -> Triage:
        self.paid += CENT // 2
        raise ZeroDivisionError

    def look_up(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        raise ZeroDivisionError

    def write(self, case: Case) -> Draft:
        raise ZeroDivisionError


def test_a_call_that_failed_is_paid_for_too(shop: Shop) -> None:
    costs = costs_of(shop, 5)
    failing = Failing((request(Intent.GREETING),))
    counter = Counter(shop, CappedBrain(failing, failing, costs))
    with pytest.raises(ZeroDivisionError):
        counter.says("hello")
    assert costs.spent() == CENT // 2
    counter.index.close()
