"""Rate limits kept on our side: never more calls in any stretch of time than the vendor allows, by all threads together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Gone, Limited, Unreachable
from connectors.helpdesks.calls import Calls, Manner, again_in
from connectors.helpdesks.pace import Limit, Pace
from tools.orders import watch

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Time:
    """Sleeping is what moves it."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def pace(time: Time, calls: int = 3, per: timedelta = MINUTE) -> Pace:
    return Pace(Limit(calls, per), lambda: time.now, time.sleep)


def test_calls_within_the_limit_do_not_wait_and_one_more_is_told_how_long() -> None:
    time = Time()
    ours = pace(time)
    for _ in range(3):
        ours.take()
        time.now += timedelta(seconds=10)
    with pytest.raises(Limited) as refused:
        ours.take()
    assert (refused.value.retry_after, time.slept) == (timedelta(seconds=30), [])
    time.now += timedelta(seconds=30)
    ours.take()


def test_a_short_wait_is_waited_here() -> None:
    time = Time()
    ours = pace(time, per=timedelta(seconds=2))
    for _ in range(4):
        ours.take()
    assert time.slept == [2.0]


def test_what_the_vendor_said_holds_for_every_thread() -> None:
    time = Time()
    ours = pace(time)
    ours.shut(timedelta(seconds=90))
    ours.shut(timedelta(seconds=5))
    with pytest.raises(Limited) as refused:
        ours.take()
    assert refused.value.retry_after == timedelta(seconds=90)
    time.now += timedelta(seconds=90)
    ours.take()


def test_a_refused_call_uses_nothing_up() -> None:
    time = Time()
    ours = pace(time, calls=5)
    one = ("ticket 7", Limit(1, timedelta(minutes=10)))
    ours.take(one)
    for _ in range(10):
        with pytest.raises(Limited):
            ours.take(one)
    for _ in range(4):
        ours.take()


def test_the_accounts_own_limit_replaces_ours() -> None:
    ours = pace(Time())
    ours.learn(5)
    for _ in range(5):
        ours.take()
    with pytest.raises(Limited):
        ours.take()
    ours.learn(1)
    with pytest.raises(Limited):
        ours.take()


def test_threads_share_one_limit() -> None:
    ours = Pace(Limit(20, MINUTE), lambda: START, lambda _: None)

    def took(_: int) -> bool:
        try:
            ours.take()
        except Limited:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(took, range(100))) == 20


@given(st.lists(st.floats(0, 40), max_size=60), st.integers(1, 6))
def test_no_stretch_of_time_ever_holds_more_calls_than_allowed(gaps: list[float], calls: int) -> None:
    time = Time()
    ours, made = pace(time, calls), []
    for gap in gaps:
        time.now += timedelta(seconds=gap)
        try:
            ours.take()
        except Limited:
            continue
        made.append(time.now)
    assert all(later - earlier >= MINUTE for earlier, later in zip(made, made[calls:], strict=False))


def asking(time: Time, patience: timedelta, *answers: httpx.Response) -> Calls:
    left = list(answers)
    transport = httpx.MockTransport(lambda _: left.pop(0))
    ours = Pace(Limit(100, MINUTE), lambda: time.now, time.sleep, patience)
    return Calls(
        "https://shop.example", Manner("Shop", ""), httpx.BasicAuth("a", "b"), ours, lambda: time.now, transport
    )


def test_who_reads_a_whole_account_waits_as_long_as_the_vendor_says() -> None:
    time, slow = Time(), httpx.Response(429, headers={"retry-after": "40"})
    calls = asking(time, timedelta(minutes=1), slow, slow, httpx.Response(200, json={"ok": True}))
    assert calls.get("/x") == {"ok": True}
    assert time.slept == [40.0, 40.0]


def test_who_answers_a_ticket_does_not() -> None:
    time = Time()
    calls = asking(time, timedelta(seconds=2), httpx.Response(429, headers={"retry-after": "40"}))
    with pytest.raises(Limited) as refused:
        calls.get("/x")
    assert (refused.value.retry_after, time.slept) == (timedelta(seconds=40), [])


def test_a_question_is_asked_again_at_once_and_what_changes_something_never_is() -> None:
    time, trouble = Time(), httpx.Response(502)
    assert asking(time, MINUTE, trouble, trouble, httpx.Response(200, json=[1])).get("/x") == [1]
    assert sum(time.slept) < 1
    with pytest.raises(Unreachable):
        asking(time, MINUTE, trouble, trouble, trouble).get("/x")
    with pytest.raises(Unreachable):
        asking(time, MINUTE, trouble).ask("POST", "/x", json={})


def test_every_call_is_told_to_who_watches_by_vendor_and_outcome() -> None:
    seen: list[watch.Work] = []

    @contextmanager
    def watcher(work: watch.Work, _: str | None) -> Iterator[None]:
        seen.append(work)
        yield

    calls = asking(Time(), MINUTE, httpx.Response(502), httpx.Response(200, json={}), httpx.Response(404))
    with watch.watched_by(watcher):
        calls.get("/x")
        with pytest.raises(Gone):
            calls.get("/y")
    assert [(one.what, one.outcome) for one in seen] == [
        ({"vendor": "shop"}, "Unreachable"),
        ({"vendor": "shop"}, "done"),
        ({"vendor": "shop"}, "Gone"),
    ]


def test_a_vendor_that_never_stops_saying_wait_is_given_up() -> None:
    time = Time()
    calls = asking(time, MINUTE, *(httpx.Response(429, headers={"retry-after": "1"}) for _ in range(5)))
    with pytest.raises(Limited):
        calls.get("/x")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"x-ratelimit-reset": str(int(START.timestamp()) + 20)}, 21),
        ({"x-ratelimit-reset": "1"}, 1),
        ({"retry-after": "99999"}, 3600),
        ({"retry-after": "soon"}, 30),
        ({}, 30),
    ],
)
def test_a_vendors_word_on_waiting_is_read(headers: dict[str, str], seconds: int) -> None:
    assert again_in(httpx.Headers(headers), START) == timedelta(seconds=seconds)
