"""What people got with a hand-off: why, how complete, whether the customer had to say it again, how soon they came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.conversation import Conversation, Turn
from eval.metrics.contacts import utc
from eval.metrics.deflection import ORDER_QUESTIONS
from eval.metrics.intervals import Rate, rate
from eval.metrics.populations import asks, turns, wishes
from eval.metrics.resolution import Standing

NAMELESS = frozenset({"out_of_scope", "talk_to_human", "complaint"})
"""Intents that tell a person nothing of what is wanted."""


@dataclass(frozen=True, slots=True)
class Handoffs:
    """`assisted`: with identity, order and intent, all that the request needs; `filled` counts each part.

    `seconds_to_person` is the median; None where nobody recorded when a person came.
    """

    count: int
    reasons: Mapping[str, int]
    assisted: Rate
    filled: Mapping[str, Rate]
    repeated: Rate
    seconds_to_person: float | None

    def as_json(self) -> dict[str, Any]:
        return {
            "count": self.count,
            "reasons": dict(self.reasons),
            "assisted": self.assisted.as_json(),
            "filled": {name: one.as_json() for name, one in self.filled.items()},
            "repeated": self.repeated.as_json(),
            "seconds_to_person": self.seconds_to_person,
        }


@dataclass(frozen=True, slots=True)
class Handover:
    """The first hand-off of a conversation. A request that needs no order lacks none."""

    reason: str
    identity: bool
    order: bool
    intent: bool
    repeated: bool
    seconds: float | None

    @property
    def assisted(self) -> bool:
        return self.identity and self.order and self.intent


def quality(standings: Iterable[Standing]) -> Handoffs:
    found = [one for each in standings if each.inbound if (one := handover(each.conversation))]
    waited = sorted(one.seconds for one in found if one.seconds is not None)
    count = len(found)
    reasons = sorted(Counter(one.reason for one in found).items(), key=lambda one: (-one[1], one[0]))
    return Handoffs(
        count,
        dict(reasons),
        rate(sum(one.assisted for one in found), count),
        {part: rate(sum(getattr(one, part) for one in found), count) for part in ("identity", "order", "intent")},
        rate(sum(one.repeated for one in found), count),
        waited[(len(waited) - 1) // 2] if waited else None,
    )


def handover(conversation: Conversation) -> Handover | None:
    every = turns(conversation)
    place = next((place for place, turn in enumerate(every) if turn.handoff), None)
    if place is None:
        return None
    turn, before, after = every[place], every[: place + 1], every[place + 1 :]
    wanted = frozenset().union(*map(wishes, before)) - NAMELESS
    return Handover(
        turn.handoff,
        conversation.identified,
        not wanted & ORDER_QUESTIONS or any(one.orders for one in before),
        bool(wanted),
        any(asks(one) and wishes(one) & wanted for one in after),
        _waited(conversation, turn, every),
    )


def _waited(conversation: Conversation, turn: Turn, every: Sequence[Turn]) -> float | None:
    """Only where somebody recorded a person's coming after the hand-off: the switch itself is no person."""
    came = conversation.closed_by_person
    if came is None or came <= turn.at or turn not in every:
        return None
    return (utc(came) - utc(turn.at)).total_seconds()
