"""The figures agree with an independent, naive recomputation, at any moment, for any period, in any time zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.conversation import Conversation
from eval.metrics.definitions import table
from eval.metrics.intervals import Rate
from eval.metrics.resolution import judged
from eval.metrics.restating import months, restated
from eval.metrics.summary import Headline, Period, headline
from tests.eval import naive_metrics as naive
from tests.eval.generated import ZONES, conversations, moments


def ours(made: Sequence[Conversation], now: datetime, period: Period | None = None) -> dict[str, Any]:
    standings = [one for one in judged(made, now) if period is None or period.holds(one.conversation)]
    known = {row.key: pair(row.rate) for row in table(standings)}
    del known["contained"], known["verified"]
    return told(headline(standings)) | {"definitions": known}


def told(one: Headline) -> dict[str, Any]:
    populations = {name: getattr(one.populations, name) for name in naive.POPULATIONS}
    return {
        **populations,
        "confirmed": one.confirmed,
        **{f"contained {name}": pair(rate) for name, rate in one.contained.items()},
        "verified": pair(one.verified),
        "false": pair(one.false_resolution),
        "automation": pair(one.automation),
        "states": dict(one.states),
    }


def pair(rate: Rate) -> tuple[int, int]:
    return rate.hits, rate.of


def theirs(made: Sequence[Conversation], now: datetime, period: Period | None = None) -> dict[str, Any]:
    found = naive.plain(made, now)
    naive.judge(found, now)
    return naive.figures(found, *((period.since, period.until) if period else ()))


@given(st.integers(0, 2**32), st.integers(1, 25))
@settings(deadline=None, max_examples=150)
def test_every_figure_agrees_with_a_naive_recomputation_at_any_moment(seed: int, count: int) -> None:
    random = Random(seed)
    made = conversations(random, count)
    for now in moments(random, made, 3):
        assert ours(made, now) == theirs(made, now)


@given(st.integers(0, 2**32), st.sampled_from(ZONES))
@settings(deadline=None, max_examples=25)
def test_a_month_restated_agrees_too_whatever_the_shops_time_zone(seed: int, zone: ZoneInfo) -> None:
    made = conversations(Random(seed), 30)
    now = max(turn.at for one in made for turn in one.turns)
    for one in restated(made, months(now, zone, 12), now):
        assert told(one.published) == naive_month(made, one.period, one.published_at)
        assert told(one.current) == naive_month(made, one.period, now)


def naive_month(made: Sequence[Conversation], period: Period, now: datetime) -> dict[str, Any]:
    figures = theirs(made, now, period)
    del figures["definitions"]
    return figures


@pytest.mark.proof
def test_all_figures_agree_on_ten_thousand_conversations() -> None:
    random = Random(6)
    made = conversations(random, 10_000)
    compared = 0
    for now in moments(Random(7), made, 4):
        assert ours(made, now) == theirs(made, now)
        compared += 1
    last = max(turn.at for one in made for turn in one.turns)
    reversals = 0
    for zone in ZONES[1::3]:
        for one in restated(made, months(last, zone, 12), last):
            assert told(one.published) == naive_month(made, one.period, one.published_at)
            assert told(one.current) == naive_month(made, one.period, last)
            reversals += one.reversed_since
            compared += 2
    print(f"\nproof: metrics: {len(made):,} conversations, {compared} summaries, {reversals} reversals restated")  # noqa: T201
    assert reversals > 100
