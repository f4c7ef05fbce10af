"""Evaluations begun from the page: one at a time, with progress, cancelled, cut off, and opened as a report."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.desk import playing
from api.desk.playing import Busy, CannotRun, Play, Playing
from api.edge.tokens import Role
from api.wiring import House
from tests.api.browsing import csrf_in
from tests.api.test_inbox import page, with_both
from tests.shop import NOW, Shop

CASE = """group: mine
cases:
  - id: {}
    says: A greeting is answered.
    turns:
      - say: Hello
        expect: {{intents: [greeting]}}
"""


@pytest.fixture
def lead(client: TestClient, house: House, filled: Shop) -> TestClient:
    return with_both(client, house, Role.LEAD)


def own_cases(house: House, many: int) -> None:
    folder = house.settings.home / "cases"
    folder.mkdir(parents=True)
    for number in range(many):
        (folder / f"{number}.yaml").write_text(CASE.format(f"mine-{number}"))


def put(client: TestClient, **form: str) -> Any:
    return client.post("/evaluation", data={"csrf": csrf_in(client.get("/evaluation").text)} | form)


def until(holds: Callable[[Play], bool], house: House, seconds: float = 120) -> Play:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = house.playing.newest()
        if found and holds(found):
            return found
        time.sleep(0.05)
    raise AssertionError(house.playing.newest())


def test_a_run_is_begun_shows_how_far_it_is_and_opens_as_its_report(lead: TestClient, house: House) -> None:
    own_cases(house, 3)
    begun = put(lead, do="run", suite="own")
    assert begun.status_code == 200
    assert "Running: own" in begun.text
    again = put(lead, do="run", suite="own")
    assert (again.status_code, "a run is going on" in again.text) == (409, True)
    ended = until(lambda one: not one.runs, house)
    assert (ended.stage, ended.done, ended.total, ended.by) == ("done", 3, 3, "lea")
    shown = page(lead, "/evaluation")
    assert "The last run has ended" in shown
    report = lead.get("/evaluation/report", params={"run": ended.name})
    assert report.status_code == 200
    assert put(lead, do="run", suite="own", group="mine").status_code == 200
    second = until(lambda one: not one.runs, house)
    assert second.name != ended.name  # the clock of this house stands still
    held = lead.get("/evaluation/report", params={"run": second.name, "baseline": ended.name})
    assert "What changed since the last run" in held.text


def test_a_run_is_cancelled_and_keeps_nothing(lead: TestClient, house: House) -> None:
    put(lead, do="run", suite="shipped")
    until(lambda one: one.done > 0, house)
    put(lead, do="cancel")
    ended = until(lambda one: not one.runs, house)
    assert ended.stage == "cancelled"
    assert "nothing of it is kept" in page(lead, "/evaluation")
    assert list((house.settings.home / "runs").glob("*.json")) == []


def test_a_run_ends_with_the_process_that_began_it_and_is_told_to_be_cut_off(lead: TestClient, house: House) -> None:
    put(lead, do="run", suite="shipped")
    until(lambda one: one.runs, house)
    house.playing.close()
    assert until(lambda one: not one.runs, house).stage == "cut off"
    assert "was cut off" in page(lead, "/evaluation")
    other = Playing(house.settings.home)
    assert other.newest() == house.playing.newest()


def test_another_process_of_the_home_begins_none_beside_it(house: House) -> None:
    own_cases(house, 1)
    house.playing.begin("own", "", "lea", NOW)
    other = Playing(house.settings.home)
    with pytest.raises(Busy):
        other.begin("own", "", "mia", NOW)
    seen = other.newest()
    assert seen
    assert seen.by == "lea"
    house.playing.close()


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"suite": "../etc"}, "there is no suite"),
        ({"suite": "own"}, "no case is there to play"),
        ({"suite": "shipped", "group": "none"}, "no case is there to play"),
    ],
)
def test_what_cannot_be_played_is_refused_with_the_reason(lead: TestClient, form: dict[str, str], told: str) -> None:
    answer = put(lead, do="run", **form)
    assert (answer.status_code, told in html.unescape(answer.text)) == (409, True)


def test_a_broken_case_of_ones_own_is_named_and_the_page_stands(lead: TestClient, house: House) -> None:
    own_cases(house, 1)
    (house.settings.home / "cases" / "bad.yaml").write_text("- nothing")
    answer = put(lead, do="run", suite="own")
    assert (answer.status_code, "bad.yaml" in answer.text) == (409, True)
    with pytest.raises(CannotRun):
        playing.chosen_cases(house.settings.home, "own", "")


def test_the_stamp_changes_with_every_step(house: House) -> None:
    play = Play("own-1", "own", "", "lea", NOW.isoformat(), "done", 1, 2)
    (house.settings.home / "runs").mkdir(parents=True)
    seen = set()
    for one in (play, replace(play, done=2), replace(play, stage="cancelled")):
        playing.keep(house.settings.home, one)
        seen.add(house.playing.stamp())
    assert len(seen) == 3
