"""Is a copied database sound? Opened as it would be used, every page, every invariant, every chain of the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

from agent import audit as journal_audit
from api.backups.copying import DATABASE, WITNESS, as_one_file
from tools.orders import audit as order_audit
from tools.orders.database import Database


@dataclass(frozen=True, slots=True)
class Soundness:
    """`rows` are those of each table; `schema` the revision that made it. `wrong` says what does not hold, briefly."""

    schema: str | None
    rows: Mapping[str, int]
    wrong: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.wrong


def soundness(folder: Path) -> Soundness:
    """Of the database in this folder, beside its witness. The file stays one file."""
    file = folder / DATABASE
    pages = _pages(file)
    if pages:
        return Soundness(None, {}, pages)
    database = Database(file)
    try:
        with database.read() as db:
            found = Soundness(schema_of(db), rows_of(db), tuple(_told(db, folder / WITNESS)))
    finally:
        database.close()
    with closing(sqlite3.connect(file)) as db_file:
        as_one_file(db_file)
    file.with_suffix(".lock").unlink(missing_ok=True)
    return found


def _told(db: Connection, witness: Path) -> list[str]:
    """Rows that are not what Wismo writes can stop an audit: that is a finding of its own."""
    try:
        return problems(db, witness)
    except (SQLAlchemyError, ValueError, LookupError, TypeError) as error:
        return [f"rows cannot be read by the audit: {type(error).__name__}"]


def problems(db: Connection, witness: Path) -> list[str]:
    """What the auditor and the chains of the journal say."""
    orders = [str(one) for one in order_audit.audit(db).violations]
    journal = [
        f"journal {one.day or one.conversation}: {one.says}"
        for one in journal_audit.verify(db, witness, _calm).problems
    ]
    return [*orders, *journal]


def rows_of(db: Connection) -> dict[str, int]:
    names = sorted(inspect(db).get_table_names())
    return {name: int(db.execute(select(func.count()).select_from(table(name))).scalar_one()) for name in names}


def schema_of(db: Connection) -> str | None:
    return db.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _pages(file: Path) -> tuple[str, ...]:
    try:
        with closing(sqlite3.connect(file)) as db:
            said = [str(row[0]) for row in db.execute("PRAGMA integrity_check(5)")]
            tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return (f"the database cannot be read: {error}",)
    if said != ["ok"]:
        return tuple(f"the database file: {one}" for one in said)
    return () if tables else ("the file is no database of Wismo's",)


def _calm(_: int) -> None:
    pass
