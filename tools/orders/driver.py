"""Statements straight to the driver, inside SQLAlchemy's transaction: the money path runs some forty an order.

SQLAlchemy's own execution costs more than the statement itself (measured: half of placing an order). Values are given
as the columns store them; marks are the driver's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from tools.orders import faults

Row = tuple[Any, ...]
RACES = frozenset({"40001", "40P01", "23505"})
"""PostgreSQL's serialization failure, deadlock, and a key that somebody else wrote first."""
recorders: list[Callable[[str, Sequence[Row]], None]] = []
"""Whoever wants to know what is written (the benchmark's floor); empty in a shop."""


def mark(db: Connection) -> str:
    return "?" if db.dialect.paramstyle == "qmark" else "%s"


def write(db: Connection, table: str, sql: str, rows: Sequence[Row]) -> int:
    """One statement for one or many rows; how many it touched."""
    faults.reached(table)
    for recorder in recorders:
        recorder(sql, rows)
    with _told_as_sqlalchemy_tells(db, sql):
        cursor = _driver(db).cursor()
        if len(rows) == 1:
            cursor.execute(sql, rows[0])
        else:
            cursor.executemany(sql, rows)
    return int(cursor.rowcount)


def read(db: Connection, sql: str, given: Row) -> list[Row]:
    with _told_as_sqlalchemy_tells(db, sql):
        cursor = _driver(db).cursor()
        cursor.execute(sql, given)
        found: list[Row] = cursor.fetchall()
    return found


def of_many(db: Connection, sql: str, ids: Sequence[str]) -> list[Row]:
    """`{ids}` in the statement stands where the column is asked to be one of them.

    PostgreSQL compares `= ANY(array)` one by one in a plan that it made for any array; a joined list it hashes.
    """
    if db.dialect.name == "postgresql":
        return read(db, sql.format(ids="IN (SELECT unnest(%s::text[]))"), (list(ids),))
    return read(db, sql.format(ids="IN (SELECT value FROM json_each(?))"), (json.dumps(list(ids)),))


class _told_as_sqlalchemy_tells:  # noqa: N801 - read as a phrase; a class costs less than a generator here
    """The driver's error as SQLAlchemy's, so that whoever waits for one waits for both. Values are not told."""

    def __init__(self, db: Connection, sql: str) -> None:
        self._db, self._sql = db, sql

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        base = self._db.dialect.loaded_dbapi.Error
        if isinstance(error, base):
            raise DBAPIError.instance(self._sql, None, error, base, hide_parameters=True) from error


def lost_a_race(error: Exception) -> bool:
    """Whether another transaction was first, so that trying again is right."""
    told = getattr(error, "orig", None) or error
    return getattr(told, "sqlstate", None) in RACES


def _driver(db: Connection) -> Any:
    return db.connection.driver_connection
