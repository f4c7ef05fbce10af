"""Histories: periods, gaps, stock-outs, one-off orders, and what kind of demand it is."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.forecast.calendar import Calendar, Frequency, season
from tools.forecast.history import History, Pattern, fenced, histories, pattern, unconstrained
from tools.forecast.sales import Sale

SUNDAY = date(2026, 3, 1)


def weekly(*units: float, out: frozenset[int] = frozenset()) -> History:
    return History("mug", np.array(units, float), np.array([at in out for at in range(len(units))]))


def test_the_newest_week_ends_on_the_last_date_and_gaps_are_weeks_without_sales() -> None:
    rows = [
        Sale(SUNDAY - timedelta(days=30), "mug", 4),
        Sale(SUNDAY - timedelta(days=6), "mug", 1),
        Sale(SUNDAY, "mug", 2),
    ]
    (mug,) = histories(rows, Calendar(Frequency.WEEK, SUNDAY))
    assert mug.units.tolist() == [4, 0, 0, 0, 3]


def test_an_item_begins_with_its_first_sale_and_one_that_never_sold_has_no_history() -> None:
    rows = [Sale(SUNDAY - timedelta(days=21), "mug", 1), Sale(SUNDAY, "cup", 5), Sale(SUNDAY, "none", 0)]
    found = {one.name: one.units.tolist() for one in histories(rows, Calendar(Frequency.WEEK, SUNDAY))}
    assert found == {"mug": [1, 0, 0, 0], "cup": [5], "none": []}


def test_a_torn_first_week_is_left_out_where_the_shop_sells_daily() -> None:
    rows = [Sale(SUNDAY - timedelta(days=back), "mug", 1) for back in range(7 * 10 + 3)]
    (mug,) = histories(rows, Calendar(Frequency.WEEK, SUNDAY))
    assert mug.units.tolist() == [7.0] * 10


def test_what_is_older_than_five_years_of_weeks_is_not_used() -> None:
    rows = [Sale(date(1950, 1, 1), "mug", 9), Sale(SUNDAY, "mug", 1)]
    (mug,) = histories(rows, Calendar(Frequency.WEEK, SUNDAY))
    assert mug.units.tolist() == [1.0]


@given(st.dates(date(1999, 1, 1), date(2100, 1, 1)), st.integers(0, 2000), st.sampled_from(Frequency))
def test_every_day_lies_in_exactly_the_period_that_ends_next(last: date, days: int, frequency: Frequency) -> None:
    calendar, day = Calendar(frequency, last), last - timedelta(days=days)
    back = calendar.back(day)
    assert calendar.end(-back - 1) < day <= calendar.end(-back)


@pytest.mark.parametrize(
    ("last", "ends"),
    [
        (date(2027, 12, 31), [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)]),
        (date(2026, 12, 30), [date(2027, 1, 30), date(2027, 2, 28), date(2027, 3, 30)]),
    ],
)
def test_months_end_where_they_end_leap_day_included(last: date, ends: list[date]) -> None:
    assert list(Calendar(Frequency.MONTH, last).following(3)) == ends


def test_weeks_have_the_season_of_a_year_once_there_are_two() -> None:
    assert [season(Frequency.WEEK, weeks) for weeks in (103, 104)] == [4, 52]
    assert season(Frequency.DAY, 14) == 7


def test_demand_in_a_stock_out_is_at_least_what_is_usual_around_it() -> None:
    short = weekly(10, 12, 0, 3, 11, 11, out=frozenset({2, 3}))
    assert unconstrained(short).tolist() == [10, 12, 11, 11, 11, 11]
    assert unconstrained(weekly(5, 0, 7)).tolist() == [5, 0, 7]


def test_a_stock_out_that_sold_more_than_usual_keeps_what_it_sold_and_one_that_never_ended_too() -> None:
    assert unconstrained(weekly(10, 30, 10, out=frozenset({1}))).tolist() == [10, 30, 10]
    assert unconstrained(weekly(2, 1, out=frozenset({0, 1}))).tolist() == [2, 1]


def test_one_order_of_a_thousand_counts_up_to_the_fence_only() -> None:
    kept = fenced(np.array([10, 12, 9, 11, 1000, 10, 12, 9, 11, 10.0]))
    assert kept.max() < 20
    assert kept.tolist()[:4] == [10, 12, 9, 11]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([5, 6, 5, 6], Pattern.SMOOTH),
        ([1, 30, 2, 1], Pattern.ERRATIC),
        ([0, 0, 2, 0, 0, 2], Pattern.INTERMITTENT),
        ([0, 0, 40, 0, 0, 1], Pattern.LUMPY),
        ([0, 0], Pattern.NONE),
    ],
)
def test_demand_is_told_apart_by_how_often_and_how_evenly_it_comes(units: list[float], expected: Pattern) -> None:
    assert pattern(np.array(units, float)) is expected
