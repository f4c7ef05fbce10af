"""Which conversations a figure is about: inbound ≥ meaningful ≥ eligible ≥ involved ≥ answered.

Mail that no person wrote is left out of everything, so here a turn is one of a customer or of a decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.conversation import SMALL_TALK, Conversation, Request, Turn
from eval.metrics.intervals import Rate, rate

SWITCHED_OFF = frozenset({"ROL-1", "ROU-1"})
"""Rules by which the shop leaves an intent to people: a request under them was never the agent's to try."""
ANSWERS = frozenset({"answered", "acted"})
PEOPLE = frozenset({"handed_off", "queued"})


@dataclass(frozen=True, slots=True)
class Funnel:
    inbound: int
    meaningful: int
    eligible: int
    involved: int
    answered: int

    @property
    def coverage(self) -> Rate:
        return rate(self.involved, self.inbound)

    @property
    def answer_rate(self) -> Rate:
        return rate(self.answered, self.involved)


def turns(conversation: Conversation) -> Sequence[Turn]:
    return tuple(turn for turn in conversation.turns if not turn.machine)


def asks(turn: Turn) -> bool:
    """A customer wants something in it: more than small talk, in scope or not."""
    return turn.kind == "message" and any(one.intent not in SMALL_TALK for one in turn.requests)


def wishes(turn: Turn) -> frozenset[str]:
    return frozenset(one.intent for one in turn.requests if one.intent not in SMALL_TALK)


def is_answer(turn: Turn) -> bool:
    """Substantive: something was done, or more than small talk was answered. A question back is none."""
    return turn.sent and any(_substantive(one) for one in turn.requests)


def by_people(turn: Turn) -> bool:
    """A person had to: handed over, waits for approval, decided by one, or only drafted for one."""
    if turn.kind == "decision" or turn.handoff or any(one.disposition in PEOPLE for one in turn.requests):
        return True
    return not turn.sent and asks(turn)


def is_inbound(conversation: Conversation) -> bool:
    """Started by a customer, no test, not only automatic mail."""
    return not conversation.test and any(turn.kind == "message" for turn in turns(conversation))


def is_meaningful(conversation: Conversation) -> bool:
    return is_inbound(conversation) and any(map(asks, turns(conversation)))


def is_eligible(conversation: Conversation) -> bool:
    taken = conversation.in_share and not conversation.holdout
    return taken and is_meaningful(conversation) and any(map(_can_be_tried, turns(conversation)))


def is_involved(conversation: Conversation) -> bool:
    return is_eligible(conversation) and any(one.sent and _can_be_tried(one) for one in turns(conversation))


def is_answered(conversation: Conversation) -> bool:
    return is_involved(conversation) and any(map(is_answer, turns(conversation)))


def main_intent(conversation: Conversation) -> str:
    """The first thing asked for, by which tables by intent count a conversation once; small talk's own otherwise."""
    every = [one.intent for turn in turns(conversation) if turn.kind == "message" for one in turn.requests]
    return next((intent for intent in every if intent not in SMALL_TALK), every[0] if every else "")


def funnel(conversations: Iterable[Conversation]) -> Funnel:
    every = list(conversations)
    steps = (is_inbound, is_meaningful, is_eligible, is_involved, is_answered)
    return Funnel(*(sum(map(step, every)) for step in steps))


def _substantive(one: Request) -> bool:
    disposition = str(one.disposition)
    return one.in_scope and (disposition == "acted" or (disposition in ANSWERS and one.intent not in SMALL_TALK))


def _can_be_tried(turn: Turn) -> bool:
    return turn.kind == "message" and any(
        one.in_scope and one.intent not in SMALL_TALK and one.rule not in SWITCHED_OFF for one in turn.requests
    )
