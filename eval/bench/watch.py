"""`wismo bench watch`: the first look at very many open orders, then looks after few of them changed.

Each house is looked at by a process of its own, so that its largest memory is the watch's. The floor of the first look
is reading the same rows with the bare driver.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.tables import metadata as agent_tables
from eval import postgres
from eval.bench import Figure
from eval.bench.process import Peak
from eval.proactive.loading import Batch, catalogue, happened, load
from eval.proactive.world import START, Happening, Truth, orders
from tools.orders import tables
from tools.orders.alerts.limits import Limits
from tools.orders.alerts.scanning import Watch
from tools.orders.database import Database
from tools.processes import pool

NOW = START + timedelta(days=60)
ZONE = ZoneInfo("Europe/Paris")
CHANGES = (0, 100, 1_000)
READ = (
    "SELECT id, customer_id, placed_at, promised_at, lifecycle, hold_reason, address, version FROM orders",
    "SELECT order_id, quantity, cancelled, shipped, sku FROM order_lines",
    "SELECT order_id, id, carrier, tracking_number, state, shipped_at, delivered_at FROM shipments",
    "SELECT shipment_id, code, at, place FROM tracking_events",
)
SENT = "SELECT o.id, o.version FROM orders o JOIN shipments s ON s.order_id = o.id WHERE s.delivered_at IS NULL"
Say = Callable[[str], None]


def on_sqlite(folder: Path, count: int, say: Say) -> list[Figure]:
    where = folder / "watch.db"
    say(f"loading {count:,} open orders into SQLite")
    _loaded(where, count)
    say("looking")
    return [*_alone(str(where), count, "SQLite"), _floor_of_sqlite(where, count)]


def on_postgres(folder: Path, count: int, say: Say) -> list[Figure]:
    """Raises `NoPostgres`."""
    with postgres.server(folder / "pg") as server, postgres.database(server) as url:
        say(f"loading {count:,} open orders into PostgreSQL")
        _loaded(url, count)
        say("looking")
        return [*_alone(url, count, "PostgreSQL"), _floor_of_postgres(url, count)]


def _loaded(where: Path | str, count: int) -> None:
    """Open orders of the last days, and a tenth as many past ones for the lanes to learn from."""
    database = Database(where)
    with database.write() as db:
        tables.metadata.create_all(db)
        agent_tables.create_all(db)
        catalogue(db)
        long_ago = NOW - timedelta(days=30)
        load(db, _past(count // 10), NOW, long_ago)
        load(db, _open(count), NOW, long_ago)
    if database.path is None:
        with database.write() as db:
            db.exec_driver_sql("ANALYZE")
    database.close()


def _past(count: int) -> Iterator[Truth]:
    yield from orders(count, 45, 1)


def _open(count: int) -> Iterator[Truth]:
    """Placed in the last four days: some not sent, most under way, none arrived."""
    for truth in orders(count, 4, 2):
        moved = NOW - timedelta(days=4) - START
        truth.number += 10_000_000
        truth.placed_at += moved
        truth.promised_at += moved
        kept = [one for one in truth.happenings if one.code != "delivered"]
        truth.happenings = [Happening(one.at + moved, one.code) for one in kept]
        yield truth


def _alone(where: str, count: int, named: str) -> list[Figure]:
    with pool(1) as alone:
        return alone.submit(_looked, where, count, named).result()


def _looked(where: str, count: int, named: str) -> list[Figure]:
    database = Database(where if "://" in where else Path(where))
    clock = [NOW]
    watch = Watch(database, Limits, lambda: ZONE, lambda: clock[0])
    learned = _timed(lambda: watch.learned(NOW))
    cpu = _cpu()
    with Peak() as peak:
        first = _timed(watch.run)
    cpu = _cpu() - cpu
    figures = [
        Figure(f"learning lanes from {count // 10:,} past orders, {named}", learned, "s"),
        Figure(f"first look at {count:,} open orders, {named}", first, "s"),
        Figure(f"first look at {count:,} open orders, {named}, CPU of all processes", cpu, "s"),
        Figure(f"first look at {count:,} open orders, {named}, memory of all processes", peak.megabytes, "MB"),
    ]
    for changes in CHANGES:
        clock[0] += timedelta(minutes=1)
        _change(database, changes, clock[0])
        look = _timed(watch.run)
        figures.append(Figure(f"look after {changes:,} of {count:,} orders changed, {named}", look * 1000, "ms"))
    database.close()
    return figures


def _cpu() -> float:
    """Seconds of this process and of those beside it that have ended."""
    return sum(os.times()[:4])


def _change(database: Database, changes: int, now: datetime) -> None:
    """So many parcels are scanned."""
    with database.write() as db:
        rows = db.exec_driver_sql(f"{SENT} LIMIT {changes}").all()
        batch = Batch({str(order): int(version) for order, version in rows})
        for order, _ in rows:
            truth = Truth(int(order.partition(":")[2]), 0, "DHL", "FR", "75001", now, now)
            happened(batch, truth, Happening(now, "exception"), now)
        batch.write(db)


def _floor_of_sqlite(where: Path, count: int) -> Figure:
    with closing(sqlite3.connect(where)) as raw:
        return _floor(lambda sql: raw.execute(sql).fetchall(), count, "SQLite")


def _floor_of_postgres(url: str, count: int) -> Figure:
    import psycopg

    with psycopg.connect(postgres.for_psycopg(url)) as raw:
        return _floor(lambda sql: raw.execute(sql.encode()).fetchall(), count, "PostgreSQL")


def _floor(read: Callable[[str], Sequence[Any]], count: int, named: str) -> Figure:
    """The same rows, read and thrown away."""

    def all_of_it() -> None:
        for sql in READ:
            read(sql)

    return Figure(f"floor: the rows of {count:,} orders read by the bare driver, {named}", _timed(all_of_it), "s")


def _timed(run: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
