"""Is the journal what it was? Every chain, every anchor, and the file of anchors against them. Changes nothing.

What is wrong is a value with its place and a sentence, never a word of a customer's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, and_, func, select

from agent import anchors, journal
from agent.anchors import Anchor
from agent.journal import GENESIS
from agent.tables import conversations, journal_private
from agent.tables import journal as entries

OnProgress = Callable[[int], None]
Code = Literal["entry", "previous", "words", "orphan", "tail", "anchor", "day", "heads", "added", "file", "line"]
SAYS: Mapping[str, str] = {
    "entry": "this entry was changed after it was written",
    "previous": "the entry before this one was changed, removed or put in another place",
    "words": "the words and names beside this entry are not those that it was written with",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not hold, and where: a conversation and the number of its entry, or a day."""

    code: Code
    says: str
    conversation: str = ""
    sequence: int = 0
    day: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """`erased` entries lost their words by an erasure or by age. That is no problem.

    `waiting` entries are newer than the last anchor: only their own chain vouches for them yet.
    """

    conversations: int
    entries: int
    erased: int
    anchors: int
    anchored_until: str
    in_file_until: str
    waiting: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


class _Count:
    """What was seen on the way."""

    def __init__(self) -> None:
        self.conversations = self.entries = self.erased = self.waiting = 0


def verify(db: Connection, file: Path, on_progress: OnProgress = lambda _: None) -> Audit:
    """`file` holds the anchors as lines: the home's own, or better a copy that was kept elsewhere.

    The file is read first: the table may have gone on since, never the reverse. Raises OSError for the file.
    """
    kept, found = _lines(file), _Count()
    table = anchors.every(db)
    until = table[-1].day if table else ""
    problems = [
        *_chains(db, until, found, on_progress),
        *_removed(db),
        *_orphans(db),
        *_anchors(db, table),
        *_file(file, kept, table),
    ]
    in_file = max((one.day for one in kept.values() if one), default="")
    counted = (found.conversations, found.entries, found.erased, len(table), until, in_file, found.waiting)
    return Audit(*counted, tuple(problems))


# -- chains --------------------------------------------------------------------------------------------------


def _chains(db: Connection, until: str, found: _Count, on_progress: OnProgress) -> Iterator[Problem]:
    last = ""
    for link in journal.links(db):
        found.entries += 1
        found.conversations += link.conversation != last or found.entries == 1
        found.erased += link.erased
        found.waiting += link.at[:10] > until
        last = link.conversation
        on_progress(found.entries)
        if link.broken:
            yield Problem(link.broken, SAYS[link.broken], link.conversation, link.sequence)


def _removed(db: Connection) -> Iterator[Problem]:
    """A conversation counts its own turns: what its chain lost at the end is missed there. Retention takes both."""
    last = func.coalesce(func.max(entries.c.sequence), 0)
    rows = db.execute(
        select(conversations.c.id, conversations.c.turns, last.label("last"))
        .outerjoin(entries, entries.c.conversation == conversations.c.id)
        .group_by(conversations.c.id, conversations.c.turns)
        .having(conversations.c.turns > last)
    )
    for row in rows:
        says = f"the conversation had {row.turns} turns, and {row.last} are in the journal: the last were removed"
        yield Problem("tail", says, row.id, row.last + 1)


def _orphans(db: Connection) -> Iterator[Problem]:
    here = and_(
        entries.c.conversation == journal_private.c.conversation, entries.c.sequence == journal_private.c.sequence
    )
    rows = db.execute(
        select(journal_private.c.conversation, journal_private.c.sequence)
        .outerjoin(entries, here)
        .where(entries.c.sequence.is_(None))
    )
    for row in rows:
        says = "words and names stand here whose entry was removed"
        yield Problem("orphan", says, row.conversation, row.sequence)


# -- anchors -------------------------------------------------------------------------------------------------


def _anchors(db: Connection, table: tuple[Anchor, ...]) -> Iterator[Problem]:
    previous, expected = GENESIS, ""
    for one in table:
        yield from _link(one, previous, expected)
        yield from _heads(db, one)
        previous = one.hash
        expected = _after(one.day)
    if table:
        yield from _earlier(db, table[0].day)


def _link(one: Anchor, previous: str, expected: str) -> Iterator[Problem]:
    if anchors.hash_of(one) != one.hash:
        yield Problem("anchor", "this anchor was changed after it was made", day=one.day)
    if one.previous != previous or (expected and one.day != expected):
        yield Problem("anchor", "the anchor of the day before was changed or removed", day=one.day)


def _heads(db: Connection, one: Anchor) -> Iterator[Problem]:
    """Retention takes words, never entries: what was anchored is still there, however old."""
    day = _day(one.day)
    if day is None:
        yield Problem("day", "this is not a day", day=one.day[:40])
        return
    now = anchors.heads_of(db, day)
    if (now.conversations, now.entries, now.heads) == (one.conversations, one.entries, one.heads):
        return
    yield Problem("heads", _difference(now.entries, one.entries), day=one.day)


def _difference(now: int, then: int) -> str:
    if now == then:
        return "entries of this day are not those that were anchored: they were written anew or replaced"
    what = "added" if now > then else "removed"
    return f"of this day {then} entries were anchored, {now} stand here: some were {what}"


def _earlier(db: Connection, first: str) -> Iterator[Problem]:
    older = db.execute(select(func.count()).select_from(entries).where(entries.c.at < first)).scalar_one()
    if older:
        yield Problem(
            "added", f"entries are dated before the first anchor ({older} of them): they were added later", day=first
        )


# -- the file ------------------------------------------------------------------------------------------------


def _file(file: Path, kept: Mapping[int, Anchor | None], table: tuple[Anchor, ...]) -> Iterator[Problem]:
    """Every line agrees with the table. The table may have gone on since: an older copy is a good witness."""
    if table and not kept:
        yield Problem("file", f"{file.name} holds no anchors: take the copy that you keep elsewhere (--anchors)")
        return
    by_day, told = {one.day: one for one in table}, set[str]()
    for number, line in kept.items():
        if line is None:
            yield Problem("line", f"line {number} of {file.name} is not an anchor")
            continue
        told.add(line.day)
        if line != by_day.get(line.day):
            what = "differs from" if line.day in by_day else "is missing in"
            yield Problem("file", f"the anchor in line {number} of {file.name} {what} the database", day=line.day[:40])
    for day in sorted(by_day):
        if day not in told and day < max(told, default=""):
            yield Problem("file", f"{file.name} lacks the anchor of this day", day=day)


def _lines(file: Path) -> dict[int, Anchor | None]:
    """By number; None for a line that is no anchor. A file that is not there is empty."""
    if not file.exists():
        return {}
    whole = file.read_bytes()
    return {number: _parsed(line) for number, line in enumerate(whole.split(b"\n"), 1) if line.strip()}


def _parsed(line: bytes) -> Anchor | None:
    try:
        given = json.loads(line)
        one = Anchor(**given)
    except (ValueError, TypeError, RecursionError):
        return None
    fits = (type(getattr(one, field.name)).__name__ == field.type for field in fields(Anchor))
    return one if all(fits) else None


def _after(day: str) -> str:
    found = _day(day)
    return anchors.next_day(found).isoformat() if found else ""


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.isoformat() == text and found < date.max else None
