"""`wismo inbox` and `wismo outbox`: helpful when empty, clear when something was given up, and silent about people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli.show_backlog import without_words
from api.operating.doctor import SLOW, examine
from api.settings import Settings
from api.wiring import House
from connectors import inbox
from connectors.inbox import Thread
from tests.api.conftest import Wismo
from tests.shop import NOW
from tools.orders import outbox

LETTER = {
    "id": "api:1",
    "conversation": "c1",
    "to": "ana@example.com",
    "reply": "Dear Ana Lee, your parcel is at 8 rue Pasteur",
    "actions": [{"action": "refund", "amount": "20.00", "name": "Ana Lee", "postcode": 69007}],
}


@pytest.fixture
def given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home of `wismo`, with one of each that nobody tries any more."""
    monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
    house = House(Settings(), lambda: NOW)
    with house.database.write() as db:
        inbox.put(db, "zendesk", "e1", "77", json.dumps({"from": "ana@example.com"}), NOW)
        outbox.put(db, "reply:1", "reply.zendesk", LETTER, NOW)
        claim = inbox.claim(db, Thread("zendesk", "77"), "me", NOW)
        assert claim
        inbox.put_off(db, claim, "me", "Unauthorized: /api/v2 for ana@example.com: 401", NOW, for_good=True)
        unconnected = "nobody is connected that carries reply.zendesk; see: wismo doctor"
        outbox.failed(db, "reply:1", unconnected, NOW, for_good=True)
    house.close()


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_empty_boxes_say_what_would_stand_there(wismo: Wismo) -> None:
    for words in (("inbox",), ("inbox", "list"), ("outbox",), ("outbox", "list")):
        done = wismo(*words)
        assert (done.returncode, done.stdout) == (0, "")
        assert "is empty" in done.stderr
    assert wismo("inbox", "list", "--json").stdout == ""
    assert "nothing in the outbox was given up" in wismo("outbox", "replay", "--dead").stderr


@pytest.mark.usefixtures("given_up")
def test_what_was_given_up_is_listed_with_reason_and_remedy_and_without_an_address(wismo: Wismo) -> None:
    plain, (item,) = wismo("inbox", "list").stdout, rows(wismo("inbox", "list", "--json").stdout)
    assert item["state"] == "dead"
    assert "wismo inbox replay zendesk/e1" in item["do"]
    assert "[email]" in item["reason"]
    assert "wismo inbox replay zendesk/e1" in " ".join(plain.split())
    assert "ana@" not in plain
    assert "given up" in wismo("inbox").stderr
    (count,) = rows(wismo("outbox", "counts", "--json").stdout)
    assert (count["kind"], count["state"], count["number"]) == ("reply.zendesk", "dead", 1)


@pytest.mark.usefixtures("given_up")
def test_one_is_shown_without_words_unless_they_are_asked_for(wismo: Wismo) -> None:
    shown = wismo("outbox", "show", "reply:1")
    for secret in ("Ana", "Pasteur", "ana@", "69007"):
        assert secret not in shown.stdout
    assert "45 characters" in shown.stdout
    whole = json.loads(wismo("outbox", "show", "reply:1", "--with-personal-data", "--json").stdout)
    assert whole["body"] == LETTER


@pytest.mark.usefixtures("given_up")
def test_a_replay_and_a_drop_are_kept_with_who_and_why(wismo: Wismo) -> None:
    assert wismo("outbox", "replay", "reply:1", "--by", "mia").returncode == 0
    assert wismo("outbox", "drop", "reply:1", "--by", "lou", "--reason", "said by telephone").returncode == 0
    shown = json.loads(wismo("outbox", "show", "reply:1", "--json").stdout)
    assert shown["state"] == "dropped"
    assert [(one["what"], one["by"], one["reason"]) for one in shown["people"]] == [
        ("replayed", "mia", ""),
        ("dropped", "lou", "said by telephone"),
    ]
    assert "1 done" not in wismo("outbox", "list").stderr


@pytest.mark.usefixtures("given_up")
def test_misuse_is_told_with_what_would_be_right(wismo: Wismo) -> None:
    nameless = wismo("inbox", "replay")
    assert (nameless.returncode, "--dead" in nameless.stderr) == (2, True)
    unknown = wismo("inbox", "replay", "zendesk/none", "zendesk/e1")
    assert (unknown.returncode, "wismo inbox list" in unknown.stderr) == (1, True)
    assert "zendesk/e1 waits" in unknown.stderr
    silent = wismo("inbox", "drop", "zendesk/e1", "--reason", " ")
    assert (silent.returncode, "--reason" in silent.stderr) == (2, True)
    assert wismo("inbox", "show", "nothing").returncode == 2


def test_doctor_tells_of_what_was_given_up_and_of_what_waits_for_long(house: House) -> None:
    def says(name: str) -> tuple[bool, str]:
        return next((one.ok, one.says) for one in examine(house) if one.name == name)

    assert says("inbox")[0]
    with house.database.write() as db:
        inbox.put(db, "zendesk", "e1", "77", "{}", NOW - 2 * SLOW)
    ok, told = says("inbox")
    assert (ok, "does a worker run" in told) == (False, True)
    with house.database.write() as db:
        outbox.put(db, "reply:1", "reply.zendesk", {}, NOW)
        outbox.failed(db, "reply:1", "Unreachable: no", NOW, for_good=True)
    ok, told = says("outbox")
    assert (ok, "wismo outbox list" in told) == (False, True)


def test_of_a_body_only_ids_amounts_and_states_are_shown() -> None:
    assert without_words({"text": "hello", "amount": "5.00", "n": 7, "list": ["a"], "id": "x@example.com"}) == {
        "text": "[5 characters]",
        "amount": "5.00",
        "n": "[number]",
        "list": ["[1 characters]"],
        "id": "[email]",
    }
    assert without_words("not JSON at all") == "[15 characters]"
