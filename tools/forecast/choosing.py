"""Which models tell an item's mean: by their errors in the backtest, its own and those of all items like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.forecast.backtest import Tried
from tools.forecast.history import Floats, Pattern
from tools.forecast.models import NAMES

OWN = 0.3
"""What an item's own errors weigh beside its group's: a few origins of one item are mostly chance."""
BEST = 3
"""So many of the best are averaged: the mean of models errs less than the one that was best by chance."""
WITHIN = 1.25
"""Only what errs at most so many times the best: a flat mean is no company for what knows the weekdays."""
SELDOM = frozenset({Pattern.INTERMITTENT, Pattern.LUMPY})
REPEATING = np.array([name in {"naive", "seasonal_naive"} for name in NAMES])
"""No choice for items that sell seldom: nothing sold last time, so nothing ever."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """`ahead` by period, `told` by cell of the backtest: the mean of the models that are named."""

    models: tuple[str, ...]
    ahead: Floats
    told: Floats


def choose(items: Sequence[Tried]) -> list[Chosen]:
    of_group: dict[Pattern, list[Floats]] = defaultdict(list)
    losses = [_relative(one) for one in items]
    for one, loss in zip(items, losses, strict=True):
        if loss is not None:
            of_group[one.pattern].append(loss)
    usual = {kind: np.mean(found, axis=0) for kind, found in of_group.items()}
    return [_chosen(one, loss, usual) for one, loss in zip(items, losses, strict=True)]


def _relative(one: Tried) -> Floats | None:
    """Each model's loss, of the mean loss of all: comparable between items that sell much and little.

    Squares for items that sell seldom: by plain errors, saying nothing at all would always win there.
    """
    if not one.came.size:
        return None
    errors = np.abs(one.told - one.came)
    loss: Floats = np.sqrt((errors**2).mean(axis=1)) if one.pattern in SELDOM else errors.mean(axis=1)
    return loss / loss.mean() if loss.mean() > 0 else np.ones(len(loss))


def _chosen(one: Tried, loss: Floats | None, usual: Mapping[Pattern, Floats]) -> Chosen:
    if loss is None:
        return _of(one, [NAMES.index("ses")])
    blended = OWN * loss + (1 - OWN) * usual[one.pattern]
    if one.pattern in SELDOM:
        return _of(one, [int(at) for at in np.argsort(np.where(REPEATING, np.inf, blended), kind="stable")[:BEST]])
    best = np.argsort(blended, kind="stable")[:BEST]
    return _of(one, [int(at) for at in best if blended[at] <= WITHIN * blended[best[0]]])


def _of(one: Tried, places: Sequence[int]) -> Chosen:
    names = tuple(NAMES[at] for at in places)
    return Chosen(names, one.ahead[places].mean(axis=0), one.told[places].mean(axis=0))
