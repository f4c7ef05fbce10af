"""The live stream over a real server: order, resume, forged numbers, other processes' events, the end of a visit."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from api.widget import events, visitors
from api.widget.events import Kind
from api.wiring import House
from tests.api.test_pages_in_a_browser import served
from tests.shop import NOW, Shop


@pytest.fixture
def site(house: House, filled: Shop) -> Iterator[str]:
    with served(house) as url:
        yield url


@pytest.fixture
def visitor(house: House) -> tuple[visitors.Visitor, str]:
    with house.database.write() as db:
        return visitors.begin(db, None, NOW)


def shows(house: House, conversation: str, key: str) -> None:
    with house.database.write() as db:
        events.append(db, conversation, key, Kind.PERSON, {"text": key}, NOW)


@contextmanager
def listening(site: str, secret: str, after: int = 0) -> Iterator[Iterator[dict[str, Any]]]:
    headers = {"Authorization": f"Visitor {secret}", "Last-Event-ID": str(after)}
    with httpx.stream("GET", f"{site}/widget/events", headers=headers, timeout=30) as answer:
        assert answer.status_code == 200
        yield (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))


def test_a_stream_gives_what_was_and_what_comes_and_goes_on_after_a_number(
    site: str, house: House, visitor: tuple[visitors.Visitor, str]
) -> None:
    conversation, secret = visitor[0].conversation, visitor[1]
    shows(house, conversation, "one")
    with listening(site, secret) as told:
        assert next(told)["text"] == "one"
        shows(house, conversation, "two")  # another process: nobody wakes the stream
        assert next(told)["text"] == "two"
        threading.Timer(0.2, lambda: house.hub.woken(conversation)).start()
        shows(house, conversation, "three")
        assert next(told)["sequence"] == 3
    with listening(site, secret, after=2) as told:
        assert next(told)["text"] == "three"


@pytest.mark.parametrize(("number", "status"), [("99", 409), ("-1", 400), ("x", 400), ("1" * 30, 400)])
def test_a_forged_number_is_refused(site: str, visitor: tuple[visitors.Visitor, str], number: str, status: int) -> None:
    headers = {"Authorization": f"Visitor {visitor[1]}", "Last-Event-ID": number}
    assert httpx.get(f"{site}/widget/events", headers=headers).status_code == status


def test_a_visitor_has_so_many_streams_and_no_more(
    site: str, house: House, visitor: tuple[visitors.Visitor, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.widget.hub.MOST_OF_VISITOR", 1)
    shows(house, visitor[0].conversation, "one")
    with listening(site, visitor[1]) as told:
        next(told)
        refused = httpx.get(f"{site}/widget/events", headers={"Authorization": f"Visitor {visitor[1]}"})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")


def test_a_stream_ends_with_its_visit(site: str, house: House, visitor: tuple[visitors.Visitor, str]) -> None:
    shows(house, visitor[0].conversation, "one")
    with listening(site, visitor[1]) as told:
        next(told)
        with house.database.write() as db:
            visitors.end(db, visitor[0])
        house.hub.woken(visitor[0].conversation)
        assert list(told) == [{}]
