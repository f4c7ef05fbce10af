"""Reading rows of the core's tables as plain dicts, cheaply: one compiled statement a shape. No meaning here."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table

from tools.orders import driver
from tools.orders.columns import Json, Moment

Row = dict[str, Any]
Grouped = Mapping[str, Sequence[Row]]
MOST = 500
"""Values in one IN list."""


def fetch(db: Connection, table: Table, order: str = "", **where: Any) -> list[Row]:
    """Rows in `order` ("position", "placed_at DESC, id"); a value that is a list means any of it."""
    lists = {name: list(value) for name, value in where.items() if isinstance(value, list | tuple | set)}
    if not lists:
        return _fetch(db, table, order, where)
    (name, values), *_ = lists.items()
    found: list[Row] = []
    for start in range(0, len(values), MOST):
        found += _fetch(db, table, order, where | {name: values[start : start + MOST]})
    return found


def grouped(db: Connection, table: Table, by: str, ids: Sequence[str], order: str = "") -> Grouped:
    """Rows by the value of one column; no statement at all for no ids."""
    if not ids:
        return {}
    found: dict[str, list[Row]] = defaultdict(list)
    for row in fetch(db, table, order, **{by: list(ids)}):
        found[row[by]].append(row)
    return found


def ids_of(rows: Grouped) -> list[str]:
    return [row["id"] for found in rows.values() for row in found]


def _fetch(db: Connection, table: Table, order: str, where: Mapping[str, Any]) -> list[Row]:
    shape = tuple((name, len(value) if isinstance(value, list) else 0) for name, value in where.items())
    mark = driver.mark(db)
    given: list[Any] = []
    for value in where.values():
        given += value if isinstance(value, list) else [value]
    names, readers = _readers(table)
    made = []
    for values in driver.read(db, _sql(table, shape, order, mark), tuple(given)):
        row = dict(zip(names, values, strict=True))
        for name, reader in readers:
            if row[name] is not None:
                row[name] = reader(row[name])
        made.append(row)
    return made


@lru_cache(maxsize=64)
def _readers(table: Table) -> tuple[tuple[str, ...], tuple[tuple[str, Callable[[Any], Any]], ...]]:
    names = tuple(column.name for column in table.columns)
    readers = tuple(
        (column.name, datetime.fromisoformat if isinstance(column.type, Moment) else json.loads)
        for column in table.columns
        if isinstance(column.type, Moment | Json)
    )
    return names, readers


@lru_cache(maxsize=1024)
def _sql(table: Table, shape: Iterable[tuple[str, int]], order: str, mark: str) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    tests = [f'"{name}" IN ({", ".join([mark] * size)})' if size else f'"{name}" = {mark}' for name, size in shape]
    sql = f"SELECT {columns} FROM {table.name}"
    return sql + (f" WHERE {' AND '.join(tests)}" if tests else "") + (f" ORDER BY {order}" if order else "")
