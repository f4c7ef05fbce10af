"""A policy that was saved in one process holds in the others: of the same home, of another host, in the widget too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from agent.case import Incoming
from api import noticing
from api.desk import policy
from api.desk.policy import written
from api.settings import Settings
from api.wiring import House
from tests.api.test_pages_in_a_browser import served
from tests.shop import ANA, NOW, Shop


@pytest.fixture
def other(house: House, filled: Shop) -> Iterator[House]:
    """Another process of the same home."""
    made = House(Settings(), lambda: NOW)
    yield made
    made.close()


@pytest.fixture
def host(house: House, filled: Shop, tmp_path: Path) -> House:
    """Another host: a home of its own, the same database."""
    made = House(house.settings.model_copy(update={"home": tmp_path / "host"}), lambda: NOW)
    made.__dict__ |= {"database": house.database, "intents": house.intents, "embedder": house.embedder}
    return made


def saves(house: House, **values: str) -> None:
    """As the desk does."""
    text = house.shop_file.read_text(encoding="utf-8")
    given = {name.replace("__", "."): value for name, value in values.items()}
    policy.save(house, house.policy.version, written(text, house.shop_file, given), "lea", "a test")


def mode(house: House, turn: str) -> str:
    return house.desk.answer(Incoming(turn, turn, "api", "hello", ANA, True)).mode


def test_what_one_process_saved_the_other_answers_by(house: House, other: House) -> None:
    other.noticing.look()
    assert mode(other, "before") == "sent"
    saves(house, rollout__mode="draft")
    assert mode(house, "own") == "draft"
    other.noticing.look()
    assert mode(other, "after") == "draft"


def test_a_running_server_notices_by_itself_and_the_widget_hears_of_it(house: House, other: House) -> None:
    with served(other) as url:
        begun = httpx.post(f"{url}/widget/session", json={}).json()["visitor"]
        saves(house, rollout__mode="draft")
        kinds = [asked(url, begun, turn)[-1] for turn in looks()]
        assert kinds[-1] == "waiting"


def looks() -> Iterator[str]:
    """Names of turns, for three seconds."""
    for number in range(6):
        time.sleep(0.5)
        yield f"message-{number}"


def asked(url: str, visitor: str, turn: str) -> list[str]:
    headers = {"Authorization": f"Visitor {visitor}"}
    told = httpx.post(f"{url}/widget/messages", json={"id": turn, "text": "hello"}, headers=headers, timeout=30).json()
    return [one["kind"] for one in told["events"] if one["kind"] != "said"] or ["waiting"]


def test_another_host_writes_what_the_desk_saved_into_its_own_file(house: House, host: House) -> None:
    host.noticing.look()
    saves(house, rollout__mode="draft")
    host.noticing.look()
    assert host.shop_file.read_text() == house.shop_file.read_text()
    assert mode(host, "after") == "draft"


def test_a_host_that_was_down_while_it_was_saved_finds_it_when_it_is_back(house: House, host: House) -> None:
    host.noticing.look()
    saves(house, rollout__mode="draft")
    back = House(host.settings, lambda: NOW)
    back.__dict__ |= {"database": house.database}
    back.noticing.look()
    assert back.policy.rollout.mode == "draft"


def test_what_a_person_writes_into_a_hosts_file_holds_there_until_the_desk_saves_again(
    house: House, host: House
) -> None:
    saves(house, rollout__mode="draft")
    host.noticing.look()
    by_hand = host.shop_file.read_text().replace("return_days = 30 ", "return_days = 14 ")
    host.shop_file.write_text(by_hand)
    host.noticing.look()
    assert (host.policy.terms.return_days, host.shop_file.read_text()) == (14, by_hand)
    saves(house, terms__return_days="60")
    host.noticing.look()
    assert host.policy.terms.return_days == 60


def test_a_file_that_does_not_hold_changes_nothing_until_it_does(house: House, other: House) -> None:
    other.noticing.look()
    version, text = other.policy.version, house.shop_file.read_text()
    house.shop_file.write_text(text.replace("return_days = 30 ", 'return_days = "many" '))
    other.noticing.look()
    assert other.policy.version == version
    house.shop_file.write_text(text.replace("return_days = 30 ", "return_days = 14 "))
    other.noticing.look()
    assert other.policy.terms.return_days == 14


def test_who_built_a_part_of_the_old_policy_meanwhile_builds_it_anew(house: House, other: House) -> None:
    other.noticing.look()
    old = other.desk
    saves(house, rollout__mode="draft")
    other.noticing.look()
    other.__dict__["desk"] = old  # a thread had begun before, and ends now
    other.noticing.look()
    assert mode(other, "after") == "draft"


def test_a_playbook_of_the_shop_is_part_of_the_stamp(house: House) -> None:
    before = noticing.stamp(house.shop_file)
    folder = house.shop_file.parent / "playbooks"
    folder.mkdir()
    (folder / "greeting.toml").write_text("")
    assert noticing.stamp(house.shop_file) != before
