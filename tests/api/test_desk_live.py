"""The desk's live stream over a real server: what holds, what comes, other processes, roles, the end of a session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from agent.case import Incoming
from api.desk.pulse import pulse
from api.edge import sessions
from api.edge.tokens import Role
from api.settings import Settings
from api.wiring import House
from tests.api.browsing import given_token
from tests.api.test_pages_in_a_browser import served
from tests.shop import ANA, NOW, Shop


@pytest.fixture
def site(house: House, filled: Shop) -> Iterator[str]:
    with served(house) as url:
        yield url


def cookie(house: House, role: Role) -> str:
    made, _ = given_token(house, role)
    with house.database.write() as db:
        return sessions.open_session(db, made, NOW)


@contextmanager
def following(site: str, kept: str) -> Iterator[Iterator[dict[str, Any]]]:
    with httpx.stream("GET", f"{site}/desk/events", cookies={"wismo_session": kept}, timeout=30) as answer:
        assert answer.status_code == 200
        yield (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))


def asks(house: House, name: str, text: str) -> None:
    house.desk.answer(Incoming(f"t-{name}", f"c-{name}", "api", text, ANA, True))


def test_a_page_is_told_what_holds_and_what_another_process_brought(site: str, house: House, filled: Shop) -> None:
    order = filled.order()
    with following(site, cookie(house, Role.APPROVER)) as told:
        first = next(told)
        assert (first["inbox"], first["approvals"]) == (0, 0)
        other = House(Settings(), lambda: NOW)
        try:
            asks(other, "one", "I want to talk to a human please")
            second = next(told)
            assert (second["inbox"], second["approvals"]) == (1, 0)
            assert (second["talks"] != first["talks"], second["waits"]) == (True, first["waits"])
            for turn, text in enumerate((f"cancel {order.number}", "yes")):
                other.desk.answer(Incoming(f"t{turn}", "c-two", "api", text, ANA, True))
        finally:
            other.close()
        third = next(one for one in told if one["approvals"])
        assert third["waits"] != second["waits"]


def test_counts_are_told_only_to_who_may_open_them(site: str, house: House) -> None:
    asks(house, "one", "I want to talk to a human please")
    with following(site, cookie(house, Role.VIEWER)) as told:
        assert next(told)["inbox"] == 0
    with following(site, cookie(house, Role.LEAD)) as told:
        assert next(told)["inbox"] == 1


def test_the_stream_ends_with_the_session(site: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.desk.line.STILL_ALLOWED", 0.2)
    kept = cookie(house, Role.LEAD)
    with following(site, kept) as told:
        next(told)
        with house.database.write() as db:
            sessions.close_session(db, kept)
        assert list(told) == [{}]


def test_who_is_not_signed_in_is_led_to_the_login_and_hears_nothing(site: str) -> None:
    answer = httpx.get(f"{site}/desk/events", cookies={"wismo_session": "forged"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/desk/events")


def test_forty_open_pages_hold_no_connection_and_look_once_a_second_together(
    site: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.desk.line.MOST_OF_ONE", 40)
    kept = cookie(house, Role.LEAD)
    with ExitStack() as open_pages:
        told = [open_pages.enter_context(following(site, kept)) for _ in range(40)]
        for one in told:
            next(one)
        assert house.line.open == 40
        refused = httpx.get(f"{site}/desk/events", cookies={"wismo_session": kept})
        assert (refused.status_code, "Too many pages" in refused.text) == (429, True)
        asks(house, "one", "I want to talk to a human please")
        assert [next(one)["inbox"] for one in told] == [1] * 40
        assert busiest(house) <= 1


def busiest(house: House) -> int:
    """The most connections that are out at once, over some looks."""
    pool: Any = house.database.engine.pool
    return max(int(pool.checkedout()) for _ in range(200_000))


def test_stamps_change_with_every_kind_of_news_and_with_nothing_else(house: House, filled: Shop) -> None:
    def now() -> tuple[str, str]:
        with house.database.read() as db:
            found = pulse(db, NOW).stamps
        return found.talks, found.waits

    order = filled.order()
    quiet = now()
    assert now() == quiet
    asks(house, "one", f"cancel {order.number}")
    asked = now()
    assert (asked[0] != quiet[0], asked[1]) == (True, quiet[1])
    house.desk.answer(Incoming("t-yes", "c-one", "api", "yes", ANA, True))
    waiting = now()
    assert waiting[1] != asked[1]
    with house.database.read() as db:
        later = pulse(db, NOW + timedelta(days=60))
    assert later.counts.approvals == 0
