"""One request with all that the rules look at, and the decisions that they make of it."""

from __future__ import annotations

from dataclasses import dataclass

from agent.case import Ask, Facts, HandOff, Inform, Reason, Request, Ticket, Triage
from agent.meaning.orders import Meant, meant_by
from agent.playbooks import Playbook
from agent.policy import Policy
from agent.routing import playbook_of, team_of
from tools.contract import Proposal
from tools.orders.model import RuleId


@dataclass(frozen=True, slots=True)
class Matter:
    """One request with all that the rules look at."""

    ticket: Ticket
    triage: Triage
    request: Request
    facts: Facts
    policy: Policy

    @property
    def playbook(self) -> Playbook:
        return playbook_of(self.policy, self.request, self.triage, self.ticket.received_at)

    @property
    def meant(self) -> Meant:
        return meant_by(self.request, self.facts, self.playbook)

    def inform(
        self, rule: str, code: str = "told", facts: tuple[str, ...] = (), proposal: Proposal | None = None
    ) -> Inform:
        return Inform(self.request.id, RuleId(rule), code, facts, proposal)

    def hand_off(self, rule: str, reason: Reason) -> HandOff:
        team = team_of(self.policy, self.request, self.triage, reason, self.ticket.received_at)
        return HandOff(self.request.id, RuleId(rule), reason, team)

    def ask(self, rule: str, missing: str, times: int = 1, facts: tuple[str, ...] = (), wished: str = "") -> Ask | None:
        """None when this was asked as often before, and then the caller hands over."""
        asked_before = self.ticket.thread.asked.get(rule, 0)
        return (
            None if asked_before >= times else Ask(self.request.id, RuleId(rule), missing, facts=facts, wished=wished)
        )
