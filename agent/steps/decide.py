"""What may be done about each request, and by which rule. Rules decide here, never a model."""

from __future__ import annotations

from agent.case import Case
from agent.graph import Added
from agent.policy import Policy
from agent.rulebook.decisions import decisions_on
from agent.rulebook.matter import Matter


def decide(case: Case, policy: Policy) -> Added:
    matters = (
        Matter(case["ticket"], case["triage"], request, case["facts"], policy) for request in case["triage"].requests
    )
    return {"decisions": tuple(decision for matter in matters for decision in decisions_on(matter))}
