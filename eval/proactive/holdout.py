"""Contacts per 100 orders, written to or held out: a ratio of sums over customers, never a mean of ratios.

Customers are what was drawn by lot, so the spread is between customers: one who writes five times is one customer.
Source: W. G. Cochran, "Sampling Techniques", 3rd ed. (1977), ch. 6 (the ratio estimator) for each arm's variance, and
the delta method on the logarithm for their ratio.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, sqrt
from typing import Any

from eval.metrics.intervals import Z95

NOBODY = "nobody is held out ([proactive] holdout in shop.toml), so what speaking first saves can not be known"
TOO_FEW = "one of the arms has no contact or too few customers with orders yet, so no interval can be told"


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer in a period."""

    orders: int
    contacts: int


@dataclass(frozen=True, slots=True)
class Arm:
    """`low` and `high` are the 95 % interval of contacts per 100 orders; None where there is too little."""

    customers: int
    orders: int
    contacts: int
    per_100_orders: float | None
    low: float | None
    high: float | None
    relative: float | None
    """The standard error of the logarithm of the rate."""

    def as_json(self) -> dict[str, Any]:
        return {name: _rounded(getattr(self, name)) for name in self.__slots__ if name != "relative"}


@dataclass(frozen=True, slots=True)
class Effect:
    """`saved` = 1 − rate (written to) / rate (held out), with its 95 % interval; `contacts_saved` in the period."""

    told: Arm
    holdout: Arm
    saved: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""

    @property
    def contacts_saved(self) -> float | None:
        """What customers who may be written to would have asked at the holdout's rate, less what they asked."""
        if self.holdout.per_100_orders is None or self.saved is None:
            return None
        return self.told.orders * self.holdout.per_100_orders / 100 - self.told.contacts

    def as_json(self) -> dict[str, Any]:
        figures = {name: _rounded(getattr(self, name)) for name in ("saved", "low", "high", "contacts_saved")}
        return {**figures, "told": self.told.as_json(), "holdout": self.holdout.as_json(), "why": self.why}


def arm(customers: Iterable[Customer]) -> Arm:
    known = [one for one in customers if one.orders or one.contacts]
    orders, contacts, count = sum(one.orders for one in known), sum(one.contacts for one in known), len(known)
    if not orders:
        return Arm(count, orders, contacts, None, None, None, None)
    rate = contacts / orders
    if count < 2 or not contacts:
        return Arm(count, orders, contacts, 100 * rate, None, None, None)
    spread = sum((one.contacts - rate * one.orders) ** 2 for one in known) * count / (count - 1)
    relative = sqrt(spread) / orders / rate
    low, high = rate * exp(-Z95 * relative), rate * exp(Z95 * relative)
    return Arm(count, orders, contacts, 100 * rate, 100 * low, 100 * high, relative)


def effect(told: Iterable[Customer], holdout: Iterable[Customer]) -> Effect:
    ours, others = arm(told), arm(holdout)
    if not others.customers:
        return Effect(ours, others, why=NOBODY)
    if ours.relative is None or others.relative is None or not ours.per_100_orders or not others.per_100_orders:
        return Effect(ours, others, why=TOO_FEW)
    ratio = ours.per_100_orders / others.per_100_orders
    spread = Z95 * sqrt(ours.relative**2 + others.relative**2)
    return Effect(ours, others, 1 - ratio, 1 - ratio * exp(spread), 1 - ratio * exp(-spread))


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value
