"""How fast and how rightly orders leave the shop, by the definitions of docs/metrics.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from eval.metrics.intervals import Rate, rate
from tools.orders.figures import Sent

MISTAKES = ("wrong_item", "missing")
"""What the shop packed wrongly. What was lost or damaged under way is the carrier's."""
STEPS: tuple[tuple[str, float], ...] = (
    ("≤ 4 h", 4),
    ("≤ 12 h", 12),
    ("≤ 1 day", 24),
    ("≤ 2 days", 48),
    ("≤ 3 days", 72),
    ("≤ 7 days", 168),
    ("longer", float("inf")),
)


@dataclass(frozen=True, slots=True)
class Processing:
    """Hours from the order to its first parcel, by the nearest rank; None where nothing was sent."""

    orders: int
    median: float | None
    p90: float | None
    steps: tuple[tuple[str, int], ...]

    def as_json(self) -> dict[str, Any]:
        hours = {name: None if value is None else round(value, 2) for name, value in self._hours()}
        return {"orders": self.orders, **hours, "steps": dict(self.steps)}

    def _hours(self) -> tuple[tuple[str, float | None], ...]:
        return ("median_hours", self.median), ("p90_hours", self.p90)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Orders sent without a wrong or a missing item, of those sent; `mistakes`: orders by kind."""

    rate: Rate
    mistakes: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        return {**self.rate.as_json(), "mistakes": dict(self.mistakes)}


def processing(sent: Sequence[Sent]) -> Processing:
    """An order that left before it was placed (an import with torn times) took no time."""
    took = sorted(max((one.shipped_at - one.placed_at) / timedelta(hours=1), 0.0) for one in sent)
    counts = [sum(low < hours <= high for hours in took) for low, high in _between()]
    steps = tuple((name, count) for (name, _), count in zip(STEPS, counts, strict=True))
    return Processing(len(took), _rank(took, 50), _rank(took, 90), steps)


def accuracy(sent: Sequence[Sent]) -> Accuracy:
    right = sum(not one.mistakes for one in sent)
    return Accuracy(rate(right, len(sent)), {kind: sum(kind in one.mistakes for one in sent) for kind in MISTAKES})


def _between() -> list[tuple[float, float]]:
    ends = [end for _, end in STEPS]
    return list(zip((-1.0, *ends[:-1]), ends, strict=True))


def _rank(ordered: Sequence[float], percent: int) -> float | None:
    return ordered[max(-(-percent * len(ordered) // 100), 1) - 1] if ordered else None
