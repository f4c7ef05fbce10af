"""Benchmarks: the product beside a floor in the same run, interleaved. Medians and ratios; nothing is asserted here."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    unit: str
    floor: float | None = None

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"name": self.name, "value": round(self.value, 3), "unit": self.unit}
        if self.floor:
            shown |= {"floor": round(self.floor, 3), "ratio": round(self.value / self.floor, 2)}
        return shown


def interleaved(runs: Mapping[str, Callable[[], object]], rounds: int, warm: int = 5) -> Mapping[str, list[float]]:
    """Milliseconds of each run, A B C A B C …, so that a machine that slows down slows all of them."""
    for _ in range(warm):
        for run in runs.values():
            run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            times[name].append((time.perf_counter() - started) * 1000)
    return times


def median(values: list[float]) -> float:
    return statistics.median(values)


def timed(run: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def p99(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=100)[98] if len(times) > 1 else times[0]
