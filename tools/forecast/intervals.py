"""Quantiles from the backtest's errors (conformal): how far off we were is how far off we may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from tools.forecast.backtest import Tried
from tools.forecast.choosing import SELDOM, Chosen
from tools.forecast.history import Floats, Pattern
from tools.forecast.measures import LEVELS

ENOUGH = 40
"""Errors that make a group's quantiles; a smaller group is told with all items, if they are enough together."""
FEW = 12
"""So many must do for a shop of one or two items; below it there is only `PLAIN`."""
PLAIN = np.array([-1.0, 0.0, 1.6])
"""Quantiles of the relative error where nothing was measured yet; wide, and skewed as demand is."""
Cells = tuple[Floats, Floats]
"""Periods ahead, and the relative error of each."""
Shapes = Mapping[Pattern, Floats]
"""Of a group: quantiles of the relative error, a row a level, a column a period ahead."""


def shapes(items: Sequence[Tried], chosen: Sequence[Chosen], periods: int) -> Shapes:
    """Errors are in units of each item's `unit`, so that those of many items tell of one."""
    found: dict[Pattern, list[Cells]] = defaultdict(list)
    for one, told in zip(items, chosen, strict=True):
        found[one.pattern].append((one.steps, (one.came - told.told) / unit(one, told.told)))
    groups = {kind: _joined(cells) for kind, cells in found.items()}
    if sum(one.came.size for one in items) < 2 * FEW:
        groups = {kind: _joined([own, *_scatter(items, kind)]) for kind, own in groups.items()}
    everything = _joined(groups.values())
    return {kind: _table(*_enough(own, everything), periods) for kind, own in groups.items()}


def _scatter(items: Sequence[Tried], kind: Pattern) -> Iterator[Cells]:
    """How the last periods lay about their own mean: what stands in for errors while there are too few."""
    for one in items:
        if one.pattern is kind and len(one.recent):
            level = np.full(len(one.recent), one.recent.mean())
            yield np.ones(len(one.recent)), (one.recent - level) / unit(one, level)


def _enough(own: Cells, everything: Cells) -> Cells:
    if len(own[1]) >= ENOUGH:
        return own
    return everything if len(everything[1]) >= ENOUGH else own


def unit(one: Tried, mean: Floats) -> Floats:
    """The size of an item's errors, at a level: between what it scatters and what it sells."""
    made: Floats = np.maximum((one.spread + mean) / 2, 1e-6)
    return made


def quantiles(one: Tried, mean: Floats, steps: Floats, known: Shapes) -> Floats:
    """A row a level, a column for each of `steps` (periods ahead); never below zero, never crossing.

    The mean lies between the outer two, but for what sells seldom: most of its periods are empty, its mean is not.
    """
    shape = known[one.pattern][:, steps.astype(int) - 1]
    made: Floats = np.maximum.accumulate(np.maximum(mean + shape * unit(one, mean), 0.0), axis=0)
    made[0] = np.minimum(made[0], mean)
    if one.pattern not in SELDOM:
        made[-1] = np.maximum(made[-1], mean)
    return made


def _joined(cells: Iterable[Cells]) -> Cells:
    every = list(cells)
    return np.concatenate([steps for steps, _ in every]), np.concatenate([found for _, found in every])


def _table(steps: Floats, found: Floats, periods: int) -> Floats:
    return np.stack([_shape(steps, found, ahead) for ahead in range(1, periods + 1)], axis=1)


def _shape(steps: Floats, found: Floats, ahead: int) -> Floats:
    """From the cells about as far ahead, or the farthest there are; from all where these are few."""
    if len(found) < FEW:
        return PLAIN
    far = min(float(ahead), float(steps.max()))
    near = found[np.abs(steps - far) <= max(1.0, far / 2)]
    return _corrected(np.sort(near if len(near) >= FEW else found))


def _corrected(ordered: Floats) -> Floats:
    """With the correction of split conformal prediction: the rank of n + 1 errors, of which one is still to come."""
    count = len(ordered)
    low, middle, high = LEVELS
    ranks = (max(low * (count + 1) - 1, 0), middle * (count - 1), min(high * (count + 1) - 1, count - 1))
    made: Floats = np.interp(ranks, np.arange(count), ordered)
    return made
