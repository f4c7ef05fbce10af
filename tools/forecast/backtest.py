"""What each model would have told of an item's last periods, and what it tells of the next. One item at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.forecast.calendar import Plan, season
from tools.forecast.history import Floats, History, Pattern, pattern, unconstrained
from tools.forecast.measures import scale
from tools.forecast.models import FEWEST, NAMES, told_by

RECENT = 26
OFTEN_ONLY = frozenset({"theta"})
"""What is not tried on items that sell seldom: it costs most, and is made for a level with a trend."""


@dataclass(frozen=True, slots=True)
class Tried:
    """`ahead`: a row a model. `told` (model, cell) and `came` (cell) are of the backtest; a cell lies `steps` ahead.

    `step` is the mean step from a period to the next, the unit of MASE; `recent` are the last periods, and `spread`
    their usual distance from the median.
    """

    name: str
    pattern: Pattern
    ahead: Floats
    told: Floats
    came: Floats
    steps: Floats
    step: float
    spread: float
    recent: Floats


def tried(history: History, plan: Plan) -> Tried:
    units = unconstrained(history)
    kind = pattern(units)
    names = [_used(name, kind) for name in NAMES]
    round_ = season(plan.frequency, len(units))
    told, came, steps = [np.zeros((len(NAMES), 0))], [np.zeros(0)], [np.zeros(0)]
    for origin, periods in _cells(len(units), plan):
        told.append(told_by(names, round_, units[:origin], periods))
        came.append(units[origin : origin + periods])
        steps.append(np.arange(1.0, periods + 1))
    return Tried(
        history.name,
        kind,
        told_by(names, round_, units, plan.horizon),
        np.concatenate(told, axis=1),
        np.concatenate(came),
        np.concatenate(steps),
        scale(units),
        _spread(units[-RECENT:]),
        units[-RECENT:],
    )


def many(given: tuple[Sequence[History], Plan]) -> list[Tried]:
    """The work of one process at a time."""
    return [tried(one, given[1]) for one in given[0]]


def _used(name: str, kind: Pattern) -> str:
    seldom = kind in {Pattern.INTERMITTENT, Pattern.LUMPY, Pattern.NONE}
    return "ses" if seldom and name in OFTEN_ONLY else name


def _cells(length: int, plan: Plan) -> list[tuple[int, int]]:
    """(periods known, periods told): the origins lie from one period to a whole horizon before the end.

    A horizon is at most a third of the history, so that there is something to learn from before it.
    """
    farthest = min(plan.horizon, length // 3)
    if not farthest or length < FEWEST + 2:
        return []
    distances = np.unique(np.linspace(1, max(farthest, plan.origins), plan.origins).round().astype(int))
    return [(length - away, min(away, farthest)) for away in map(int, distances) if length - away >= FEWEST]


def _spread(recent: Floats) -> float:
    return float(np.abs(recent - np.median(recent)).mean()) if len(recent) else 0.0
