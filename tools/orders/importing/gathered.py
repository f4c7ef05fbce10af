"""A writer that keeps rows until there are many, for a bulk load: changes meet the row where it waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table

from tools.orders import tables
from tools.orders.work import Direct, Row


class Gathered:
    """`flush` writes what was gathered, a table at a time in the order that foreign keys want."""

    def __init__(self, db: Connection) -> None:
        self._direct = Direct(db)
        self._rows: dict[Table, dict[tuple[Any, ...], dict[str, Any]]] = defaultdict(dict)

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        keys, kept = _keys(table), self._rows[table]
        for row in rows:
            kept[tuple(row[key] for key in keys)] = dict(row)

    def insert_once(self, table: Table, row: Row) -> bool:
        return self._direct.insert_once(table, row)

    def update(self, table: Table, key: Row, values: Row, deltas: Row, was: Row) -> int:
        row = self._rows[table].get(tuple(key[name] for name in _keys(table)))
        if row is None or any(row.get(name) != value for name, value in was.items()):
            return 0
        row.update(values)
        for name, delta in deltas.items():
            row[name] = row.get(name, 0) + delta
        return 1

    def flush(self) -> None:
        for table in tables.metadata.sorted_tables:
            for rows in _alike(self._rows.get(table, {}).values()).values():
                self._direct.insert(table, rows)
        self._rows.clear()


@lru_cache(maxsize=64)
def _keys(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.primary_key)


def _alike(rows: Any) -> Mapping[frozenset[str], list[Row]]:
    """Rows with the same columns go in one statement."""
    grouped: dict[frozenset[str], list[Row]] = defaultdict(list)
    for row in rows:
        found = grouped[frozenset(row)]
        found.append({name: row[name] for name in found[0]} if found else row)
    return grouped
