"""How good a forecast is. All over pairs of what came and what was told; never a share of zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from tools.forecast.history import Floats

LEVELS = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Quality:
    """`wape` = sum of errors / sum of units; `mase`: errors in those of last period's value within the history.

    `bias` is the sum of what was told too much, of all units; `pinball` the mean loss of p10, p50 and p90, by the mean
    unit; `coverage` the share that came between p10 and p90. None where there is nothing to divide by.

    Source of MASE: R. J. Hyndman and A. B. Koehler, "Another look at measures of forecast accuracy", IJF 22 (2006).
    """

    wape: float | None
    mase: float | None
    bias: float | None
    pinball: float | None = None
    coverage: float | None = None

    def as_json(self) -> dict[str, float | None]:
        return {name: None if value is None else round(value, 4) for name, value in asdict(self).items()}


def wape(came: Floats, told: Floats) -> float | None:
    return float(np.abs(came - told).sum() / came.sum()) if came.sum() else None


def bias(came: Floats, told: Floats) -> float | None:
    return float((told - came).sum() / came.sum()) if came.sum() else None


def scale(units: Floats) -> float:
    """The mean step from one period to the next; 0 where there is none to measure by."""
    return float(np.abs(np.diff(units)).mean()) if len(units) > 1 else 0.0


def mase(came: Sequence[Floats], told: Sequence[Floats], scales: Sequence[float]) -> float | None:
    """The mean over items; an item that never changed is left out."""
    errors = [
        float(np.abs(one - other).mean() / unit)
        for one, other, unit in zip(came, told, scales, strict=True)
        if unit > 0 and len(one)
    ]
    return float(np.mean(errors)) if errors else None


def pinball(came: Floats, quantiles: Floats) -> float | None:
    """`quantiles`: a row a level."""
    if not came.size or not came.sum():
        return None
    over = came[None] - quantiles
    levels = np.array(LEVELS).reshape(-1, *[1] * came.ndim)
    return float(np.maximum(levels * over, (levels - 1) * over).mean() / came.mean())


def coverage(came: Floats, quantiles: Floats) -> float | None:
    if not came.size:
        return None
    return float(((quantiles[0] - 1e-9 <= came) & (came <= quantiles[-1] + 1e-9)).mean())
