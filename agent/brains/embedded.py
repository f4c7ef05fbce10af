"""The brain that needs no key, no network and no server: classifier, playbooks, templates."""

from __future__ import annotations

from agent.brains import Begun
from agent.brains.classifier import IntentModel
from agent.brains.language import LanguageGuess
from agent.brains.lookups import Lookups
from agent.brains.triage import Triager
from agent.case import Case, Draft, Facts, Ticket, ToolCall, Triage
from agent.policy import Policy
from agent.replies import compose


class EmbeddedBrain:
    """Deterministic: the same ticket over the same shop gives the same answer, to the byte."""

    def __init__(self, model: IntentModel, language: LanguageGuess, policy: Policy) -> None:
        self._policy = policy
        self._triage = Triager(model, language, policy)
        self._lookups = Lookups(policy, model.near)

    def triage(self, ticket: Ticket) -> Triage:
        return self._triage(ticket)

    def begin(self, ticket: Ticket) -> Begun:
        return self._triage.begin(ticket)

    def look_up(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        return self._lookups(ticket, triage, facts)

    def write(self, case: Case) -> Draft:
        return compose(case, self._policy)
