"""The heads of the journal's chains, anchored once a day: in the table `anchors`, and in a file to copy elsewhere.

The anchor of a day (UTC) covers the entries of that day; anchors are a chain themselves. It is made an hour after the
day ended, when every turn of it is settled. Whoever rewrites the journal must rewrite the file's copies too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection, desc, func, insert, select
from sqlalchemy.exc import IntegrityError

from agent.journal import GENESIS, canonical, sha256
from agent.tables import anchors, journal
from tools.orders.database import Database

log = structlog.get_logger()
SETTLED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Anchor:
    """`conversations` had `entries` on this day; `heads` hashes the last one of each. `at`: when it was made."""

    day: str
    conversations: int
    entries: int
    heads: str
    previous: str
    hash: str
    at: str


@dataclass(frozen=True, slots=True)
class Heads:
    conversations: int
    entries: int
    heads: str


def keep(database: Database, file: Path, now: datetime) -> tuple[Anchor, ...]:
    """For a periodic job: anchors the days that are over, brings the file up to the table; those that are new.

    A full disk, or a table that somebody spoilt, is told in the log and stops nothing else.
    """
    made: tuple[Anchor, ...] = ()
    try:
        with database.write() as db:
            made = anchor(db, now)
        with database.read() as db:
            write_out(file, every(db))
    except IntegrityError:
        log.info("journal.anchored_elsewhere")  # by another host, at the same moment
    except (OSError, ValueError, OverflowError) as error:
        log.error("journal.not_anchored", error=type(error).__name__)
    return made


def anchor(db: Connection, now: datetime) -> tuple[Anchor, ...]:
    """A row for every day that is over and has none, from the first day of the journal on. Again: nothing."""
    last, made = newest(db), []
    for day in _due(db, last, now):
        last = _anchored(day, heads_of(db, day), last.hash if last else GENESIS, now)
        db.execute(insert(anchors), asdict(last))
        made.append(last)
    return tuple(made)


def newest(db: Connection) -> Anchor | None:
    row = db.execute(select(anchors).order_by(desc(anchors.c.day)).limit(1)).mappings().one_or_none()
    return Anchor(**row) if row else None


def every(db: Connection) -> tuple[Anchor, ...]:
    """By day."""
    rows = db.execute(select(anchors)).mappings()
    return tuple(sorted((Anchor(**row) for row in rows), key=lambda one: one.day))


def heads_of(db: Connection, day: date) -> Heads:
    """SHA-256 over lines `["conversation",sequence,"hash"]`, sorted: the last entry of the day in each conversation."""
    rows = db.execute(
        select(journal.c.conversation, journal.c.sequence, journal.c.hash)
        .where(journal.c.at >= day.isoformat(), journal.c.at < next_day(day).isoformat())
        .execution_options(yield_per=1_000)
    )
    last: dict[str, tuple[int, str]] = {}
    entries = 0
    for entries, row in enumerate(rows, 1):  # noqa: B007 - the last number is how many there are
        last[row.conversation] = max((row.sequence, row.hash), last.get(row.conversation, (0, "")))
    lines = (canonical([conversation, *head]) + "\n" for conversation, head in sorted(last.items()))
    return Heads(len(last), entries, sha256("".join(lines)))


def hash_of(one: Anchor) -> str:
    """Over everything of the anchor but itself; the predecessor's hash makes it a chain."""
    return sha256(canonical([one.day, one.conversations, one.entries, one.heads, one.previous, one.at]))


def next_day(day: date) -> date:
    return day + timedelta(days=1)


def line_of(one: Anchor) -> str:
    return canonical(asdict(one)) + "\n"


def write_out(file: Path, rows: tuple[Anchor, ...]) -> int:
    """Appends what is newer than the file's last line; how many. Nothing that stands in it is ever changed.

    Only a last line that a crash left unfinished is taken away first.
    """
    if not rows:
        return 0
    _drop_unfinished(file)
    until = _last_day(file)
    fresh = [line_of(one) for one in rows if one.day > until]
    if fresh:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.writelines(fresh)
            out.flush()
            os.fsync(out.fileno())
    return len(fresh)


def _due(db: Connection, last: Anchor | None, now: datetime) -> Iterator[date]:
    over = (now - SETTLED).date()
    oldest = db.execute(select(func.min(journal.c.at))).scalar() if last is None else None
    if last is None and oldest is None:
        return
    day = next_day(date.fromisoformat(last.day)) if last else datetime.fromisoformat(str(oldest)).date()
    while day < over:
        yield day
        day = next_day(day)


def _anchored(day: date, found: Heads, previous: str, now: datetime) -> Anchor:
    draft = Anchor(day.isoformat(), found.conversations, found.entries, found.heads, previous, "", now.isoformat())
    return Anchor(**{**asdict(draft), "hash": hash_of(draft)})


def _drop_unfinished(file: Path) -> None:
    if file.exists():
        whole = file.read_bytes()
        if whole and not whole.endswith(b"\n"):
            os.truncate(file, whole.rfind(b"\n") + 1)


def _last_day(file: Path) -> str:
    """Of the last line that can be read; a line that cannot is the audit's business."""
    for line in reversed(file.read_bytes().splitlines() if file.exists() else []):
        try:
            return str(json.loads(line)["day"])
        except (ValueError, KeyError, TypeError):
            continue
    return ""
