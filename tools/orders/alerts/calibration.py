"""What a told chance comes to, learned from judgements of the past.

Rising knots by the pool-adjacent-violators rule (Ayer et al., "An empirical distribution function for sampling with
incomplete information", 1955). Of parcels under way they are learned apart by how near the promise is: the nearer, the
more a chance that is still left says.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tools.orders.alerts.lanes import Curve, Lanes

FEWEST = 200
"""Judgements below which nothing is calibrated."""
SMALLEST, BLOCKS = 50, 400
Knot = tuple[float, float]
Knots = tuple[Knot, ...]


class Calibration:
    """Rising (told, real) pairs; without any, what is told is taken as it is."""

    def __init__(self, knots: Sequence[Knot] = ()) -> None:
        self.knots = tuple(knots)
        self._told: dict[float, float] = {}

    def real(self, told: float) -> float:
        return _between(self.knots, told) if self.knots else told

    def told(self, real: float) -> float:
        """The least told chance that comes to this; above 1: none does."""
        if real not in self._told:
            self._told[real] = self._turned(real)
        return self._told[real]

    def _turned(self, real: float) -> float:
        if not self.knots:
            return real
        if real <= self.knots[0][1]:
            return 0.0  # even the least comes to as much
        return _between([(y, x) for x, y in self.knots], real) if self.knots[-1][1] >= real else 1.1


class Nearing:
    """One calibration for each of some hours before the promise; between two of them the nearer one holds."""

    def __init__(self, knots: Mapping[float, Sequence[Knot]]) -> None:
        self.knots = {hours: tuple(own) for hours, own in sorted(knots.items())}
        marks = list(self.knots)
        ends = [(one + other) / 2 for one, other in pairwise(marks)]
        calibrations = [Calibration(own) for own in self.knots.values()] or [Calibration()]
        self._bands = list(zip([0.0, *ends], [*ends, math.inf], calibrations, strict=True))

    def real(self, told: float, left: float) -> float:
        """So many hours before the promise is over."""
        return next(one for _, most, one in self._bands if left <= most).real(told)

    def reached(self, curve: Curve, until: float, chance: float) -> float | None:
        """Hours after the milestone from which lateness really is so likely; None: not before `until`."""
        for least, most, calibration in reversed(self._bands):
            hours = curve.reached(calibration.told(chance), until)
            if hours is not None and until - hours > least:
                return max(hours, until - most)
        return None


@dataclass(frozen=True, slots=True)
class Learned:
    """What the past says: how long parcels take, and what chances that follow from it came to."""

    lanes: Lanes
    under_way: Nearing
    unsent: Calibration


def enough(judged: Sequence[tuple[float, bool]]) -> Knots:
    """None where there is too little to judge by."""
    return pooled(sorted(judged)) if len(judged) >= FEWEST else ()


def pooled(judged: Sequence[tuple[float, bool]]) -> Knots:
    """Of judgements by rising chance: at most `BLOCKS` groups, joined until what came of them rises too."""
    size = max(len(judged) // BLOCKS, SMALLEST)
    groups = [judged[at : at + size] for at in range(0, len(judged), size)]
    blocks: list[tuple[float, float, int]] = []
    for group in groups:
        count = len(group)
        block = (sum(told for told, _ in group) / count, sum(real for _, real in group) / count, count)
        while blocks and blocks[-1][1] >= block[1]:
            block = _joined(blocks.pop(), block)
        blocks.append(block)
    return tuple((told, real) for told, real, _ in blocks)


def _joined(one: tuple[float, float, int], other: tuple[float, float, int]) -> tuple[float, float, int]:
    count = one[2] + other[2]
    return (
        (one[0] * one[2] + other[0] * other[2]) / count,
        (one[1] * one[2] + other[1] * other[2]) / count,
        count,
    )


def _between(knots: Sequence[Knot], value: float) -> float:
    """On the line through the knots, which rise; the ends go on level."""
    place = bisect_right(knots, (value, 2.0))
    if place == 0:
        return knots[0][1]
    if place == len(knots):
        return knots[-1][1]
    (x0, y0), (x1, y1) = knots[place - 1], knots[place]
    return y0 + (y1 - y0) * (value - x0) / (x1 - x0) if x1 > x0 else y1
