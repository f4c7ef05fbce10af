"""What the replay of a past ticket knows beside the graders: every order of the sandbox, and what people did.

The words, the orders and the rules are judged as everywhere, by `eval.grading`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from agent.case import Disposition
from eval.conversation import SMALL_TALK, Grades, Turn
from eval.past.people import Agreement

COURTESY = SMALL_TALK - {"affirm", "deny"}
OTHERWISE = frozenset({"people_only", "different_action", "different_amount"})


def judged(given: Grades, turns: Sequence[Turn], changed: Collection[str], agreed: Agreement) -> Grades:
    """`changed` are the numbers of all orders that the agent changed, whoever they belong to.

    Answered is not who left undone, or did otherwise, what people saw fit to do.
    """
    told = {one.order for turn in turns for one in turn.actions if one.status == "done"}
    beside = sorted(set(changed) - told)
    if beside:
        why = f"changed beside what was told: {', '.join(beside)}"
        given = replace(given, end_state=False, why={**given.why, "end_state": why})
    if agreed in OTHERWISE and given.answered is not False and ending(turns) is not Disposition.HANDED_OFF:
        why = f"people did something else ({agreed.replace('_', ' ')})"
        given = replace(given, answered=False, why={**given.why, "answered": why})
    return given


def ending(turns: Sequence[Turn]) -> Disposition:
    """How the last turn that was about something ended: a thanks after it changes nothing."""
    meant = [turn for turn in turns if any(one.intent not in COURTESY for one in turn.requests)]
    return (meant or turns)[-1].disposition if turns else Disposition.HANDED_OFF
