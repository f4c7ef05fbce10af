"""A draft in which facts stand as placeholders. The second time, and where a yes will count, from the template."""

from __future__ import annotations

from agent.brains import Brain
from agent.case import Ask, Case
from agent.graph import Added
from agent.policy import Policy
from agent.replies import compose


def write(case: Case, brain: Brain, policy: Policy) -> Added:
    if "reply" in case or case["ticket"].verdict or case["ticket"].code_refused or _offers(case):
        return {"draft": compose(case, policy)}
    return {"draft": brain.write(case)}


def _offers(case: Case) -> bool:
    """The customer's yes will run what is shown now, so the whole quote is shown, in words that no brain chose."""
    return any(isinstance(one, Ask) and one.proposal is not None for one in case["decisions"])
