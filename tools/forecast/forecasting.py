"""From histories to forecasts: the backtest over processes, the choice, the intervals, and how good it was."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from tools.forecast.backtest import Tried, many
from tools.forecast.calendar import Plan
from tools.forecast.choosing import Chosen, choose
from tools.forecast.history import Floats, History, Pattern
from tools.forecast.intervals import Shapes, quantiles, shapes
from tools.forecast.measures import Quality, bias, coverage, mase, pinball, wape
from tools.forecast.models import FLOORS, NAMES

Progress = Callable[[int, int], None]
BATCH = 50
ALONE = 150
"""Items that one process does sooner than others are started."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one item: `mean` by period ahead, `quantiles` (p10, p50, p90) a row a level, and the models behind them."""

    name: str
    pattern: Pattern
    models: tuple[str, ...]
    mean: Floats
    quantiles: Floats


@dataclass(frozen=True, slots=True)
class Forecasts:
    """`measured`: what the backtest says of ours and of each floor, by name; empty where there was nothing to test."""

    items: tuple[Forecast, ...]
    measured: dict[str, Quality]


def silent(done: int, total: int) -> None:
    """Progress that nobody wants to see."""


def forecast(items: Sequence[History], plan: Plan, workers: int = 1, progress: Progress = silent) -> Forecasts:
    made = list(_tried(items, plan, workers, progress))
    chosen = choose(made)
    known = shapes(made, chosen, plan.horizon)
    told = tuple(_forecast(one, choice, known) for one, choice in zip(made, chosen, strict=True))
    return Forecasts(told, _measured(made, chosen, known))


def _forecast(one: Tried, choice: Chosen, known: Shapes) -> Forecast:
    if one.pattern is Pattern.NONE:
        nothing = np.zeros(len(choice.ahead))
        return Forecast(one.name, one.pattern, (), nothing, np.zeros((3, len(nothing))))
    steps = np.arange(1.0, len(choice.ahead) + 1)
    spread = quantiles(one, choice.ahead, steps, known)
    return Forecast(one.name, one.pattern, choice.models, choice.ahead, spread)


# -- processes ----------------------------------------------------------------------------------------------------


def _tried(items: Sequence[History], plan: Plan, workers: int, progress: Progress) -> Iterator[Tried]:
    """In the order of the items, whatever the number of processes; spawned ones, for threads do not survive a fork."""
    batches = [(items[at : at + BATCH], plan) for at in range(0, len(items), BATCH)]
    progress(0, len(items))
    done = 0
    for found in _worked(batches, workers if len(items) > ALONE else 1):
        done += len(found)
        progress(done, len(items))
        yield from found


def _worked(batches: Sequence[tuple[Sequence[History], Plan]], workers: int) -> Iterator[list[Tried]]:
    if workers <= 1:
        yield from map(many, batches)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(many, batches)


# -- how good it was ----------------------------------------------------------------------------------------------


def _measured(items: Sequence[Tried], chosen: Sequence[Chosen], known: Shapes) -> dict[str, Quality]:
    """Over the cells of the backtest. The intervals are judged by the errors they were made of: a little flattered."""
    tested = [(one, choice) for one, choice in zip(items, chosen, strict=True) if one.came.size]
    if not tested:
        return {}
    came = [one.came for one, _ in tested]
    scales = [one.step for one, _ in tested]
    spread = np.concatenate([quantiles(one, choice.told, one.steps, known) for one, choice in tested], axis=1)
    flat = np.concatenate(came)
    told = [choice.told for _, choice in tested]
    found = {"wismo": _quality(came, told, scales, pinball(flat, spread), coverage(flat, spread))}
    for name in FLOORS:
        found[name] = _quality(came, [one.told[NAMES.index(name)] for one, _ in tested], scales)
    return found


def _quality(
    came: Sequence[Floats],
    told: Sequence[Floats],
    scales: Sequence[float],
    loss: float | None = None,
    covered: float | None = None,
) -> Quality:
    flat, other = np.concatenate(came), np.concatenate(told)
    return Quality(wape(flat, other), mase(came, told, scales), bias(flat, other), loss, covered)
