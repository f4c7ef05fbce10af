"""All graders on one conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from agent.journal import Entry
from agent.policy import Policy
from eval.conversation import Conversation, Grades
from eval.conversation import Turn as ToldTurn
from eval.grading.answered import answered
from eval.grading.end_state import end_state
from eval.grading.evidence import Evidence, Turn, Verdict
from eval.grading.facts import facts
from eval.grading.gathering import of_journal
from eval.grading.policy import policy as allowed
from eval.grading.wording import wording
from tools.orders.service import Orders

Grader = Callable[[Evidence], Verdict]
GRADERS: Mapping[str, Grader] = {
    "facts": facts,
    "end_state": end_state,
    "policy": allowed,
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


def from_journal(orders: Orders, policy: Policy) -> Callable[[Sequence[Entry]], Grades]:
    """What grades a journal's conversation; nothing is known of one whose words were erased."""

    def graded(entries: Sequence[Entry]) -> Grades:
        found = of_journal(entries, orders, policy)
        return grade(found) if found else Grades()

    return graded


def conversation(evidence: Evidence, name: str, customer: str = "") -> Conversation:
    """The same conversation for metrics and reports, with its grades."""
    turns = tuple(_turn(turn, name) for turn in evidence.turns)
    handed_over = (turn.at for turn in evidence.turns if turn.handoff)
    numbers = (one for turn in turns for one in turn.orders)
    return Conversation(
        id=name,
        channel=evidence.channel,
        turns=turns,
        customer=customer,
        orders=tuple(dict.fromkeys(numbers)),
        closed_by_person=next(handed_over, None),
        grades=grade(evidence),
    )


def _turn(turn: Turn, name: str) -> ToldTurn:
    spoken = f"{turn.message} {turn.reply}"
    return ToldTurn(
        ticket=f"{name}:{turn.at.isoformat()}",
        at=turn.at,
        kind=turn.kind,
        requests=turn.requests,
        disposition=turn.disposition,
        sent=turn.sent,
        rules=turn.rules,
        actions=turn.actions,
        handoff=turn.handoff,
        language=turn.language,
        mood=turn.mood,
        orders=tuple(order.number for order in turn.after if order.number.lstrip("#") in spoken),
    )
