"""Forecasts on the public sales of a shop (docs/forecast.md). NOT RUN where the reference folder is absent."""

from __future__ import annotations

import os

import pytest

from api.settings import Settings
from eval.demand import rolling
from tools.forecast.calendar import Frequency, Plan
from tools.forecast.sales import read

FILE = Settings().reference / "data" / "uci-retail" / "daily_units.csv"
FULL = os.environ.get("PROVE") == "full"
TESTED = 8
needs_reference = pytest.mark.skipif(
    not FILE.exists(),
    reason="NOT RUN: public data is absent; set WISMO_REFERENCE (docs/first-run.md says where to get it)",
)


@needs_reference
@pytest.mark.proof
def test_the_weekly_demand_of_real_items_is_told_better_than_by_the_best_floor() -> None:
    """The last 8 weeks, each from the weeks before: WAPE and MASE, by the mean as well as by the median."""
    found = rolling(read(FILE.read_text(encoding="utf-8")), Plan(Frequency.WEEK, 1), TESTED, None if FULL else 80, 2)
    print(f"\nproof: weekly demand of {found.items} items, {found.periods} weeks\n{found.as_table()}")  # noqa: T201
    best_wape, best_mase = found.best_floor
    for name in ("mean", "median"):
        quality = found.rows[name]
        assert quality.wape is not None
        assert quality.mase is not None
        assert quality.wape < best_wape, name
        assert quality.mase < best_mase, name
    covered = found.rows["mean"].coverage
    assert covered is not None
    assert 0.7 <= covered <= 0.9
