"""`wismo gaps`, its replay, and the page /gaps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from agent.case import Incoming
from api.cli import app
from api.edge.tokens import Role
from api.wiring import House
from tests.api.browsing import signed_in
from tests.shop import ANA

ARTICLE = "# Gift wrap\n\nWe gift wrap any parcel for 3.00 EUR: choose gift wrapping in the basket.\n"
Wismo = Callable[..., tuple[int, str, str]]


@pytest.fixture
def wismo(house: House, monkeypatch: pytest.MonkeyPatch) -> Wismo:
    """The command in this process, over the house of the test; rich is given 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, arguments)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout, done.stderr

    return run


@pytest.fixture
def asked(house: House) -> House:
    for number, text in enumerate(("do you gift wrap parcels?", "is gift wrapping possible?", "hello")):
        turn = f"api:t{number}"
        house.desk.answer(Incoming(turn, turn, "api", text, ANA, True))
    return house


def test_a_question_is_listed_until_an_article_answers_it(asked: House, wismo: Wismo, tmp_path: Path) -> None:
    _, told, _ = wismo("gaps", "--days", "36000", "--json")
    found = json.loads(told)
    assert (found["tickets"], found["count"]) == (3, 2)
    (group,) = found["groups"]
    assert list(group) == [
        *("id", "kind", "told", "label", "count", "tickets", "conversations", "share", "first", "last", "cost"),
        *("rules", "intents", "languages", "examples", "remedy"),
    ]
    assert (group["kind"], group["count"], group["cost"]) == (
        "knowledge",
        2,
        {"handoffs": 2, "minutes": 12, "money": None},
    )
    code, told, _ = wismo("gaps", "replay", group["id"], "--days", "36000", "--gate")
    assert (code, "open" in told) == (1, True)
    article = tmp_path / "wrap.md"
    article.write_text(ARTICLE, encoding="utf-8")
    assert wismo("ingest", str(article))[0] == 0
    code, told, _ = wismo("gaps", "replay", group["id"], "--days", "36000", "--gate", "--json")
    (closed,) = json.loads(told)["groups"]
    assert (code, closed["state"], closed["served"], closed["still"]) == (0, "closed", 2, 0)
    _, told, _ = wismo("gaps", "replay", "--days", "36000")
    assert "1 of 1 gaps are closed" in told


def test_the_list_shows_count_cost_question_tickets_and_remedy_in_eighty_columns(asked: House, wismo: Wismo) -> None:
    _, told, _ = wismo("gaps", "--days", "36000")
    for part in (
        "2 questions not answered, of 3 tickets",
        "knowledge",
        "2 (66.7%)",
        "12 min",
        "api:t1",
        "wismo ingest",
    ):
        assert part in told
    assert max(map(len, told.splitlines())) <= 80
    assert "smaller; --limit" not in told


def test_only_as_many_groups_as_are_wanted_are_listed(asked: House, wismo: Wismo) -> None:
    asked.desk.answer(Incoming("api:x", "api:x", "api", "do you sell unicorn saddles?", ANA, True))
    assert "and 1 smaller; --limit 2 shows all" in wismo("gaps", "--days", "36000", "--limit", "1")[1]
    assert len(json.loads(wismo("gaps", "--days", "36000", "--limit", "1", "--json")[1])["groups"]) == 1


def test_an_empty_home_and_an_empty_kind_are_told(asked: House, wismo: Wismo, tmp_path: Path) -> None:
    assert "No policy gaps in the last 36000 days" in wismo("gaps", "--days", "36000", "--kind", "policy")[2]
    assert json.loads(wismo("gaps", "--kind", "policy", "--days", "36000", "--json")[1])["groups"] == []
    assert wismo("gaps", "replay", "--kind", "policy", "--days", "36000", "--gate")[0] == 0
    code, _, error = wismo("gaps", "replay", "G-nope", "--days", "36000")
    assert (code, "wismo gaps lists them" in error) == (2, True)
    assert wismo("gaps", "--kind", "nonsense")[0] == 2
    assert wismo("gaps", "--days", "0")[0] == 2


def test_a_home_without_tickets_says_how_to_begin(house: House, wismo: Wismo) -> None:
    code, _, told = wismo("gaps")
    assert (code, "No tickets in the last 30 days; try:" in told) == (0, True)


# -- the page --------------------------------------------------------------------------------------------------


def test_a_lead_reads_the_gaps_with_their_cases(asked: House, client: TestClient) -> None:
    signed_in(client, asked, Role.LEAD)
    told = client.get("/gaps").text
    for part in (
        "2 questions, of 3 tickets",
        "<strong>30</strong>",
        "gift wrap",
        "knowledge",
        "12 minutes",
        "/cases/api%3At1",
        "wismo gaps replay",
    ):
        assert part in told, part
    assert "No policy gaps" in client.get("/gaps?kind=policy&days=7").text
    assert client.get("/gaps?kind=nonsense").status_code == 200
    assert client.get("/gaps?days=0").status_code == 422


def test_the_page_is_for_leads_and_escapes_what_customers_wrote(house: House, client: TestClient) -> None:
    signed_in(client, house, Role.LEAD)
    assert "no customer wrote" in client.get("/gaps").text
    house.desk.answer(Incoming("api:x", "api:x", "api", "do you sell R&D saddles?", ANA, True))
    told = client.get("/gaps").text
    assert "R&amp;D" in told
    client.cookies.clear()
    assert client.get("/gaps", follow_redirects=False).headers["location"] == "/login?next=/gaps"
    signed_in(client, house, Role.VIEWER)
    assert client.get("/gaps").status_code == 403
