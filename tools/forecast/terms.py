"""What a forecast is made with beside the past: how the shop buys, and how its people work."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

WEEK = 7


@dataclass(frozen=True, slots=True)
class Terms:
    """How the shop buys: days until goods come, how much that varies, days between orders, how rarely to run out."""

    lead_days: float = 14
    lead_spread: float = 3
    review_days: float = 7
    service: float = 0.95

    @property
    def weeks(self) -> int:
        """Weeks of forecast that an order has to last."""
        return ceil((self.lead_days + self.review_days) / WEEK)


@dataclass(frozen=True, slots=True)
class Shift:
    """Minutes that a ticket takes a person, and hours that one works in a week."""

    minutes: float = 6
    hours: float = 35
