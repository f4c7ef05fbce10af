"""`wismo bench forecast`: two years of weeks of many items, beside seasonal naive by numpy in the same run."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable

import numpy as np

from eval.bench import Figure
from tools.forecast.calendar import Frequency, Plan
from tools.forecast.forecasting import Progress, forecast
from tools.forecast.history import Floats, History

WEEKS = 104
HORIZON = 8
SEASON = 52
Made = Callable[[np.random.Generator, Floats], Floats]


def bench(items: int, progress: Progress, workers: int = 0) -> list[Figure]:
    """`workers`: processes; 0: two, or one where there is one processor."""
    histories = shop(items)
    processes = workers or min(os.cpu_count() or 1, 2)
    started, spent = time.perf_counter(), _processor()
    made = forecast(histories, Plan(Frequency.WEEK, HORIZON), processes, progress)
    seconds = time.perf_counter() - started
    floor = _floor(histories)
    ours, simple = made.measured["wismo"], made.measured["seasonal_naive"]
    assert len(made.items) == items
    return [
        Figure(f"forecast of {items:,} items, {WEEKS} weeks, {processes} processes", seconds, "s", floor),
        Figure("processor time of all processes", _processor() - spent, "s"),
        Figure("WAPE on the last weeks, floor seasonal naive", ours.wape or 0.0, "", simple.wape),
        Figure("MASE on the last weeks, floor seasonal naive", ours.mase or 0.0, "", simple.mase),
        Figure("came between p10 and p90", 100 * (ours.coverage or 0.0), "%"),
    ]


def _processor() -> float:
    """Seconds of this process and of those that it started and that ended: a busy machine adds little to them."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def shop(items: int, seed: int = 11) -> list[History]:
    """Half sells steadily, a quarter in seasons, the rest now and then or in lumps: as a catalogue does."""
    random = np.random.default_rng(seed)
    week = np.arange(WEEKS, dtype=np.float64)
    kinds: tuple[Made, ...] = (_steady, _steady, _seasonal, _seldom)
    return [
        History(f"item-{at}", kinds[at % len(kinds)](random, week), np.zeros(WEEKS, dtype=bool)) for at in range(items)
    ]


def _steady(random: np.random.Generator, week: Floats) -> Floats:
    level = random.gamma(2.0, 20.0) * (1 + random.normal(0, 0.003) * week).clip(0.2)
    return random.poisson(level).astype(np.float64)


def _seasonal(random: np.random.Generator, week: Floats) -> Floats:
    wave = 1 + 0.6 * np.sin(2 * np.pi * (week + random.uniform(0, SEASON)) / SEASON)
    return random.poisson(random.gamma(2.0, 15.0) * wave).astype(np.float64)


def _seldom(random: np.random.Generator, week: Floats) -> Floats:
    sold = random.random(len(week)) < random.uniform(0.05, 0.5)
    return np.where(sold, random.geometric(0.3, len(week)), 0).astype(np.float64)


def _floor(histories: list[History]) -> float:
    started = time.perf_counter()
    told = np.stack([one.units for one in histories])[:, -SEASON : HORIZON - SEASON]
    assert told.shape == (len(histories), HORIZON)
    return time.perf_counter() - started
