"""What became of a conversation: the one form that metrics, graders and reports read, whoever tells it.

The journal tells it of live conversations, the simulation of past tickets, the suite of its cases. Types only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from agent.case import Disposition, Mood

SMALL_TALK = frozenset({"greeting", "thanks", "affirm", "deny", "praise"})
"""Intents that ask for nothing: a conversation of only these is not meaningful."""


@dataclass(frozen=True, slots=True)
class Action:
    """What was proposed or done. `amount` in minor units of `currency`; `status` as in DESIGN section 9."""

    action: str
    order: str
    amount: int
    currency: str
    status: Literal["done", "proposed", "queued", "denied"]


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked for, and how it ended."""

    intent: str
    confidence: float
    in_scope: bool
    disposition: Disposition
    rule: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of the agent: on a customer's message, or (`decision`) after a person's word on an approval.

    `sent` is False for a draft that only people see. `machine`: written by no person, so it is not inbound.
    `took_ms` and `cost` (minor units of the shop's currency) are 0 where nobody measured them.
    """

    ticket: str
    at: datetime
    kind: Literal["message", "decision"]
    requests: tuple[Request, ...]
    disposition: Disposition
    sent: bool
    rules: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    handoff: str = ""
    language: str = "en"
    mood: Mood = Mood.NEUTRAL
    orders: tuple[str, ...] = ()
    machine: bool = False
    took_ms: float = 0.0
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Grades:
    """What graders found: True it holds, False it does not, None nobody could tell.

    `facts` every order fact stated equals the ledger as of the reply · `end_state` the order ended as the policy
    demands · `policy` nothing was done or promised that no rule allows · `wording` nothing forbidden, nothing owed left
    out · `answered` what was asked was answered. `why` names each that does not hold.
    """

    facts: bool | None = None
    end_state: bool | None = None
    policy: bool | None = None
    wording: bool | None = None
    answered: bool | None = None
    why: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conversation:
    """`customer` is an opaque key by which conversations of one person are found again, never an address.

    `closed_by_person`: the first moment at which a person had it. `csat` from 0 (bad) to 1 (good). `reversed_at`: when
    the core undid what the resolution rested on (a failed refund, a chargeback, a later return). `holdout`: the
    customer is in the share that the agent leaves to people. `segment`: new, returning, … as the shop divides them.
    `in_share` is False where the rollout leaves the conversation to people; `identified`: who writes was proven.
    """

    id: str
    channel: str
    turns: tuple[Turn, ...]
    customer: str = ""
    orders: tuple[str, ...] = ()
    closed_by_person: datetime | None = None
    csat: float | None = None
    reversed_at: datetime | None = None
    grades: Grades = Grades()
    holdout: bool = False
    test: bool = False
    segment: str = ""
    in_share: bool = True
    identified: bool = False

    @property
    def began(self) -> datetime:
        return self.turns[0].at
