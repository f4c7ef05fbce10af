"""Where a person's words still stand: every text column of every table, the bytes of every file of the home folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, String, cast, func, or_, select

from api.privacy.register import every_table
from api.privacy.subject import Subject
from tools.orders.database import Database

PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """`where` is a table's column, or a file of the home folder; `rows` holds how many, never what."""

    where: str
    rows: int


def search(database: Database, home: Path, subject: Subject) -> tuple[Place, ...]:
    with database.read() as db:
        found = [*_columns(db, subject)]
    return (*found, *_files(home, subject))


def _columns(db: Connection, subject: Subject) -> Iterator[Place]:
    forms = sorted({form for word in subject.words for form in _forms(word)})
    for table in every_table():
        for column in table.columns:
            written = func.lower(cast(column, String))
            held = or_(*(written.contains(form, autoescape=True) for form in forms))
            rows = db.execute(select(func.count()).select_from(table).where(held)).scalar_one()
            if rows:
                yield Place(f"{table.name}.{column.name}", rows)


def _files(home: Path, subject: Subject) -> Iterator[Place]:
    forms = [form.encode() for word in subject.words for form in _forms(word)]
    longest = max(map(len, forms), default=1)
    for path in sorted(one for one in home.rglob("*") if one.is_file()):
        if _held(path, forms, longest):
            yield Place(str(path.relative_to(home)), 1)


def _held(path: Path, forms: list[bytes], longest: int) -> bool:
    before = b""
    with path.open("rb") as file:
        while part := file.read(PART):
            window = (before + part).lower()
            if any(form in window for form in forms):
                return True
            before = part[-longest:]
    return False


def _forms(word: str) -> Iterator[str]:
    """As it is written, and as JSON may escape it."""
    yield word.lower()
    yield json.dumps(word.lower())[1:-1]
