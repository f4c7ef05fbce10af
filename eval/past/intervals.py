"""What a simulation's figures may be by chance: shares, a seeded bootstrap of sums, pairs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from typing import Any

import numpy as np

from eval.metrics.intervals import rate

ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class Share:
    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's; of nothing, everything is possible."""
        whole = rate(self.hits, self.of)
        return whole.low, whole.high

    def as_json(self) -> dict[str, Any]:
        low, high = self.interval
        value = None if self.value is None else round(self.value, 4)
        return {"hits": self.hits, "of": self.of, "value": value, "low": round(low, 4), "high": round(high, 4)}


@dataclass(frozen=True, slots=True)
class Sum:
    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        return {"value": round(self.value, 2), "low": round(self.low, 2), "high": round(self.high, 2)}


def bootstrap(values: Sequence[float], seed: int, rounds: int = ROUNDS) -> Sum:
    """Of the sum over all: what it would be, were other tickets like these drawn."""
    total = float(sum(values))
    if not any(values):
        return Sum(total, total, total)
    random, given = np.random.default_rng(seed), np.asarray(values, np.float64)
    drawn = sorted(float(given[random.integers(0, len(given), len(given))].sum()) for _ in range(rounds))
    return Sum(total, drawn[int(rounds * 0.025)], drawn[int(rounds * 0.975) - 1])


def mcnemar(better: int, worse: int) -> float:
    """Two-sided exact p of a paired comparison: of the tickets that changed, half would get better by chance."""
    changed, fewer = better + worse, min(better, worse)
    if not changed:
        return 1.0
    probability, tail = 0.5**changed if changed < 1_000 else 0.0, 0.0
    if not probability:
        return _normal(better, worse)
    for hits in range(fewer + 1):
        tail += probability
        probability *= (changed - hits) / (hits + 1)
    return min(1.0, 2 * tail)


def _normal(better: int, worse: int) -> float:
    return erfc(max(0.0, abs(better - worse) - 1) / sqrt(2 * (better + worse)))
