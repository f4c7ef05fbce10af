"""The demand of each item by period: gaps are zeros, and while the shop had none left the demand is reckoned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tools.forecast.calendar import LONGEST, Calendar
from tools.forecast.sales import Sale

Floats = NDArray[np.float64]
AROUND = 13
"""Periods before and after a stock-out that tell what would have been sold in it."""
FENCE = 1.0
"""Sizes above the upper quartile by this many quartile ranges are one-off orders. Chosen on the public data's weeks
before its test part, where it left the least bias."""


DROPS_FROM = 8
"""Periods from which on a torn first one is no loss."""


class Pattern(StrEnum):
    """Syntetos, Boylan and Croston, "On the categorization of demand patterns", JORS 56 (2005): 1.32 and 0.49."""

    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class History:
    """`units` by period, the oldest first, from the first sale on; `out` marks the periods of a stock-out."""

    name: str
    units: Floats
    out: NDArray[np.bool_]


def histories(sales: Iterable[Sale], calendar: Calendar) -> tuple[History, ...]:
    """In the order in which the items are first named."""
    most = LONGEST[calendar.frequency]
    found: dict[str, tuple[Floats, NDArray[np.bool_]]] = {}
    rows = list(sales)
    whole = _whole(rows, calendar)
    for one in rows:
        units, out = found.setdefault(one.sku, (np.zeros(most), np.zeros(most, dtype=bool)))
        back = calendar.back(one.day)
        if 0 <= back < min(most, whole):
            units[most - 1 - back] += one.units
            out[most - 1 - back] |= one.out
    return tuple(_from_first_sale(name, *kept) for name, kept in found.items())


def _whole(rows: Iterable[Sale], calendar: Calendar) -> int:
    """How many periods count: not the oldest where a shop that sells most days begins within it."""
    days = {one.day for one in rows}
    first = min(days)
    periods = calendar.back(first) + 1
    begins = calendar.back(first) != calendar.back(first - timedelta(days=1))
    dense = 2 * len(days) > (calendar.last - first).days
    return periods - 1 if dense and not begins and periods >= DROPS_FROM else periods


def _from_first_sale(name: str, units: Floats, out: NDArray[np.bool_]) -> History:
    sold = np.flatnonzero(units)
    start = int(sold[0]) if len(sold) else len(units)
    return History(name, units[start:], out[start:])


def unconstrained(history: History) -> Floats:
    """Demand without the stock-outs: in their periods at least what is usual around them was wanted.

    Usual is the mean of the periods with stock among the 13 before and the 13 after; without any, what was sold stays.
    """
    if not history.out.any():
        return history.units
    wanted = history.units.copy()
    for at in np.flatnonzero(history.out):
        near = slice(max(at - AROUND, 0), at + AROUND + 1)
        stocked = history.units[near][~history.out[near]]
        if len(stocked):
            wanted[at] = max(wanted[at], float(stocked.mean()))
    return wanted


def fenced(units: Floats) -> Floats:
    """One-off orders count up to the fence only: a level that they raise is too high for every other week.

    Source of the rule: J. W. Tukey, "Exploratory Data Analysis" (1977); over the periods with sales.
    """
    sizes = units[units > 0]
    if len(sizes) < 8:
        return units
    low, high = np.quantile(sizes, (0.25, 0.75))
    fence: Floats = np.minimum(units, high + FENCE * max(high - low, 1.0))
    return fence


def pattern(units: Floats) -> Pattern:
    sizes = units[units > 0]
    if not len(sizes):
        return Pattern.NONE
    often = len(units) / len(sizes) < 1.32
    steady = (sizes.std() / sizes.mean()) ** 2 < 0.49
    if often:
        return Pattern.SMOOTH if steady else Pattern.ERRATIC
    return Pattern.INTERMITTENT if steady else Pattern.LUMPY
