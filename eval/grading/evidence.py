"""What a grader sees of a conversation. Types only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from agent.case import Disposition, Mood
from agent.policy import Policy
from eval.conversation import Action, Request
from tools.orders.model import Order


class Verdict(NamedTuple):
    """True it holds, False it does not, None nobody could tell. `why` is empty where it holds."""

    holds: bool | None
    why: str = ""


HOLDS = Verdict(True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the customer asked for in truth, where somebody knows it; `orders` are numbers as the shop writes them."""

    intent: str
    orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: what was said, and the customer's own orders just before it and just after the reply.

    `requests`, `mood` and `language` are the agent's reading of the message, `actions` what it says that it did:
    claims, not proofs. `passages` are the texts of the help centre that the reply cites. `wanted`: what was asked
    for in this message, where a case knows it turn by turn.
    """

    at: datetime
    message: str
    reply: str
    requests: tuple[Request, ...]
    disposition: Disposition
    before: tuple[Order, ...] = ()
    after: tuple[Order, ...] = ()
    actions: tuple[Action, ...] = ()
    rules: tuple[str, ...] = ()
    handoff: str = ""
    kind: Literal["message", "decision"] = "message"
    sent: bool = True
    language: str = "en"
    mood: Mood = Mood.NEUTRAL
    passages: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """`proven`: we know who writes; else no order is theirs. `strangers`: what only other customers may read.

    `prices` (minor units) are of the variants beside those in the orders. `wanted`, `must` and `must_not` come from a
    case whose answer is known; without `wanted` the agent's own reading of the messages is taken.
    """

    turns: tuple[Turn, ...]
    policy: Policy
    channel: str = "email"
    proven: bool = True
    name: str = ""
    strangers: frozenset[str] = frozenset()
    prices: frozenset[int] = frozenset()
    wanted: tuple[Wanted, ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
