"""How many people the tickets to come will need. Pure arithmetic; its inputs are shown beside it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from tools.forecast.terms import Shift

BUSY = 0.85
"""The share of a shift that a person spends on tickets; above it queues grow out of proportion."""


@dataclass(frozen=True, slots=True)
class Staff:
    """People for the tickets that need one, and for all of them were there no Wismo; `most` on a busy period (p90)."""

    needed: int
    most: int
    without: int


def staff(tickets: float, busy: float, share: float, shift: Shift) -> Staff:
    """`share` of the tickets comes to a person."""
    return Staff(people(tickets * share, shift), people(busy * share, shift), people(tickets, shift))


def people(tickets: float, shift: Shift) -> int:
    return ceil(tickets * shift.minutes / (60 * shift.hours * BUSY) - 1e-9)
