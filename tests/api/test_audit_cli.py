"""`wismo audit` and `wismo explain` as a user runs them: exit codes, files that are whole, figures for programs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text
from typer.testing import CliRunner, Result

from agent import anchors, journal
from agent.case import ConversationId, Incoming, TicketId
from agent.tables import journal_private
from api.cli import app
from api.wiring import House
from tests.shop import ANA, NOW, Shop

OPERATE = Path(__file__).parents[2] / "docs" / "operate.md"


def wismo(*arguments: object) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "200"})


@pytest.fixture
def full(house: House, filled: Shop) -> House:
    """Three days with turns, anchored; today's was walked by the desk."""
    with house.database.write() as db:
        for days in (2, 1):
            for conversation in ("ä", "b"):
                at = NOW - timedelta(days=days)
                record = (
                    TicketId(f"{conversation}{days}"),
                    ConversationId(conversation),
                    at,
                    {"n": 0.1},
                    {"text": "Ana"},
                )
                journal.append(db, journal.Record(*record))
    house.desk.answer(Incoming("t1", "c", "chat", "Hello, I am Ana Lee of 8 rue Pasteur", ANA, True))
    anchors.keep(house.database, house.settings.anchors, NOW)
    return house


def tamper(house: House, statement: str) -> None:
    with house.database.write() as db:
        assert db.execute(text(statement)).rowcount


def exported(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def recipe(tmp_path: Path, file: Path) -> subprocess.CompletedProcess[str]:
    """The program in docs/operate.md, run on an export without anything of ours."""
    found = re.search(r"```python\n(.*?)```", OPERATE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    program = tmp_path / "recipe.py"
    program.write_text(found[1], encoding="utf-8")
    run = [sys.executable, "-I", str(program), str(file)]
    return subprocess.run(run, capture_output=True, text=True, check=False)


# -- verify ----------------------------------------------------------------------------------------------------


def test_an_empty_journal_says_what_to_try(house: House) -> None:
    done = wismo("audit", "verify")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "the journal is empty; try: wismo ask" in done.stderr


def test_a_sound_journal_exits_with_0(full: House) -> None:
    done = wismo("audit", "verify")
    assert done.exit_code == 0
    assert "5 entries in 3 conversations, 0 erased" in done.stdout
    assert "2 anchors until 2026-11-19; 1 newer entry" in done.stdout
    assert "the journal is what it was" in done.stdout
    told = json.loads(wismo("audit", "verify", "--json").stdout)
    assert (told["ok"], told["entries"], told["waiting"], told["problems"]) == (True, 5, 1, [])


def test_a_touched_journal_exits_with_1_and_names_the_place(full: House) -> None:
    tamper(full, "UPDATE journal SET body = '{}' WHERE ticket = 'b1'")
    done = wismo("audit", "verify")
    assert done.exit_code == 1
    assert "entry  b no. 2: this entry was changed after it was written" in done.stdout
    assert "1 problem; what to do: docs/operate.md" in done.stdout
    as_json = wismo("audit", "verify", "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["problems"][0]["conversation"] == "b"


def test_a_conversation_whose_name_looks_like_markup_is_shown_as_it_is(full: House) -> None:
    tamper(full, "UPDATE journal SET conversation = '[red]x[/bold]' WHERE ticket = 't1'")
    done = wismo("audit", "verify")
    assert done.exit_code == 1
    assert "[red]x[/bold] no. 1" in done.stdout


def test_many_problems_are_cut_short_for_people_and_whole_for_programs(full: House) -> None:
    with full.database.write() as db:
        for number in range(60):
            at = NOW + timedelta(seconds=number)
            journal.append(db, journal.Record(TicketId(f"m{number}"), ConversationId(f"m{number}"), at, {}, {}))
    tamper(full, "UPDATE journal SET hash = 'x' WHERE ticket LIKE 'm%'")
    assert "… and 10 more" in wismo("audit", "verify").stdout
    assert len(json.loads(wismo("audit", "verify", "--json").stdout)["problems"]) == 60


def test_a_copy_that_was_kept_elsewhere_is_the_witness(full: House, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_text(full.settings.anchors.read_text().replace('"entries":2', '"entries":3'))
    assert wismo("audit", "verify").exit_code == 0
    assert wismo("audit", "verify", "--anchors", copy).exit_code == 1
    full.settings.anchors.unlink()
    full.settings.anchors.mkdir()
    spoilt = wismo("audit", "verify")
    assert (spoilt.exit_code, spoilt.stderr.count("Is a directory")) == (2, 1)
    missing = wismo("audit", "verify", "--anchors", tmp_path / "none")
    assert (missing.exit_code, missing.stderr.count("no such file")) == (2, 1)


# -- export ----------------------------------------------------------------------------------------------------


def test_an_export_names_nobody_and_holds_by_the_recipe_alone(full: House, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    done = wismo("audit", "export", file)
    assert done.exit_code == 0, done.output
    assert "7 lines in" in done.stderr
    written = file.read_text(encoding="utf-8")
    assert not any(word in written for word in ("Ana", "Pasteur", ANA, "salt"))
    assert [one["kind"] for one in exported(file)] == ["entry"] * 5 + ["anchor"] * 2
    assert file.stat().st_mode & 0o777 == 0o600
    checked = recipe(tmp_path, file)
    assert (checked.returncode, checked.stdout) == (0, "sound\n"), checked.stderr


def test_with_personal_data_the_words_open_their_commitments(full: House, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    with full.database.write() as db:
        db.execute(delete(journal_private).where(journal_private.c.conversation == "b"))
    assert "keep it as you keep your orders" in wismo("audit", "export", file, "--with-personal-data").stderr
    entries = [one for one in exported(file) if one["kind"] == "entry"]
    assert {one["conversation"]: one["private"] is None for one in entries} == {"b": True, "c": False, "ä": False}
    assert recipe(tmp_path, file).stdout == "sound\n"
    file.write_text(file.read_text(encoding="utf-8").replace("rue Pasteur", "rue Verlaine"), encoding="utf-8")
    assert recipe(tmp_path, file).stdout == "wrong: ('c', 1)\n"


@pytest.mark.parametrize(
    ("was", "now", "named"),
    [
        ('{\\"n\\":0.1}', '{\\"n\\":0.2}', "('b', 1)"),
        ('"ticket": "b1"', '"ticket": "b9"', "('b', 2)"),
        ('"conversations":', '"conversations": 1, "was":', "2026-11-18"),
        ('"entries": 2', '"entries": 3', "2026-11-18"),
        ('"heads": "', '"heads": "0', "2026-11-18"),
    ],
)
def test_the_recipe_finds_what_was_changed_in_an_export(
    full: House, tmp_path: Path, was: str, now: str, named: str
) -> None:
    file = tmp_path / "out.jsonl"
    wismo("audit", "export", file)
    whole = file.read_text(encoding="utf-8")
    assert was in whole
    file.write_text(whole.replace(was, now), encoding="utf-8")
    checked = recipe(tmp_path, file)
    assert checked.returncode == 1
    assert named in checked.stdout


def test_the_recipe_finds_an_entry_that_is_missing(full: House, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    wismo("audit", "export", file)
    kept = [line for line in file.read_text(encoding="utf-8").splitlines(keepends=True) if '"b1"' not in line]
    file.write_text("".join(kept), encoding="utf-8")
    assert recipe(tmp_path, file).stdout == "wrong: 2026-11-19\n"


def test_days_are_whole_and_the_last_one_is_included(full: House, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    wismo("audit", "export", file, "--since", "2026-11-19", "--until", "2026-11-19")
    assert [one.get("ticket", one.get("day")) for one in exported(file)] == ["b1", "ä1", "2026-11-19"]
    assert recipe(tmp_path, file).stdout == "sound\n"
    assert "nothing in those days" in wismo("audit", "export", file, "--until", "2020-01-01").stderr
    assert file.read_text() == ""


def test_an_export_that_fails_leaves_what_was_there(full: House, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    file.write_text("the last one")
    for bad in (
        wismo("audit", "export", tmp_path / "no" / "folder.jsonl"),
        wismo("audit", "export", file, "--since", "2026-11-20", "--until", "2026-11-19"),
        wismo("audit", "export", file, "--since", "yesterday"),
        wismo("audit", "export", tmp_path),
    ):
        assert bad.exit_code == 2
        assert bad.stderr
    assert [one.name for one in tmp_path.glob("*.jsonl")] == ["out.jsonl"]
    assert file.read_text() == "the last one"
    assert list(tmp_path.glob("tmp*")) == []


# -- explain ---------------------------------------------------------------------------------------------------


def test_a_case_is_explained_as_text_and_as_json(full: House) -> None:
    told = wismo("explain", "t1")
    assert told.exit_code == 0
    for part in (
        "Hello, I am Ana Lee",
        "authenticated (proven by chat), customer ana",
        "TLK-1  Small talk",
        "(sent) Hello",
    ):
        assert part in told.stdout, part
    as_json = json.loads(wismo("explain", "t1", "--json").stdout)
    assert (as_json["ticket"], as_json["rules"][0]["id"], as_json["at"]) == ("t1", "TLK-1", NOW.isoformat())


def test_an_erased_case_says_so(full: House) -> None:
    with full.database.write() as db:
        db.execute(delete(journal_private))
    told = wismo("explain", "t1").stdout
    assert "Ana" not in told
    assert re.search(r"message +erased", told)


def test_an_unknown_case_names_the_way_on(house: House) -> None:
    unknown = wismo("explain", "nope")
    assert (unknown.exit_code, unknown.stderr) == (2, "error: no case nope; wismo explain lists the newest\n")
    assert "no cases yet; try: wismo ask" in wismo("explain").stderr


def test_the_newest_cases_are_listed(house: House, filled: Shop) -> None:
    for name in ("one", "[bold]two"):
        house.desk.answer(Incoming(name, name, "chat", "hello", ANA, True))
    listed = wismo("explain").stdout
    assert "one" in listed
    assert "[bold]two" in listed
    rows = [json.loads(line) for line in wismo("explain", "--json").stdout.splitlines()]
    assert {one["ticket"] for one in rows} == {"one", "[bold]two"}
