"""A draft in which facts stand as placeholders. The second time it is the template's turn."""

from __future__ import annotations

from agent.brains import Brain
from agent.case import Case
from agent.graph import Added
from agent.policy import Policy
from agent.replies import compose


def write(case: Case, brain: Brain, policy: Policy) -> Added:
    if "reply" in case or case["ticket"].verdict or case["ticket"].code_refused:
        return {"draft": compose(case, policy)}
    return {"draft": brain.write(case)}
