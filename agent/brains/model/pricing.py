"""From tokens to micros (millionths of the shop's currency), by shop.toml's [model.prices]."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from agent.model_terms import ModelTable, Price

LONGEST_QUESTION = 60_000
"""Characters of all that one call is given; a token is about four of them, in some languages two."""
LONGEST_ANSWER = 1_500
"""Tokens."""
CALLS_A_STEP = 2
"""A step asks once, and once more where that is sensible."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens: `sent` with `cached` among them, and `said`."""

    sent: int = 0
    cached: int = 0
    said: int = 0


def price_of(table: ModelTable, model: str) -> Price:
    """A model without a price is free: those on one's own machines."""
    return table.prices.get(model, Price())


def micros(price: Price, used: Usage) -> int:
    """Rounded up, so that many small calls are not free."""
    cached = price.input if price.cached is None else price.cached
    fresh = max(used.sent - used.cached, 0)
    return ceil(fresh * price.input + used.cached * cached + used.said * price.output)


def at_most(table: ModelTable) -> int:
    """The dearest that one step of any model can be."""
    longest = Usage(LONGEST_QUESTION // 2, 0, LONGEST_ANSWER)
    return CALLS_A_STEP * max((micros(price, longest) for price in table.prices.values()), default=0)
