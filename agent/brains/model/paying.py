"""A model that is asked for money, outside of conversations: evaluations and simulations end where the money does.

A conversation goes on without the model once the month's cap is reached (agent.brains.capped). Figures that are half a
model's and half not would say nothing, so here the run ends, and can be taken up again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.brains import EndsTheRun
from agent.brains.model.asking import Body, Chat, usage_of
from agent.brains.model.pricing import CALLS_A_STEP, at_most, micros, price_of
from agent.costs import MICROS_IN_A_CENT, Costs
from agent.model_terms import ModelTable


class SpentUp(EndsTheRun):
    """The money that may be spent would not last for another answer. The message says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Paid:
    """Is a `Chat`. `run` names what is paid for; `budget` is its own limit in cents, over all processes; 0: none."""

    chat: Chat
    table: ModelTable
    costs: Costs
    run: str
    budget: int = 0

    def __call__(self, body: Body, seconds: float) -> Mapping[str, Any]:
        """Raises `SpentUp`, and what the chat raises: a call that failed is not counted, for nobody says its tokens."""
        dearest = at_most(self.table) // CALLS_A_STEP
        if not dearest:
            return self.chat(body, seconds)
        bill = self.costs.reserve(self.run, dearest, self.budget * MICROS_IN_A_CENT)
        if bill is None:
            raise SpentUp(self._why())
        paid = 0
        try:
            answer = self.chat(body, seconds)
            paid = micros(price_of(self.table, str(body.get("model"))), usage_of(answer))
        finally:
            self.costs.settle(bill, paid)
        return answer

    def _why(self) -> str:
        left = self.costs.left()
        if left is not None and left < at_most(self.table) // CALLS_A_STEP:
            return "the month's cap for the language model is reached ([limits] monthly_cost in shop.toml)"
        return f"--budget: {self.budget / 100:.2f} do not last for another answer"

    def close(self) -> None:
        if hasattr(self.chat, "close"):
            self.chat.close()
