"""Forecasts: never below zero, never crossing, chosen by what was right before, the same over processes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.forecast.calendar import Frequency, Plan
from tools.forecast.forecasting import Forecast, forecast
from tools.forecast.history import Floats, History, Pattern
from tools.forecast.measures import bias, coverage, mase, pinball, scale, wape

WEEKS = Plan(Frequency.WEEK, 4)


def history(units: Sequence[float] | Floats, name: str = "mug") -> History:
    return History(name, np.array(units, float), np.zeros(len(units), dtype=bool))


def only(units: Sequence[float] | Floats, plan: Plan = WEEKS) -> Forecast:
    (made,) = forecast([history(units)], plan).items
    return made


def holds(made: Forecast, plan: Plan) -> None:
    assert made.mean.shape == (plan.horizon,)
    assert np.isfinite(made.mean).all()
    assert np.isfinite(made.quantiles).all()
    assert (made.mean >= 0).all()
    assert (made.quantiles >= 0).all()
    assert (np.diff(made.quantiles, axis=0) >= 0).all()
    assert (made.quantiles[0] <= made.mean + 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.just(0.0), st.floats(0, 1e6)), max_size=60),
    st.integers(1, 20),
    st.sampled_from(Frequency),
)
def test_any_history_gives_a_forecast_that_is_not_negative_and_does_not_cross(
    units: list[float], horizon: int, frequency: Frequency
) -> None:
    plan = Plan(frequency, horizon)
    holds(only(units, plan), plan)


@pytest.mark.parametrize("units", [[], [0], [0] * 60])
def test_an_item_that_never_sold_is_told_to_sell_nothing(units: list[float]) -> None:
    made = only(units)
    assert made.pattern is Pattern.NONE
    assert made.mean.tolist() == made.quantiles[2].tolist() == [0, 0, 0, 0]


def test_an_item_with_one_sale_gets_a_forecast_that_fades_as_the_sale_grows_old() -> None:
    new, older, old = only([6]), only([6] + [0] * 10), only([6] + [0] * 100)
    assert new.mean[0] == 6
    assert new.quantiles[2][0] > new.quantiles[0][0]
    assert new.mean[0] > older.mean[0] > old.mean[0]


def test_months_without_sales_between_two_do_not_stop_the_forecast() -> None:
    made = only([5] + [0] * 20 + [5, 4, 6])
    holds(made, WEEKS)
    assert made.mean[0] < 6


def test_a_level_is_found_and_the_interval_holds_what_comes() -> None:
    random = np.random.default_rng(3)
    items = [history(random.poisson(20, 60).astype(float), str(at)) for at in range(40)]
    made = forecast(items, WEEKS)
    assert all(14 < one.mean[0] < 26 for one in made.items)
    assert 19 < np.mean([one.mean[0] for one in made.items]) < 21
    came = random.poisson(20, (40, 4))
    inside = [(one.quantiles[0] <= row) & (row <= one.quantiles[2]) for one, row in zip(made.items, came, strict=True)]
    assert 0.7 < np.mean(inside) < 0.9
    measured = made.measured["wismo"]
    assert measured.coverage is not None
    assert 0.7 < measured.coverage < 0.9


def test_a_pattern_of_weekdays_is_told_day_by_day() -> None:
    week = np.array([20, 22, 21, 25, 30, 5, 3.0])
    units = np.tile(week, 20) * np.random.default_rng(1).lognormal(0, 0.05, 140)
    made = only(units, Plan(Frequency.DAY, 7))
    assert np.abs(made.mean / week - 1).max() < 0.35
    assert {"theta", "seasonal_naive"} >= set(made.models)


def test_one_order_of_a_thousand_does_not_raise_the_level() -> None:
    units = [10.0, 11, 9, 10, 12, 9, 10, 11, 10, 9] * 3
    units[20] = 1000
    assert only(units).mean[0] < 15


def test_an_item_that_died_is_told_less_and_less() -> None:
    alive = [4.0, 5, 6, 4, 5, 5, 6, 4] * 3
    assert only(alive + [0] * 26).mean[0] < only(alive + [0] * 2).mean[0] < 6


def test_two_processes_tell_the_same_as_one() -> None:
    random = np.random.default_rng(5)
    items = [history(random.poisson(3, 30).astype(float), str(at)) for at in range(160)]
    seen: list[tuple[int, int]] = []
    plan = Plan(Frequency.WEEK, 2, origins=2)
    one, two = forecast(items, plan), forecast(items, plan, 2, lambda *at: seen.append(at))
    assert [made.name for made in two.items] == [item.name for item in items]
    assert all(np.array_equal(a.mean, b.mean) for a, b in zip(one.items, two.items, strict=True))
    assert seen[0] == (0, 160)
    assert seen[-1] == (160, 160)


def test_the_measures_are_what_their_formulas_say() -> None:
    came, told = np.array([10.0, 0, 20]), np.array([12.0, 3, 15])
    assert wape(came, told) == pytest.approx(10 / 30)
    assert bias(came, told) == pytest.approx(0)
    assert scale(np.array([1.0, 3, 2])) == 1.5
    assert mase([came], [told], [2.0]) == pytest.approx(10 / 3 / 2)
    quantiles = np.array([[8.0, 0, 21], [10, 0, 22], [12, 1, 23]])
    assert coverage(came, quantiles) == pytest.approx(2 / 3)
    by_hand = sum(
        max(level * (y - q), (level - 1) * (y - q))
        for level, row in zip((0.1, 0.5, 0.9), quantiles, strict=True)
        for y, q in zip(came, row, strict=True)
    )
    assert pinball(came, quantiles) == pytest.approx(by_hand / 9 / 10)


def test_nothing_is_divided_by_demand_that_did_not_come() -> None:
    nothing = np.zeros(3)
    assert (wape(nothing, nothing), bias(nothing, nothing), mase([nothing], [nothing], [0.0])) == (None, None, None)
    assert pinball(nothing, np.zeros((3, 3))) is None
