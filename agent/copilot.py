"""A reply for the people who hold a conversation: the path walked up to the writing, and nothing done or kept.

As in `agent.gaps.rehearsal` it is composed of the steps that only read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from agent.brains import Brain
from agent.case import Act, Approve, Case, ConversationId, HandOff, Incoming, Thread, Ticket, TicketId
from agent.graph import Added
from agent.identity.ladder import Identity
from agent.policy import Policy
from agent.steps.check import check
from agent.steps.decide import decide
from agent.steps.investigate import investigate
from agent.steps.triage import triage
from agent.steps.write import write
from tools.orders.model import Clock
from tools.registry import Registry


@dataclass(frozen=True, slots=True)
class Copilot:
    brain: Brain
    tools: Registry
    policy: Policy
    identity: Identity
    now: Clock

    def suggest(self, incoming: Incoming) -> str | None:
        """None where Wismo itself would hand over, or what it would write does not pass the check."""
        case = Case(ticket=self._ticket(incoming))
        _add(case, triage(case, self.brain, self.policy))
        while "facts" not in case or not case["facts"].complete:
            _add(case, investigate(case, self.brain, self.tools))
        _add(case, decide(case, self.policy))
        if any(isinstance(one, HandOff) for one in case["decisions"]):
            return None
        done = [one for one in case["decisions"] if isinstance(one, Act | Approve)]
        return "\n".join(map(_would, done)) if done else self._written(case)

    def _written(self, case: Case) -> str | None:
        for _ in range(2):
            _add(case, write(case, self.brain, self.policy))
            _add(case, check(case, self.policy))
            if case["reply"].verdict == "sent":
                return case["reply"].text
        return None

    def _ticket(self, incoming: Incoming) -> Ticket:
        """Without the conversation's memory: what was offered or asked before people took over does not hold."""
        seen = self.identity.see(incoming, Thread())
        return Ticket(
            TicketId(incoming.id),
            ConversationId(incoming.conversation),
            incoming.channel,
            seen.caller,
            seen.text,
            self.now(),
            incoming.subject,
            incoming.history,
        )


def _would(decision: Act | Approve) -> str:
    """An action's words need its outcome, and a suggestion has none: the person is told what could be done."""
    quote = decision.proposal.quote
    amount = f", {quote.amount.decimal()} {quote.amount.currency}" if quote.amount.minor else ""
    what = f"{quote.action} of order {quote.order_number}{amount}"
    return f"Wismo would do this, were it asked to: {what} ({decision.rule})."


def _add(case: Case, added: Added) -> None:
    case.update(cast("Case", added))
