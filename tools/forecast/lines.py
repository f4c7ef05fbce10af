"""A forecast as lines of the command line's contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.forecast.calendar import Calendar
from tools.forecast.forecasting import Forecast


def lines(one: Forecast, calendar: Calendar) -> Iterator[dict[str, Any]]:
    """A line a period: `date` is its last day."""
    for place, day in enumerate(calendar.following(len(one.mean))):
        low, middle, high = (round(float(level), 3) for level in one.quantiles[:, place])
        yield {
            "sku": one.name,
            "date": day.isoformat(),
            "mean": round(float(one.mean[place]), 3),
            "p10": low,
            "p50": middle,
            "p90": high,
        }
