"""Whoever touches the journal or its anchors is found out; honest erasures and retention are not."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from agent import anchors, audit, conversations, journal, tables
from agent.anchors import Anchor
from agent.audit import Audit
from agent.case import ConversationId, Thread, TicketId
from agent.journal import GENESIS
from tests.shop import NOW, Shop

DAYS = ("2026-11-18", "2026-11-19")


@pytest.fixture
def file(shop: Shop) -> Path:
    return shop.folder / "journal-anchors.jsonl"


@pytest.fixture
def kept(shop: Shop, file: Path) -> Shop:
    """Three days of two conversations each with two turns; the first two days are anchored."""
    for days in (2, 1, 0):
        for conversation in ("a", "b"):
            for turn in (1, 2):
                says(shop, conversation, f"{conversation}{days}{turn}", days)
    anchors.keep(shop.database, file, NOW)
    return shop


def says(shop: Shop, conversation: str, ticket: str, days_ago: float = 0) -> None:
    at = NOW - timedelta(days=days_ago)
    record = journal.Record(TicketId(ticket), ConversationId(conversation), at, {"n": ticket}, {"text": "Ana writes"})
    with shop.database.write() as db:
        thread, _ = conversations.load(db, record.conversation)
        journal.append(db, record)
        after = Thread(turns=thread.turns + 1)
        conversations.save(db, record.conversation, "chat", "en", after, at)


def checked(shop: Shop, file: Path) -> Audit:
    with shop.database.read() as db:
        return audit.verify(db, file)


def touch(shop: Shop, *statements: Any) -> None:
    with shop.database.write() as db:
        for statement in statements:
            db.execute(statement)


def codes(found: Audit) -> set[str]:
    assert all(one.says for one in found.problems)
    return {one.code for one in found.problems}


# -- anchoring -------------------------------------------------------------------------------------------------


def test_every_day_that_is_over_is_anchored_once_in_the_table_and_in_the_file(kept: Shop, file: Path) -> None:
    with kept.database.read() as db:
        rows = anchors.every(db)
    assert [(one.day, one.conversations, one.entries) for one in rows] == [(day, 2, 4) for day in DAYS]
    assert [json.loads(line) for line in file.read_text().splitlines()] == list(map(asdict, rows))
    assert rows[0].previous == GENESIS
    assert rows[1].previous == rows[0].hash
    assert anchors.keep(kept.database, file, NOW) == ()
    assert len(file.read_text().splitlines()) == 2


def test_a_day_is_anchored_an_hour_after_it_ended(kept: Shop, file: Path) -> None:
    midnight = NOW.replace(hour=0) + timedelta(days=1)
    assert anchors.keep(kept.database, file, midnight + timedelta(minutes=59)) == ()
    (made,) = anchors.keep(kept.database, file, midnight + timedelta(minutes=60))
    assert (made.day, made.entries) == ("2026-11-20", 4)


def test_days_without_a_turn_are_anchored_too_so_that_none_can_be_missing(kept: Shop, file: Path) -> None:
    made = anchors.keep(kept.database, file, NOW + timedelta(days=4))
    assert [one.entries for one in made] == [4, 0, 0, 0]
    assert checked(kept, file).ok


def test_an_empty_journal_has_no_anchors_and_no_problems(shop: Shop, file: Path) -> None:
    assert anchors.keep(shop.database, file, NOW) == ()
    assert not file.exists()
    found = checked(shop, file)
    assert (found.ok, found.entries, found.anchors) == (True, 0, 0)


def test_processes_that_anchor_at_once_make_one_chain_and_lines_told_twice_are_no_problem(
    shop: Shop, file: Path
) -> None:
    says(shop, "a", "a1", 3)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: anchors.keep(shop.database, file, NOW), range(4)))
    assert sum(map(len, made)) == 3
    file.write_text(file.read_text() + file.read_text().splitlines(keepends=True)[-1])
    assert checked(shop, file).ok


def test_a_line_that_a_crash_cut_short_is_written_again(kept: Shop, file: Path) -> None:
    whole = file.read_text()
    file.write_text(whole[:-20])
    anchors.keep(kept.database, file, NOW)
    assert file.read_text() == whole


def test_a_file_that_cannot_be_written_stops_nothing_and_is_caught_up_later(kept: Shop, file: Path) -> None:
    whole = file.read_text()
    file.unlink()
    file.mkdir()
    anchors.keep(kept.database, file, NOW)
    file.rmdir()
    anchors.keep(kept.database, file, NOW)
    assert file.read_text() == whole


# -- sound -----------------------------------------------------------------------------------------------------


def test_a_journal_that_nobody_touched_is_sound(kept: Shop, file: Path) -> None:
    found = checked(kept, file)
    assert found.problems == ()
    assert (found.conversations, found.entries, found.erased, found.anchors, found.waiting) == (2, 12, 0, 2, 4)
    assert (found.anchored_until, found.in_file_until) == (DAYS[1], DAYS[1])


def test_progress_counts_the_entries(kept: Shop, file: Path) -> None:
    seen: list[int] = []
    with kept.database.read() as db:
        audit.verify(db, file, seen.append)
    assert seen == list(range(1, 13))


def test_erased_words_are_counted_and_are_no_problem(kept: Shop, file: Path) -> None:
    touch(kept, delete(tables.journal_private).where(tables.journal_private.c.conversation == "a"))
    found = checked(kept, file)
    assert (found.ok, found.erased) == (True, 6)


def test_an_older_copy_of_the_file_is_a_good_witness(kept: Shop, file: Path) -> None:
    copy = Path(shutil.copy(file, file.with_name("copy.jsonl")))
    anchors.keep(kept.database, file, NOW + timedelta(days=3))
    found = checked(kept, copy)
    assert found.ok
    assert (found.anchored_until, found.in_file_until) == ("2026-11-22", DAYS[1])


def test_a_frozen_day_excuses_no_entry_that_is_gone(shop: Shop, file: Path) -> None:
    says(shop, "old", "t1", 2)
    anchors.keep(shop.database, file, NOW)
    gone = [delete(table).where(table.c.conversation == "old") for table in (tables.journal, tables.journal_private)]
    touch(shop, *gone, insert(tables.aggregates).values(day=DAYS[0], body="{}", frozen_at=NOW.isoformat()))
    assert "heads" in codes(checked(shop, file))


# -- touched ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sequence", [1, 3, 6])
@pytest.mark.parametrize("column", [column.name for column in tables.journal.columns])
def test_a_change_of_any_column_of_the_journal_is_found(kept: Shop, file: Path, column: str, sequence: int) -> None:
    here = (tables.journal.c.conversation == "a") & (tables.journal.c.sequence == sequence)
    value: Any = 99 if column == "sequence" else "forged"
    touch(kept, update(tables.journal).where(here).values({column: value}))
    found = checked(kept, file)
    assert found.problems
    assert any(one.conversation in {"a", "forged"} for one in found.problems)


@pytest.mark.parametrize("column", [column.name for column in tables.journal_private.columns])
def test_a_change_of_any_column_of_the_words_is_found(kept: Shop, file: Path, column: str) -> None:
    here = (tables.journal_private.c.conversation == "a") & (tables.journal_private.c.sequence == 6)
    value: Any = 99 if column == "sequence" else "forged"
    touch(kept, update(tables.journal_private).where(here).values({column: value}))
    assert codes(checked(kept, file)) & {"words", "orphan"}


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("column", [column.name for column in tables.anchors.columns])
def test_a_change_of_any_column_of_the_anchors_is_found_even_without_the_file(
    kept: Shop, file: Path, column: str, day: str
) -> None:
    forged: dict[str, Any] = {"conversations": 9, "entries": 9, "day": "9999-12-31"}
    touch(kept, update(tables.anchors).where(tables.anchors.c.day == day).values({column: forged.get(column, "x")}))
    assert codes(checked(kept, file)) >= {"anchor", "file"}
    file.unlink()
    assert "anchor" in codes(checked(kept, file))


def test_a_spoilt_table_of_anchors_does_not_stop_the_worker(kept: Shop, file: Path) -> None:
    touch(kept, update(tables.anchors).where(tables.anchors.c.day == DAYS[1]).values(day="soon"))
    assert anchors.keep(kept.database, file, NOW) == ()
    assert codes(checked(kept, file)) >= {"anchor", "day"}


@pytest.mark.parametrize("with_words", [True, False])
def test_a_removed_tail_is_found_although_its_chain_still_holds(kept: Shop, file: Path, with_words: bool) -> None:
    tail = [tables.journal, tables.journal_private] if with_words else [tables.journal]
    touch(kept, *(delete(one).where(one.c.conversation == "a", one.c.sequence > 3) for one in tail))
    found = checked(kept, file)
    assert codes(found) == {"tail", "heads"} | (set() if with_words else {"orphan"})
    (told,) = (one for one in found.problems if one.code == "tail")
    assert (told.conversation, told.sequence) == ("a", 4)


def test_a_removed_tail_is_found_when_the_conversations_count_was_mended_too(kept: Shop, file: Path) -> None:
    touch(
        kept,
        *(delete(one).where(one.c.conversation == "a", one.c.sequence > 3) for one in WORDS),
        update(tables.conversations).where(tables.conversations.c.id == "a").values(turns=3),
    )
    (told,) = checked(kept, file).problems
    assert (told.code, told.day) == ("heads", DAYS[1])
    assert "of this day 4 entries were anchored, 3 stand here" in told.says


def test_a_removed_conversation_is_found(kept: Shop, file: Path) -> None:
    touch(kept, *(delete(one).where(one.c.conversation == "a") for one in WORDS))
    touch(kept, delete(tables.conversations).where(tables.conversations.c.id == "a"))
    assert [(one.code, one.day) for one in checked(kept, file).problems] == [("heads", day) for day in DAYS]


def test_an_entry_that_is_added_to_a_day_that_is_over_is_found(kept: Shop, file: Path) -> None:
    says(kept, "c", "late", 1)
    says(kept, "d", "before everything", 9)
    assert [(one.code, one.day) for one in checked(kept, file).problems] == [("heads", DAYS[1]), ("added", DAYS[0])]


@pytest.mark.parametrize("day", DAYS)
def test_a_removed_anchor_is_found(kept: Shop, file: Path, day: str) -> None:
    touch(kept, delete(tables.anchors).where(tables.anchors.c.day == day))
    found = checked(kept, file)
    assert ("file", day) in {(one.code, one.day) for one in found.problems}


def test_a_journal_that_is_written_anew_with_fitting_hashes_is_found_by_its_anchors(kept: Shop, file: Path) -> None:
    write_anew(kept, "a")
    assert [(one.code, one.day) for one in checked(kept, file).problems] == [("heads", day) for day in DAYS]


def test_a_journal_that_is_written_anew_with_its_anchors_is_found_by_the_file(kept: Shop, file: Path) -> None:
    copy = Path(shutil.copy(file, file.with_name("copy.jsonl")))
    write_anew(kept, "a")
    touch(kept, delete(tables.anchors))
    file.unlink()
    anchors.keep(kept.database, file, NOW)
    assert checked(kept, file).ok, "whoever owns the machine can write everything on it anew"
    assert [(one.code, one.day) for one in checked(kept, copy).problems] == [("file", day) for day in DAYS]


def write_anew(shop: Shop, conversation: str) -> None:
    """Other words, all hashes computed again as the journal itself does."""
    with shop.database.write() as db:
        rows = db.execute(select(tables.journal).where(tables.journal.c.conversation == conversation)).all()
        for table in WORDS:
            db.execute(delete(table).where(table.c.conversation == conversation))
        for row in rows:
            at = NOW.fromisoformat(row.at)
            forged = journal.Record(row.ticket, ConversationId(conversation), at, {"forged": True}, {})
            journal.append(db, forged)


WORDS = (tables.journal, tables.journal_private)


# -- the file --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["not json", "[]", "{}", '"day"', "1" * 5000, '{"day": 1}', "[" * 100_000, "\ud7ff\x00"]
)
def test_a_line_of_the_file_that_is_no_anchor_is_named(kept: Shop, file: Path, line: str) -> None:
    file.write_text(line + "\n" + file.read_text())
    (told,) = checked(kept, file).problems
    assert (told.code, told.says) == ("line", "line 1 of journal-anchors.jsonl is not an anchor")


def test_a_line_with_a_day_that_is_text_of_another_kind_is_named(kept: Shop, file: Path) -> None:
    first = Anchor(**json.loads(file.read_text().splitlines()[0]))
    file.write_text(json.dumps(asdict(first) | {"entries": True}) + "\n")
    assert codes(checked(kept, file)) == {"line"}


def test_a_file_that_lacks_a_day_or_all_of_them_is_named(kept: Shop, file: Path) -> None:
    file.write_text(file.read_text().splitlines()[1] + "\n")
    assert [(one.code, one.day) for one in checked(kept, file).problems] == [("file", DAYS[0])]
    file.unlink()
    (told,) = checked(kept, file).problems
    assert "holds no anchors" in told.says
