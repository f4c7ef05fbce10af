"""The disagreements with people that are worth reading first: money, then actions, then words. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from eval.conversation import Action
from eval.past.kept import Line, Played
from eval.past.prediction import intent_of

MOST = 10
WEIGHTS: Mapping[str, int] = {"different_amount": 5, "different_action": 4, "agent_only": 3, "people_only": 2}


def disagreements(lines: Collection[Line], run: int, most: int = MOST) -> list[dict[str, Any]]:
    """Grades that do not hold first, then by how the actions differ and how much money it was."""
    ranked = heapq.nsmallest(
        most,
        ((weight, line) for line in lines if line.runs and (weight := _weight(line, line.runs[run]))),
        key=lambda one: (-one[0][0], -one[0][1], one[1].id),
    )
    return [_told(line, line.runs[run]) for _, line in ranked]


def _weight(line: Line, played: Played) -> tuple[int, int] | None:
    grades = played.conversation.grades
    broken = 10 * (grades.facts is False or grades.end_state is False or grades.policy is False)
    weight = broken + WEIGHTS.get(played.agreement, 0)
    money = abs(_money(actions(played)) - _money(line.people.actions))
    return (weight, money) if weight else None


def actions(played: Played) -> list[Action]:
    return [one for turn in played.conversation.turns for one in turn.actions if one.status in ("done", "queued")]


def _money(done: Sequence[Action]) -> int:
    return sum(one.amount for one in done)


def _told(line: Line, played: Played) -> dict[str, Any]:
    return {
        "ticket": line.id,
        "intent": intent_of(played.conversation),
        "asked": line.asked,
        "agreement": played.agreement,
        "agent": {
            "actions": list(map(described, actions(played))),
            "reply": played.replies[-1] if played.replies else "",
        },
        "people": {
            "actions": list(map(described, line.people.actions)),
            "sure": line.people.sure,
            "reply": line.people.reply,
            "handoffs": line.people.handoffs,
        },
        "why": dict(sorted(played.conversation.grades.why.items())),
    }


def described(one: Action) -> str:
    money = f" {one.amount / 100:.2f} {one.currency}" if one.amount else ""
    status = "" if one.status == "done" else f" ({one.status})"
    return " ".join(filter(None, (one.action, one.order))) + money + status
