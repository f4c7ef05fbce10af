"""I10 row by row: events are replayed beside the database, and the tables compared in one pass of both."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, text

from tools.orders import replay, tables
from tools.orders.audit import scope
from tools.orders.rows import fetch

PAGE = 2_000


def replayed(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I10: the tables are what the events say, row by row."""
    with tempfile.TemporaryDirectory() as folder:
        where = "" if aggregates is not None else str(Path(folder) / "replay.db")
        with replay.rebuilt(where) as then:
            for changes in _changes(db, aggregates):
                replay.apply(then, changes)
            _versions(then, db, aggregates)
            for name in replay.REBUILT:
                yield from _differences(db, then, name, aggregates)


def _changes(db: Connection, aggregates: Sequence[str] | None) -> Iterator[Iterable[Iterable[object]]]:
    """All events in order, a page of aggregates at a time."""
    names = sorted(set(aggregates)) if aggregates is not None else None
    if names is None:
        names = list(db.execute(text("SELECT DISTINCT aggregate FROM events ORDER BY aggregate")).scalars())
    for start in range(0, len(names), PAGE):
        for row in fetch(db, tables.events, "aggregate, sequence", aggregate=names[start : start + PAGE]):
            yield row["changes"]


def _versions(then: Connection, db: Connection, aggregates: Sequence[str] | None) -> None:
    """The version is the number of the last event; the auditor compared it already."""
    where, given = scope.where("id", scope.orders_of(aggregates))
    rows = db.execute(text(f"SELECT version, id FROM orders{where}"), given).all()
    if rows:
        then.exec_driver_sql("UPDATE orders SET version = ? WHERE id = ?", [tuple(row) for row in rows])


def _differences(db: Connection, then: Connection, name: str, aggregates: Sequence[str] | None) -> Iterator[str]:
    table = replay.BY_NAME[name]
    keys = [column.name for column in table.primary_key]
    order = ", ".join(f'"{key}"' for key in keys)
    if aggregates is None:
        here = _stream(db, f"SELECT * FROM {name} ORDER BY {order}")
        there = _stream(then, f"SELECT * FROM {name} ORDER BY {order}")
        yield from _merged(name, here, there, [column.name for column in table.columns], keys)
        return
    for row in then.execute(table.select()).mappings():
        now = fetch(db, table, **{key: row[key] for key in keys if not hasattr(row[key], "isoformat")})
        if not any(dict(row) == one for one in now):
            yield f"{name} {[str(row[key]) for key in keys]} is not what its events say"


def _stream(db: Connection, sql: str) -> Iterator[tuple[object, ...]]:
    return (tuple(row) for row in db.execution_options(stream_results=True).exec_driver_sql(sql))


def _merged(
    name: str,
    here: Iterator[tuple[object, ...]],
    there: Iterator[tuple[object, ...]],
    columns: Sequence[str],
    keys: Sequence[str],
) -> Iterator[str]:
    """Rows of one side that the other has not, or has otherwise; both sides come sorted by key."""
    place = [columns.index(key) for key in keys]

    def key_of(row: tuple[object, ...]) -> tuple[str, ...]:
        return tuple(str(row[at]) for at in place)

    mine, theirs = {}, {}
    for row, other in _zipped(here, there):
        if row == other:
            continue
        if row is not None:
            mine[key_of(row)] = row
        if other is not None:
            theirs[key_of(other)] = other
        for both in mine.keys() & theirs.keys():
            one, two = mine.pop(both), theirs.pop(both)
            if one != two:
                yield f"{name} {'/'.join(both)} is not what its events say: {_unlike(columns, one, two)}"
    yield from (f"{name} {'/'.join(row)} is in no event" for row in mine)
    yield from (f"{name} {'/'.join(row)} is told by events and not there" for row in theirs)


def _zipped(
    here: Iterator[tuple[object, ...]], there: Iterator[tuple[object, ...]]
) -> Iterator[tuple[tuple[object, ...] | None, tuple[object, ...] | None]]:
    while True:
        one, two = next(here, None), next(there, None)
        if one is None and two is None:
            return
        yield one, two


def _unlike(columns: Sequence[str], one: tuple[object, ...], two: tuple[object, ...]) -> str:
    parts = zip(columns, one, two, strict=True)
    return ", ".join(f"{column} {mine!r}, by its events {theirs!r}" for column, mine, theirs in parts if mine != theirs)
