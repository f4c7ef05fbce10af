"""Two brains as one: the second answers where the first cannot, and the journal says why. Nothing is retried here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog

from agent import thinking
from agent.brains import Brain, BrainError
from agent.case import Case, Draft, Facts, Ticket, ToolCall, Triage

T = TypeVar("T")
log = structlog.get_logger()


class FallbackBrain:
    def __init__(self, first: Brain, then: Brain) -> None:
        self._first = first
        self._then = then

    def triage(self, ticket: Ticket) -> Triage:
        return _either("triage", lambda: self._first.triage(ticket), lambda: self._then.triage(ticket))

    def look_up(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        return _either(
            "investigate",
            lambda: self._first.look_up(ticket, triage, facts),
            lambda: self._then.look_up(ticket, triage, facts),
        )

    def write(self, case: Case) -> Draft:
        return _either("write", lambda: self._first.write(case), lambda: self._then.write(case))


def _either(step: thinking.Step, first: Callable[[], T], then: Callable[[], T]) -> T:
    try:
        return first()
    except BrainError as error:
        log.warning("brain.fallback", step=step, error=type(error).__name__, code=error.code)
        thinking.note(thinking.Thought(step, "fallback", failed=error.code))
        return then()
