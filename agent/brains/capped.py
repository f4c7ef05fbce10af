"""A brain that costs money, until the month's cap; from then on the other one answers. Nobody is left unanswered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import structlog

from agent import thinking
from agent.brains import Brain
from agent.case import Case, Draft, Facts, Ticket, ToolCall, Triage
from agent.costs import Costs

T = TypeVar("T")
log = structlog.get_logger()


class Metered(Brain, Protocol):
    """Micros: `at_most` is the dearest that one step can be, `spent` what those of this turn took so far."""

    @property
    def at_most(self) -> int: ...

    def spent(self) -> int: ...


class CappedBrain:
    def __init__(self, first: Metered, then: Brain, costs: Costs) -> None:
        self._first = first
        self._then = then
        self._costs = costs

    def triage(self, ticket: Ticket) -> Triage:
        return self._either(ticket, "triage", lambda: self._first.triage(ticket), lambda: self._then.triage(ticket))

    def look_up(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        return self._either(
            ticket,
            "investigate",
            lambda: self._first.look_up(ticket, triage, facts),
            lambda: self._then.look_up(ticket, triage, facts),
        )

    def write(self, case: Case) -> Draft:
        return self._either(case["ticket"], "write", lambda: self._first.write(case), lambda: self._then.write(case))

    def _either(self, ticket: Ticket, step: thinking.Step, first: Callable[[], T], then: Callable[[], T]) -> T:
        """A call that failed is settled too: its tokens were paid for. What is free needs no bill."""
        if not self._first.at_most:
            return first()
        before = self._first.spent()
        bill = self._costs.reserve(ticket.conversation, self._first.at_most)
        if bill is None:
            log.warning("brain.cost_cap_reached")
            thinking.note(thinking.Thought(step, "fallback", failed="cost_cap"))
            return then()
        try:
            return first()
        finally:
            self._costs.settle(bill, self._first.spent() - before)
