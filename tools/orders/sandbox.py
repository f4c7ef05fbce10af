"""Orders as of a moment, in a database of its own that may be written. The shop's own database is only read.

One file a worker, emptied between conversations: building a desk anew costs more than all of a ticket. Rebuilt are the
ticket's customer, all orders of theirs, and orders that the ticket names, from the core's events up to the moment.
The catalogue, and what is in stock, are as they are today.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, event, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from tools.orders import emails, events, replay, store, tables
from tools.orders.database import Database
from tools.orders.model import OrderId
from tools.orders.rows import Row, fetch
from tools.orders.work import CUSTOMER, Direct

CATALOGUE = ("products", "variants", "bundle_components", "locations", "stock_levels", "counters")
OF_ORDERS = tuple(
    table.name
    for table in reversed(tables.metadata.sorted_tables)
    if table.name not in CATALOGUE and table.name != "erasing"
)
OPENED = "payment.method_opened"
"""An account's opening balance is told when it was imported, and held before."""
PART = 2_000
"""Rows read at a time."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom a ticket is about: the customer's folded address, and the order numbers that it names."""

    email: str
    numbers: tuple[str, ...] = ()


@dataclass
class Scene:
    """What stands in the sandbox now. `applied` counts the events of each order that are history, not made here."""

    customer: str | None = None
    own: tuple[OrderId, ...] = ()
    orders: tuple[OrderId, ...] = ()
    named: tuple[OrderId, ...] = ()
    unknown: tuple[str, ...] = ()
    applied: dict[OrderId, int] = field(default_factory=dict)
    told: dict[OrderId, Sequence[Row]] = field(default_factory=dict)
    numbers: dict[OrderId, str] = field(default_factory=dict)


class Sandbox:
    """`now` is the clock of whoever works in it. `source` must not change meanwhile: a copy of the shop's database.

    `beside` are tables of others: made here too, and emptied with the core's.
    """

    def __init__(self, source: Database, file: Path, beside: MetaData) -> None:
        assert source.path
        self.source = source
        self.moment = EPOCH
        self.scene = Scene()
        self.database = Database(file)
        event.listen(self.database.engine, "connect", _unhurried)
        self._file = file
        self._beside = beside
        self._make(source.path)

    def now(self) -> datetime:
        return self.moment

    def close(self) -> None:
        self._cleaner.close()
        self.database.close()

    # -- a conversation --------------------------------------------------------------------------------------

    def concerned(self, who: Concerned) -> Scene:
        """Who and which orders a ticket is about, with all of their history; the sandbox is left as it is."""
        with self.source.read() as db:
            found = fetch(db, tables.customers, email_folded=emails.folded(who.email)) if who.email else []
            customer = found[0]["id"] if found else None
            own = [row["id"] for row in fetch(db, tables.orders, customer_id=customer)] if customer else []
            keys = {store.order_key(number): number for number in who.numbers}
            named = fetch(db, tables.orders, number_key=sorted(keys)) if keys else []
            unknown = keys.keys() - {row["number_key"] for row in named}
            ids = [*own, *(row["id"] for row in named if row["id"] not in own)]
            told: dict[OrderId, Sequence[Row]] = {OrderId(one): list(events.rows_of(db, one)) for one in ids}
            numbers = {OrderId(row["id"]): row["number"] for row in fetch(db, tables.orders, id=ids)} if ids else {}
        return Scene(
            customer=customer,
            own=tuple(map(OrderId, own)),
            orders=tuple(map(OrderId, ids)),
            named=tuple(OrderId(row["id"]) for row in named),
            unknown=tuple(sorted(keys[key] for key in unknown)),
            told=told,
            numbers=numbers,
        )

    def open(self, scene: Scene, moment: datetime) -> None:
        """Everything of the conversation before is gone; the world is as it was at `moment`."""
        self._empty((*(table.name for table in reversed(self._beside.sorted_tables)), *OF_ORDERS))
        self.moment, self.scene = moment, scene
        scene.applied.clear()
        with self.database.write() as db:
            self._people(db)
            self._orders(db, moment)

    def forward(self, moment: datetime) -> None:
        """Time passes: orders go on as they did, but for those that were acted on here."""
        before, self.moment = self.moment, moment
        touched = self.touched()
        if not touched:
            self._empty(OF_ORDERS, but=("outbox", "commands"))
            self.scene.applied.clear()
        with self.database.write() as db:
            if not touched:
                self._people(db)
                self._orders(db, moment)
            else:
                self._go_on(db, before, moment, touched)

    def touched(self) -> frozenset[OrderId]:
        """Orders with an event that is not history."""
        with self.database.read() as db:
            rows = db.execute(select(tables.orders.c.id, tables.orders.c.version)).all()
        return frozenset(OrderId(row.id) for row in rows if row.version != self.scene.applied.get(OrderId(row.id), 0))

    def then(self, order: OrderId, moment: datetime) -> list[Row]:
        """The order's history up to a moment, as the shop's database tells it."""
        return replay.until(self.scene.told[order], moment)

    # -- rows ------------------------------------------------------------------------------------------------

    def _people(self, db: Connection) -> None:
        """The ticket's customer with their means of payment, and whoever else an order that it names belongs to."""
        with self.source.read() as source:
            bought = fetch(source, tables.orders, id=list(self.scene.orders)) if self.scene.orders else []
            ids = {str(row["customer_id"]) for row in bought} | (
                {self.scene.customer} if self.scene.customer else set()
            )
            if not ids:
                return
            people = fetch(source, tables.customers, id=sorted(ids))
            methods = fetch(source, tables.payment_methods, customer_id=sorted(ids))
            told = [row for one in sorted(ids) for row in events.rows_of(source, CUSTOMER + one)]
        _insert(db, tables.customers, people)
        _insert(db, tables.payment_methods, methods)
        for row in told:
            if row["type"] == OPENED or row["at"] <= self.moment:
                replay.apply(db, row["changes"])

    def _orders(self, db: Connection, moment: datetime) -> None:
        for order in self.scene.orders:
            self._tell(db, order, self.then(order, moment))
        self._stock(db)

    def _go_on(self, db: Connection, before: datetime, moment: datetime, touched: frozenset[OrderId]) -> None:
        for order in self.scene.orders:
            if order not in touched:
                new = [row for row in self.scene.told[order] if before < row["at"] <= moment]
                self._tell(db, order, new)

    def _tell(self, db: Connection, order: OrderId, told: Sequence[Row]) -> None:
        """Numbered anew: what happened later and was learned earlier left gaps."""
        if not told:
            return
        began = self.scene.applied.get(order, 0)
        replay.tell(db, order, told)
        numbered = [row | {"sequence": began + place} for place, row in enumerate(told, 1)]
        _insert(db, tables.events, numbered)
        self.scene.applied[order] = began + len(told)
        Direct(db).update(tables.orders, {"id": order}, {"version": began + len(told)}, {}, {})

    def _stock(self, db: Connection) -> None:
        """What was reserved then is on the shelf, whatever happened to it since."""
        held = fetch(db, tables.reservations, state="held")
        if not held:
            return
        with self.source.read() as source:
            now = fetch(source, tables.reservations, id=[one["id"] for one in held])
        still = {row["id"] for row in now if row["state"] == "held"}
        for one in held:
            if one["id"] not in still:
                place = {"sku": one["sku"], "location_id": one["location_id"]}
                more = {"on_hand": one["quantity"], "reserved": one["quantity"]}
                Direct(db).update(tables.stock_levels, place, {}, more, {})

    # -- the file --------------------------------------------------------------------------------------------

    def _make(self, source: Path) -> None:
        """Tables as everywhere, but that rows may be taken away again."""
        with self.database.write() as db:
            tables.metadata.create_all(db)
            self._beside.create_all(db)
            for name in tables.IMMUTABLE:
                db.exec_driver_sql(f"DROP TRIGGER {name}_no_delete")
        self._cleaner = sqlite3.connect(self._file, isolation_level=None)
        self._cleaner.execute("PRAGMA synchronous=OFF")
        self._cleaner.execute("ATTACH ? AS shop", (str(source),))
        self._cleaner.execute("BEGIN IMMEDIATE")
        for name in CATALOGUE:
            self._copy(name)
        self._cleaner.execute("COMMIT")

    def _empty(self, names: Iterable[str], but: Iterable[str] = ()) -> None:
        self._cleaner.execute("BEGIN IMMEDIATE")
        moved = "(SELECT sku FROM main.reservations UNION SELECT sku FROM main.stock_movements)"
        self._cleaner.execute(f"DELETE FROM main.stock_levels WHERE sku IN {moved}")  # noqa: S608 - names of ours
        self._copy("stock_levels", f"WHERE sku IN {moved}")
        for name in names:
            if name not in but:
                self._cleaner.execute(f"DELETE FROM main.{name}")  # noqa: S608 - names of ours
        self._cleaner.execute("DELETE FROM main.counters")
        self._copy("counters")
        self._cleaner.execute("COMMIT")

    def _copy(self, name: str, where: str = "") -> None:
        columns = ", ".join(column.name for column in _table(name).columns)
        statement = f"INSERT INTO main.{name} ({columns}) SELECT {columns} FROM shop.{name} {where}"  # noqa: S608 - ours
        self._cleaner.execute(statement)


def copied(database: Database, file: Path) -> Path:
    """The shop's orders in an SQLite file, as they stand now, whoever writes meanwhile."""
    if not database.path:
        return _copied_from_postgresql(database, file)
    with closing(sqlite3.connect(database.path)) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)
    return file


def _copied_from_postgresql(database: Database, file: Path) -> Path:
    """Of one moment: a single transaction sees it all. Moments and JSON are text on both."""
    target = Database(file)
    tables.metadata.create_all(target.engine)
    target.close()
    whole = {"isolation_level": "REPEATABLE READ", "stream_results": True}
    with closing(sqlite3.connect(file)) as new, database.engine.connect().execution_options(**whole) as old:
        for table in tables.metadata.sorted_tables:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            row = ", ".join("?" * len(table.columns))
            told = old.exec_driver_sql(f"SELECT {columns} FROM {table.name}")  # noqa: S608 - our own names
            while part := told.fetchmany(PART):
                new.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({row})", map(tuple, part))  # noqa: S608
        new.commit()
    return file


def _insert(db: Connection, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        Direct(db).insert(table, rows)


def _table(name: str) -> Table:
    return tables.metadata.tables[name]


def _unhurried(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Nothing in a sandbox must last."""
    assert isinstance(connection, sqlite3.Connection)
    connection.execute("PRAGMA synchronous=OFF")
