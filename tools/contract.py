"""The contract between whoever thinks and whatever acts: who asks, what was read, what is proposed.

Rulings, quotes and outcomes are the core's own words (tools/orders/model.py); here is what the path adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum

from tools.history import History
from tools.orders.agreement import Action, Quote
from tools.orders.catalogue import Account, Variant
from tools.orders.model import Address, CustomerId, Order, OrderId, RuleId
from tools.orders.money import Money


class Level(IntEnum):
    """How well we know the caller (DESIGN section 4, rule 2). Comparable: a tool names the least it needs."""

    ANONYMOUS = 0
    CLAIMED = 1
    MATCHED = 2
    VERIFIED = 3
    AUTHENTICATED = 4


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and how that was proven. Built by the server, never from the text of a message.

    `customer` is None while nothing is proven, or when the proven e-mail belongs to no customer. `order` is the one
    order that a matched caller may hear of.
    """

    level: Level
    email: str | None = None
    customer: CustomerId | None = None
    name: str | None = None
    proof: str = "none"
    order: OrderId | None = None


class Risk(StrEnum):
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a closed list ("status.shipped"), said in the customer's language when it is rendered."""

    key: str


Value = Money | datetime | date | Term | Address | int | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something read, with its source. `fields` are what a reply may say; `order`, `variants` (of one line's product)
    and `account` are what rules and brains look at.

    Of a passage, `score` is its cosine to the question, and `shares_words` whether it has a word of it, and `ahead`
    by how much it was ranked above the next article, in deviations of the candidates.
    """

    id: str
    kind: str
    source: str
    fields: Mapping[str, Value]
    order: Order | None = None
    variants: tuple[Variant, ...] = ()
    account: Account | None = None
    score: float = 0.0
    shares_words: bool = False
    ahead: float = 0.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """An action with its exact quote, not yet permitted. The quote's own ruling says if the core would do it.

    `history` is the customer's record, for the rules that judge risk.
    """

    id: str
    quote: Quote
    history: History | None = None

    @property
    def action(self) -> Action:
        return self.quote.action


@dataclass(frozen=True, slots=True)
class Refusal:
    """A tool's expected no. `rule` says why; `code` is one word for programs."""

    rule: RuleId
    code: str


Answer = tuple[Fact, ...] | Proposal | Refusal
