"""The models of statsforecast that compete, and the floors they are measured against. Imported when first asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tools.forecast.history import Floats, fenced

Model = Callable[[Floats, int], Floats]
"""(demand so far, periods ahead) → the mean of each period ahead."""
RAW = frozenset({"naive", "seasonal_naive", "mean_13"})
"""The floors are the plain ones; everything else sees one-off orders up to the fence only."""
NAMES = ("naive", "seasonal_naive", "mean_13", "ses", "ses_optimized", "theta", "croston_sba", "tsb")
FLOORS = ("naive", "seasonal_naive", "mean_13")
SMOOTHING = 0.2
"""Of simple exponential smoothing and TSB; 0.1 to 0.3 is usual, and ses_optimized finds its own."""
FEWEST = 4
"""With fewer periods there is only the mean of what there is."""


@lru_cache(maxsize=16)
def models(season: int) -> Mapping[str, Model]:
    """By name, for one length of season. The first call imports statsforecast, which takes some seconds."""
    from statsforecast import models as library

    made = {
        "naive": library.Naive(),
        "seasonal_naive": library.SeasonalNaive(season_length=season),
        "mean_13": library.WindowAverage(window_size=13),
        "ses": library.SimpleExponentialSmoothing(alpha=SMOOTHING),
        "ses_optimized": library.SimpleExponentialSmoothingOptimized(),
        "theta": library.Theta(season_length=season),
        "croston_sba": library.CrostonSBA(),
        "tsb": library.TSB(alpha_d=SMOOTHING, alpha_p=SMOOTHING),
    }
    return {name: _model(made[name]) for name in NAMES}


def _model(model: Any) -> Model:
    def ahead(units: Floats, periods: int) -> Floats:
        if len(units) < FEWEST or units.min() == units.max():
            return np.full(periods, units.mean() if len(units) else 0.0)
        told = np.asarray(model.forecast(y=units, h=periods)["mean"], dtype=np.float64)
        usual = units[-13:].mean()  # for the models that need a longer history than there is
        return np.maximum(np.where(np.isfinite(told), told, usual), 0.0)

    return ahead


def told_by(names: Sequence[str], season: int, units: Floats, periods: int) -> Floats:
    """A row a name. A season longer than the history repeats nothing yet."""
    known, seen = models(season if season <= len(units) else 1), fenced(units)
    rows = {name: known[name](units if name in RAW else seen, periods) for name in dict.fromkeys(names)}
    return np.stack([rows[name] for name in names])
