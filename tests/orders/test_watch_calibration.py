"""What a told chance comes to, and from when on lateness is as likely as the limits ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.orders.alerts.calibration import FEWEST, Calibration, Nearing, enough, pooled
from tools.orders.alerts.lanes import Curve

KNOTS = {24.0: ((0.0, 0.0), (0.5, 0.2), (1.0, 1.0)), 48.0: ((0.0, 0.0), (0.5, 0.6), (1.0, 1.0))}


def curve(*hazards: float) -> Curve:
    still = [1.0]
    for one in hazards:
        still.append(still[-1] * (1 - one))
    return Curve("*", 100, tuple(still), tuple(-one for one in still))


def test_without_judgements_what_is_told_is_taken_as_it_is() -> None:
    assert Calibration().real(0.37) == Calibration().told(0.37) == Nearing({}).real(0.37, 24) == 0.37


def test_of_few_judgements_nothing_is_learned() -> None:
    assert enough([(0.5, True)] * (FEWEST - 1)) == ()
    assert enough([(0.5, True)] * FEWEST) == ((0.5, 1.0),)


def test_what_falls_is_joined_until_it_rises() -> None:
    judged = [(0.2, number < 30) for number in range(50)] + [(0.6, number < 10) for number in range(50)]
    ((told, real),) = pooled(judged)
    assert told == pytest.approx(0.4)
    assert real == 0.4


def test_the_nearer_the_promise_the_less_the_same_chance_comes_to() -> None:
    nearing = Nearing(KNOTS)
    assert nearing.real(0.5, 100) == nearing.real(0.5, 37) == 0.6
    assert nearing.real(0.5, 36) == nearing.real(0.5, 1) == 0.2


def test_a_chance_that_nothing_comes_to_is_never_reached() -> None:
    assert Nearing({24.0: ((0.0, 0.0), (1.0, 0.7))}).reached(curve(*[0.1] * 60), 48.0, 0.9) is None


@given(
    hazards=st.lists(st.floats(0.001, 0.6), min_size=20, max_size=60),
    until=st.floats(12.0, 100.0),
    chance=st.floats(0.3, 0.95),
)
def test_from_the_moment_it_is_reached_on_it_is_so_likely_and_before_it_was_not(
    hazards: list[float], until: float, chance: float
) -> None:
    way, nearing = curve(*hazards), Nearing(KNOTS)

    def real(hours: float) -> float:
        return nearing.real(way.chance(until, hours), until - hours)

    reached = nearing.reached(way, until, chance)
    before = until if reached is None else reached
    assert reached is None or real(reached + 1e-6) >= chance - 1e-6
    assert reached == 0.0 or all(real(before * part) <= chance + 1e-6 for part in (0.0, 0.25, 0.5, 0.75, 0.999))
