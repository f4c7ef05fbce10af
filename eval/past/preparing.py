"""What a past conversation brings to its replay: the customer's turns, and the orders it is about.

Also whether what happened to those orders is known well enough to replay it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agent.brains import reading
from agent.case import Intent
from agent.case import Turn as Spoken
from agent.policy import Policy
from connectors.exports.past import PastConversation
from eval.conversation import SMALL_TALK
from eval.past.kept import Usability
from tools.orders import replay
from tools.orders.sandbox import Scene

TOGETHER = timedelta(minutes=2)
"""Messages of a customer so close to each other are one turn."""
FILED = frozenset(one.value for one in Intent) - SMALL_TALK
LEARNED_LATER = timedelta(hours=1)
"""An event that was written down so much later than it happened was not recorded but told afterwards."""


@dataclass(frozen=True, slots=True)
class Message:
    at: datetime
    text: str
    history: tuple[Spoken, ...] = ()


def messages(past: PastConversation) -> list[Message]:
    """The customer's turns, with all that was said in public before each."""
    found: list[Message] = []
    history: list[Spoken] = []
    last = None
    for turn in past.turns:
        if not turn.public or not turn.words:
            continue
        if turn.by != "customer":
            history.append(Spoken("agent", turn.words))
        elif last == "customer" and found and turn.at - found[-1].at <= TOGETHER:
            found[-1] = replace(found[-1], at=turn.at, text=f"{found[-1].text}\n\n{turn.words}")
        else:
            found.append(Message(turn.at, turn.words, tuple(history)))
        if turn.by == "customer":
            history.append(Spoken("customer", turn.words))
        last = turn.by
    return found


def usability(scene: Scene, moment: datetime, named: str = "") -> tuple[Usability, str]:
    """Of the orders that count for this ticket: was their past recorded, told afterwards, or is it gone?"""
    if scene.unknown and not scene.named and (named or not scene.orders):
        return Usability.UNUSABLE, "the order no longer exists" if named else "an order that is not in the shop"
    past = {order: replay.until(scene.told[order], moment) for order in scene.orders}
    if scene.named and not any(past[order] for order in scene.named):
        return Usability.UNUSABLE, "the order has no history at that moment"
    told = [row for rows in past.values() for row in rows]
    if not told:
        return Usability.NOT_TIED, ""
    later = any(row["reconstructed"] or row["recorded_at"] - row["at"] > LEARNED_LATER for row in told)
    return (Usability.RECONSTRUCTED if later else Usability.RECORDED), ""


def order_numbers(past: PastConversation, said: Sequence[Message], policy: Policy) -> tuple[str, ...]:
    """What the customer wrote, and what the helpdesk says the ticket is about."""
    text = "\n".join((past.subject, *(one.text for one in said)))
    found = reading.order_numbers(text, policy)
    return tuple(dict.fromkeys((*found, *((past.order,) if past.order else ()))))


def filed_under(tags: Iterable[str]) -> str:
    """The intent that one tag names, however it is written; "" where none does, or several."""
    named = {tag.casefold().replace("-", "_").replace(" ", "_") for tag in tags} & FILED
    return named.pop() if len(named) == 1 else ""


def segment_of(scene: Scene, moment: datetime) -> str:
    """By how many orders the customer had placed by then."""
    if scene.customer is None:
        return "unknown"
    placed = sum(bool(replay.until(scene.told[order], moment)) for order in scene.own)
    return "returning" if placed > 1 else "new"
