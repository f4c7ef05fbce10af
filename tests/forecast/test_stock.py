"""What to order and when, and how many people: the formulas against numbers worked out by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from tools.forecast.forecasting import Forecast
from tools.forecast.history import Pattern
from tools.forecast.people import people, staff
from tools.forecast.stock import Position, reorder
from tools.forecast.terms import Shift, Terms

NORMAL_90 = 1.2815515594457412


def weekly(mean: float, deviation: float, pattern: Pattern = Pattern.SMOOTH, weeks: int = 8) -> Forecast:
    levels = [[max(mean + z * deviation, 0.0)] * weeks for z in (-NORMAL_90, 0, NORMAL_90)]
    return Forecast("mug", pattern, ("ses",), np.full(weeks, mean), np.array(levels))


def test_the_reorder_point_is_the_demand_of_the_lead_time_and_its_deviations() -> None:
    terms = Terms(lead_days=14, lead_spread=3.5, review_days=7, service=0.95)
    made = reorder(weekly(70, 14), Position(100), terms)
    deviation = sqrt(2 * 14**2 + (10 * 3.5) ** 2)  # L·σd² + μd²·σL², μd = 10 a day
    assert made.point == pytest.approx(140 + 1.6449 * deviation, abs=1)
    up_to = 210 + 1.6449 * sqrt(3 * 14**2 + (10 * 3.5) ** 2)
    assert made.quantity == pytest.approx(up_to - 100, abs=1.5)


def test_announced_units_are_not_ordered_again_but_do_not_make_the_risk_smaller() -> None:
    without, announced = (reorder(weekly(70, 10), Position(50, more), Terms()) for more in (0, 500))
    assert without.quantity > 0
    assert announced.quantity == 0
    assert announced.risk == without.risk > 0.99
    assert announced.short == pytest.approx(90, abs=1)


def test_a_shelf_that_lasts_is_no_risk_and_one_that_is_empty_is_one_for_sure() -> None:
    full, empty = (reorder(weekly(10, 3), Position(units), Terms()) for units in (1000, 0))
    assert (full.quantity, full.cover) == (0, None)
    assert full.risk < 1e-9
    assert (empty.risk, empty.cover) == (1.0, 0.0)
    assert reorder(weekly(10, 3), Position(15), Terms()).cover == pytest.approx(10.5)


def test_what_sells_now_and_then_is_ordered_by_a_distribution_that_is_never_below_zero() -> None:
    seldom = Forecast("lamp", Pattern.LUMPY, ("tsb",), np.full(8, 0.5), np.array([[0.0] * 8, [0.0] * 8, [2.0] * 8]))
    made = reorder(seldom, Position(0), Terms(service=0.95))
    assert 2 <= made.point <= 6
    assert made.quantity >= made.point


def test_an_item_that_is_told_to_sell_nothing_is_never_ordered() -> None:
    nothing = Forecast("old", Pattern.NONE, (), np.zeros(8), np.zeros((3, 8)))
    made = reorder(nothing, Position(0), Terms())
    assert (made.point, made.quantity, made.risk, made.short) == (0, 0, 0.0, 0.0)


def test_people_are_minutes_over_the_hours_that_one_can_spend_on_tickets() -> None:
    shift = Shift(minutes=6, hours=35)
    assert people(297, shift) == 1  # 297 × 6 = 1,782 of 1,785 minutes
    assert people(298, shift) == 2
    assert people(0, shift) == 0
    assert staff(600, 900, 0.5, shift) == type(staff(0, 0, 0, shift))(needed=2, most=2, without=3)
