"""`wismo move`: everything of an SQLite home into an empty PostgreSQL, in one transaction, audited before it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from api import migrations
from api.backups import MOVED, Failed, NotEmpty
from api.backups.checking import problems
from api.backups.making import Told
from api.privacy.register import every_table
from tools.orders.database import Database

PART = 2_000
"""Rows read at a time."""


@dataclass(frozen=True, slots=True)
class Moved:
    """`rows` of each table; `kept` is the SQLite file, which nothing opens any more."""

    rows: Mapping[str, int]
    kept: Path


def move(file: Path, url: str, witness: Path, told: Told) -> Moved:
    """All of it, or the target stays empty and the file is used as before. The caller has the home to itself.

    Raises `NotEmpty`, and `Failed` with what does not fit.
    """
    source, target = Database(file), Database(url)
    try:
        with _plainly_told():
            migrations.upgrade(source)
            migrations.upgrade(target)
            rows = _moved(source, target, witness, told)
    finally:
        source.close()
        target.close()
    return Moved(rows, _put_aside(file))


def _moved(source: Database, target: Database, witness: Path, told: Told) -> Mapping[str, int]:
    tables = list(every_table())
    with source.read() as old, target.write() as new:
        _must_be_empty(new, tables)
        rows = {table.name: _rows(old, table) for table in tables}
        told.step(f"copying {sum(rows.values()):,} rows of {len(tables)} tables")
        _copied(old, new, tables, rows, told)
        told.step("counting and auditing what arrived")
        _must_be_the_same(new, tables, rows)
        _must_be_sound(old, new, witness)
        return rows


def _copied(old: Connection, new: Connection, tables: list[Table], rows: Mapping[str, int], told: Told) -> None:
    done, whole = 0, sum(rows.values())
    for table in tables:
        for part in _read(old, table):
            _write(new, table, part)
            done += len(part)
            told.pages(done, whole)


def _read(old: Connection, table: Table) -> Iterator[list[Any]]:
    """As they are kept: moments and JSON are text on both."""
    result = old.exec_driver_sql(f"SELECT {_columns(table)} FROM {table.name}")  # noqa: S608 - our own names
    while part := result.fetchmany(PART):
        yield list(part)


def _write(new: Connection, table: Table, part: list[Any]) -> None:
    driver = new.connection.cursor()
    with driver.copy(f"COPY {table.name} ({_columns(table)}) FROM STDIN") as copy:
        for row in part:
            copy.write_row(tuple(row))
    driver.close()


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _rows(db: Connection, table: Table) -> int:
    return int(db.execute(select(func.count()).select_from(table)).scalar_one())


def _must_be_empty(new: Connection, tables: list[Table]) -> None:
    full = [table.name for table in tables if _rows(new, table)]
    if full:
        raise NotEmpty(f"the target holds data already ({', '.join(full[:5])}): name an empty database")


def _must_be_the_same(new: Connection, tables: list[Table], rows: Mapping[str, int]) -> None:
    wrong = [table.name for table in tables if _rows(new, table) != rows[table.name]]
    if wrong:
        raise Failed(f"not every row arrived in {', '.join(wrong)}; the target is left empty")


def _must_be_sound(old: Connection, new: Connection, witness: Path) -> None:
    """What was wrong before is no reason to stay: it would be as wrong there."""
    found = problems(new, witness)
    fresh = set(found) - set(problems(old, witness)) if found else set()
    if fresh:
        raise Failed(f"the audit finds what was not so before: {min(fresh)}; the target is left empty")


@contextmanager
def _plainly_told() -> Iterator[None]:
    """The database's own first line names what does not fit, never a password."""
    import psycopg

    try:
        yield
    except (SQLAlchemyError, psycopg.Error) as error:
        told = str(getattr(error, "orig", None) or error).strip().splitlines()
        raise Failed(
            f"PostgreSQL: {told[0][:300] if told else type(error).__name__}; nothing was moved. "
            "Does the server answer, is the database there, and may its user create tables in it?"
        ) from None


def _put_aside(file: Path) -> Path:
    """Nothing must go on writing into it. A log beside it, of a command that still reads, goes along."""
    kept = file.with_name(MOVED)
    for suffix in ("-wal", ""):
        if file.with_name(f"{file.name}{suffix}").exists():
            file.with_name(f"{file.name}{suffix}").rename(f"{kept}{suffix}")
    return kept
