"""All graders on one conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from eval.conversation import Grades
from eval.grading.answered import answered
from eval.grading.end_state import end_state
from eval.grading.evidence import Evidence, Verdict
from eval.grading.facts import facts
from eval.grading.policy import policy
from eval.grading.wording import wording

Grader = Callable[[Evidence], Verdict]
GRADERS: Mapping[str, Grader] = {
    "facts": facts,
    "end_state": end_state,
    "policy": policy,
    "wording": wording,
    "answered": answered,
}


def verdicts(evidence: Evidence) -> Mapping[str, Verdict]:
    return {name: grader(evidence) for name, grader in GRADERS.items()}


def grade(evidence: Evidence) -> Grades:
    """`why` names each that does not hold, or that nobody could tell."""
    found = verdicts(evidence)
    return Grades(
        **{name: one.holds for name, one in found.items()},
        why={name: one.why for name, one in found.items() if one.why},
    )
