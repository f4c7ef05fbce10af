"""A command's writing: rows, and the event that names them. Nothing changes an aggregate but through here.

Every event keeps the rows that it wrote (`changes`), so that replaying events gives the tables again (I10) and an
order can be seen as it was. Stock levels are sums of movements and reservations and are no part of it.

Refused     the rules say no: the transaction is rolled back, the door tells it as a value
Unnamed     rows were written without an event: a defect
Conflict    the aggregate changed under the command, or a row was not as the command found it: a defect or a lost race
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import Connection, Table, select

from tools.orders import driver
from tools.orders.agreement import Ruling
from tools.orders.model import Actor, OrderId
from tools.orders.states import IllegalTransition, legal
from tools.orders.tables import customers, events, orders
from tools.orders.terms import Terms

Row = Mapping[str, Any]
Change = tuple[Any, ...]
_encoded = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
CUSTOMER, STOCK = "@customer:", "@stock:"
"""Aggregates beside orders; an order's channel can not begin with '@'."""


class Refused(Exception):
    """Carries the ruling out of a verb that found more than its quote could know; nothing stays written."""

    def __init__(self, ruling: Ruling) -> None:
        super().__init__(f"{ruling.rule} {ruling.code}")
        self.ruling = ruling


class Unnamed(AssertionError):
    pass


class Conflict(RuntimeError):
    pass


class Writer(Protocol):
    """Where rows go: straight to the database, or gathered for a bulk load."""

    def insert(self, table: Table, rows: Sequence[Row]) -> None: ...

    def insert_once(self, table: Table, row: Row) -> bool: ...

    def update(self, table: Table, key: Row, values: Row, deltas: Row, was: Row) -> int: ...


class Direct:
    """Statement by statement, compiled once a shape; values are stored as the column types would store them."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self._mark = driver.mark(db)

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        sql = _insert_sql(table, tuple(rows[0]), self._mark)
        driver.write(self.db, table.name, sql, [_bound(row.values()) for row in rows])

    def insert_once(self, table: Table, row: Row) -> bool:
        sql = _insert_sql(table, tuple(row), self._mark) + " ON CONFLICT DO NOTHING"
        return driver.write(self.db, table.name, sql, [_bound(row.values())]) == 1

    def update(self, table: Table, key: Row, values: Row, deltas: Row, was: Row) -> int:
        sql = _update_sql(table, tuple(key), tuple(values), tuple(deltas), tuple(was), self._mark)
        given = _bound([*values.values(), *deltas.values(), *key.values(), *was.values()])
        return driver.write(self.db, table.name, sql, [given])


class Work:
    """One command on one aggregate, in the caller's transaction; the aggregate's row is locked by it.

    `at` of an event is when it happened; `recorded_at` is `now`. `terms` are the shop's, for verbs that quote.
    """

    def __init__(
        self,
        db: Connection,
        writer: Writer,
        aggregate: str,
        actor: Actor,
        now: datetime,
        key: str,
        terms: Terms | None = None,
    ) -> None:
        self.db = db
        self.writer = writer
        self.aggregate = aggregate
        self.actor = actor
        self.now = now
        self.key = key
        self.terms = terms
        self.sequence = self._began_at = 0
        self._changes: list[Change] = []
        self._events: list[Row] = []
        self._ids = 0

    # -- rows ------------------------------------------------------------------------------------------------

    def insert(self, table: Table, *rows: Row) -> None:
        if rows:
            flat = [plain(row) for row in rows]
            self.writer.insert(table, flat)
            self._changes.append(("+", table.name, flat))

    def insert_once(self, table: Table, row: Row) -> bool:
        """False when its key was there already."""
        flat = plain(row)
        fresh = self.writer.insert_once(table, flat)
        if fresh:
            self._changes.append(("+", table.name, [flat]))
        return fresh

    def set(self, table: Table, key: str | Row, values: Row, *, was: Row | None = None) -> None:
        """Raises `Conflict` when the row is not as `was` says."""
        self._update(table, {"id": key} if isinstance(key, str) else key, values, {}, was or {})

    def add(self, table: Table, key: str | Row, deltas: Row) -> None:
        """The database does the arithmetic."""
        moved = {name: units for name, units in deltas.items() if units}
        if moved:
            self._update(table, {"id": key} if isinstance(key, str) else key, {}, moved, {})

    def change(self, table: Table, key: str, kind: str, before: str, after: str, *, column: str = "state") -> None:
        """One step of a transition table, by compare-and-set. Raises `IllegalTransition`."""
        legal(kind, before, after)
        try:
            self.set(table, key, {column: after}, was={column: before})
        except Conflict:
            raise IllegalTransition(f"{kind} {key} is no longer {before}") from None

    def _update(self, table: Table, key: Row, values: Row, deltas: Row, was: Row) -> None:
        if self.writer.update(table, key, values, deltas, was) != 1:
            raise Conflict(f"{table.name} {dict(key)} is not as expected")
        if values:
            self._changes.append(("=", table.name, plain(key), plain(values)))
        if deltas:
            self._changes.append(("~", table.name, plain(key), plain(deltas)))

    # -- events ----------------------------------------------------------------------------------------------

    def event(
        self, kind: str, body: Row | None = None, *, at: datetime | None = None, reconstructed: bool = False
    ) -> None:
        """Names everything written since the last event."""
        self.sequence += 1
        self._events.append(
            {
                "aggregate": self.aggregate,
                "sequence": self.sequence,
                "type": kind,
                "at": at or self.now,
                "recorded_at": self.now,
                "actor_kind": self.actor.kind,
                "actor_id": self.actor.id,
                "reconstructed": int(reconstructed),
                "body": dict(body or {}),
                "changes": self._changes,
            }
        )
        self._changes = []

    def new_id(self, kind: str) -> str:
        """Unique, and the same for the same history."""
        self._ids += 1
        return f"{self.aggregate}:{kind}:{self.sequence + 1}.{self._ids}"

    def begin_at(self, sequence: int) -> Work:
        self.sequence = self._began_at = sequence
        return self

    def finish(self) -> None:
        """Writes the events and the new version, which nobody else may have moved (I10). Raises the errors above."""
        if self._changes:
            raise Unnamed(f"{self.aggregate}: rows of {[one[1] for one in self._changes]} have no event")
        if not self._events:
            return
        self.writer.insert(events, self._events)
        versioned = _versioned(self.aggregate)
        if versioned:
            table, row = versioned
            moved = self.writer.update(table, {"id": row}, {"version": self.sequence}, {}, {"version": self._began_at})
            if moved != 1:
                raise Conflict(f"{self.aggregate} changed meanwhile")

    @property
    def events(self) -> Sequence[Row]:
        return self._events


def on_order(db: Connection, order: OrderId, actor: Actor, now: datetime, key: str) -> Work:
    """Locks the order: what is read after this can not change until the transaction ends. Raises KeyError."""
    version = db.execute(select(orders.c.version).where(orders.c.id == order).with_for_update()).scalar_one_or_none()
    if version is None:
        raise KeyError(order)
    return Work(db, Direct(db), order, actor, now, key).begin_at(version)


def on_customer(db: Connection, customer: str, actor: Actor, now: datetime, key: str) -> Work:
    """Raises KeyError."""
    chosen = select(customers.c.version).where(customers.c.id == customer).with_for_update()
    version = db.execute(chosen).scalar_one_or_none()
    if version is None:
        raise KeyError(customer)
    return Work(db, Direct(db), CUSTOMER + customer, actor, now, key).begin_at(version)


def on_stock(db: Connection, sku: str, actor: Actor, now: datetime, key: str) -> Work:
    """Movements that belong to no order. Two at once on PostgreSQL: the later one meets the event's key and fails."""
    last = (
        select(events.c.sequence).where(events.c.aggregate == STOCK + sku).order_by(events.c.sequence.desc()).limit(1)
    )
    return Work(db, Direct(db), STOCK + sku, actor, now, key).begin_at(db.execute(last).scalar() or 0)


def on_new(db: Connection, aggregate: str, actor: Actor, now: datetime, key: str) -> Work:
    return Work(db, Direct(db), aggregate, actor, now, key)


def plain(row: Row) -> dict[str, Any]:
    """As JSON keeps it: moments as the Moment column writes them, the rest as it is. Always a new dict."""
    return {name: moment(value) if isinstance(value, datetime) else value for name, value in row.items()}


@lru_cache(maxsize=4096)
def moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _versioned(aggregate: str) -> tuple[Table, str] | None:
    if aggregate.startswith(STOCK):
        return None
    if aggregate.startswith(CUSTOMER):
        return customers, aggregate.removeprefix(CUSTOMER)
    return orders, aggregate


def _bound(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(map(_stored, values))


def _stored(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str | int):
        return value
    if isinstance(value, datetime):
        return moment(value)
    return _encoded(value)


@lru_cache(maxsize=512)
def _insert_sql(table: Table, columns: tuple[str, ...], mark: str) -> str:
    names, marks = ", ".join(map(_quoted, columns)), ", ".join([mark] * len(columns))
    return f"INSERT INTO {table.name} ({names}) VALUES ({marks})"


@lru_cache(maxsize=512)
def _update_sql(
    table: Table,
    key: tuple[str, ...],
    values: tuple[str, ...],
    deltas: tuple[str, ...],
    was: tuple[str, ...],
    mark: str,
) -> str:
    sets = [f"{_quoted(name)} = {mark}" for name in values]
    sets += [f"{_quoted(name)} = {_quoted(name)} + {mark}" for name in deltas]
    where = " AND ".join(f"{_quoted(name)} = {mark}" for name in (*key, *was))
    return f"UPDATE {table.name} SET {', '.join(sets)} WHERE {where}"


def _quoted(name: str) -> str:
    return f'"{name}"'
