"""What people answered, out of a helpdesk's own API, for `wismo learn` and `wismo simulate`."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.connectors.fake_freshdesk import KEY, PERSON, SEAT, FakeFreshdesk
from tests.connectors.vendor import Trouble, serving

SINCE = ("--since", "2026-11-20")


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeFreshdesk]:
    with serving(FakeFreshdesk(description="Do you gift wrap?", status=5)) as made:
        made.says("Yes, for 4.90 EUR an item.", PERSON)
        made.says("Our machine says hello.", SEAT)
        settings = {"BASE_URL": made.url, "API_KEY": KEY, "WEBHOOK_SECRET": "s", "WEBHOOK_PATH": "p"}
        for name, value in settings.items():
            monkeypatch.setenv(f"WISMO_FRESHDESK_{name}", value)
        monkeypatch.setenv("WISMO_HOME", str(tmp_path / "home"))
        yield made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_solved_conversations_become_a_file_that_only_its_owner_reads(fake: FakeFreshdesk, tmp_path: Path) -> None:
    out = tmp_path / "tickets.jsonl"
    done = run("history", "freshdesk", "--out", str(out), *SINCE)
    assert done.exit_code == 0
    assert f"--not-by {SEAT}" in done.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    (record,) = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert (record["id"], len(record["conversations"])) == (42, 2)


def test_wismo_learns_from_the_helpdesk_itself_and_not_from_its_own_words(fake: FakeFreshdesk) -> None:
    done = run("learn", "--from", "freshdesk", "--json", *SINCE)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["tickets"] == 1


def test_a_file_that_was_fetched_is_an_export_like_every_other(fake: FakeFreshdesk, tmp_path: Path) -> None:
    out = str(tmp_path / "tickets.jsonl")
    run("history", "freshdesk", "--out", out, *SINCE)
    assert json.loads(run("learn", out, "--json").stdout)["tickets"] == 1


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("learn",), "name an export"),
        (("learn", "--from", "csv"), "name an export"),
        (("learn", "--from", "zendesk"), "wismo connect zendesk"),
        (("history", "intercom", "--out", "x.jsonl"), "wismo connect intercom"),
        (("history", "freshdesk", "--out", "no/such/folder/x.jsonl"), "no folder"),
    ],
)
def test_what_cannot_be_fetched_says_why(fake: FakeFreshdesk, arguments: tuple[str, ...], remedy: str) -> None:
    done = run(*arguments)
    assert (done.exit_code, remedy in done.stderr) == (2, True)


def test_a_helpdesk_that_refuses_is_told_with_its_remedy(fake: FakeFreshdesk, tmp_path: Path) -> None:
    fake.troubles = [Trouble("GET", 500, times=9, path="/conversations")]
    done = run("history", "freshdesk", "--out", str(tmp_path / "x.jsonl"), *SINCE)
    assert (done.exit_code, "500" in done.stderr) == (2, True)
    fake.troubles, fake.key = [], "revoked"
    done = run("history", "freshdesk", "--out", str(tmp_path / "x.jsonl"), *SINCE)
    assert (done.exit_code, "wismo connect freshdesk" in done.stderr) == (2, True)
