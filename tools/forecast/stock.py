"""What to order and when, from the demand of the lead time. Pure: levels and forecasts in, a reorder list out."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

import numpy as np

from tools.forecast.choosing import SELDOM
from tools.forecast.forecasting import Forecast
from tools.forecast.history import Floats
from tools.forecast.terms import WEEK, Terms

BETWEEN = 2 * 1.2815515594457412
"""Standard deviations between p10 and p90 of a normal distribution."""
NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Position:
    """Units that may still be sold, and units that are announced."""

    available: int
    incoming: int = 0


@dataclass(frozen=True, slots=True)
class Reorder:
    """`point`: order once there is no more than this; `quantity`: how many to order now, 0 for none.

    `risk` is the chance to run out before goods that are ordered today could come; `short` the units expected to be
    missing by then, and `cover` the days that what is available lasts, None for longer than the forecast.
    """

    sku: str
    available: int
    incoming: int
    point: int
    quantity: int
    risk: float
    short: float
    cover: float | None


def reorder(one: Forecast, position: Position, terms: Terms) -> Reorder:
    """`one` is weekly. Announced units have no date, so they count for what to order but not for what may run out.

    Source: E. A. Silver, D. F. Pyke, R. Peterson, "Inventory Management and Production Planning and Scheduling",
    3rd ed., ch. 7: point = demand of the lead time and z deviations of it; up to the same of lead time and review.
    """
    lead, whole = _demand(one, terms.lead_days, terms), _demand(one, terms.lead_days + terms.review_days, terms)
    seldom = one.pattern in SELDOM
    point = ceil(_quantile(*lead, terms.service, seldom) - 1e-9)
    up_to = ceil(_quantile(*whole, terms.service, seldom) - 1e-9)
    held = position.available + position.incoming
    quantity = max(up_to - held, 0) if held <= point else 0
    risk, short = _missing(*lead, position.available)
    cover = _cover(one.mean, position.available)
    return Reorder(one.name, position.available, position.incoming, point, quantity, risk, short, cover)


def _demand(one: Forecast, days: float, terms: Terms) -> tuple[float, float]:
    """Mean and variance of the units wanted within so many days: L·σd² + μd²·σL², in weeks."""
    shares = np.clip(days / WEEK - np.arange(len(one.mean)), 0.0, 1.0)
    mean = float(shares @ one.mean)
    spread = (one.quantiles[2] - one.quantiles[0]) / BETWEEN
    least = one.mean  # counts scatter at least as a Poisson process does
    by_day = mean / days if days else 0.0
    return mean, float(shares @ np.maximum(spread**2, least)) + (by_day * terms.lead_spread) ** 2


def _quantile(mean: float, variance: float, service: float, seldom: bool) -> float:
    """Of what sells now and then the negative binomial one: a normal curve would put half of it below zero."""
    if mean <= 0:
        return 0.0
    if not seldom or variance <= mean:
        return max(mean + NORMAL.inv_cdf(service) * sqrt(variance), 0.0)
    from scipy.stats import nbinom

    return float(nbinom.ppf(service, mean**2 / (variance - mean), mean / variance))


def _missing(mean: float, variance: float, available: int) -> tuple[float, float]:
    """The chance that more is wanted than there is, and the units expected to be missing: the normal loss function."""
    deviation = sqrt(variance)
    if deviation <= 0:
        return float(mean > available), max(mean - available, 0.0)
    z = (available - mean) / deviation
    risk = 1 - NORMAL.cdf(z)
    if available <= 0:
        return float(mean > 0), max(mean - available, 0.0)
    return risk, max(deviation * (NORMAL.pdf(z) - z * risk), 0.0)


def _cover(mean: Floats, available: int) -> float | None:
    left = float(max(available, 0))
    for week, units in enumerate(mean):
        if units > left:
            return WEEK * (week + left / float(units))
        left -= float(units)
    return None
