"""`wismo bench orders`: the order core beside raw drivers that write the same statements, interleaved in one run.

What the drivers write was recorded (eval/bench/core.py), one transaction an order. On PostgreSQL both sides are eight
processes.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from eval import postgres
from eval.bench import Figure, median, p99, timed
from eval.bench.core import Statement, core_of, place, plan_of, recorded, seeded
from tools.orders.agreement import Action, Wish
from tools.orders.database import Database
from tools.orders.service import Orders

WRITERS, CLIENTS, THREADS = 4, 8, 8


def orders(folder: Path, rounds: int) -> list[Figure]:
    """SQLite: alone, grouped, four processes; the refund quote."""
    plan = plan_of(folder, rounds * 2)
    return [
        *_alone(folder, plan, rounds),
        _grouped(folder, plan, rounds),
        _writers(folder, rounds),
        *_quotes(folder, rounds),
    ]


# -- SQLite --------------------------------------------------------------------------------------------------


def _alone(folder: Path, plan: Sequence[list[Statement]], rounds: int) -> Iterator[Figure]:
    """One writer, one commit an order, interleaved with the floor."""
    database = seeded(folder / "product.db")
    core = core_of(database)
    product, floor = [], []
    with closing(_raw(folder / "floor.db")) as raw:
        for number in range(rounds):
            product.append(timed(lambda n=number: place(core, n)))  # type: ignore[misc]
            floor.append(timed(lambda n=number: _replay(raw, plan[n])))  # type: ignore[misc]
    database.close()
    yield Figure("place, SQLite FULL, one writer", 1000 / median(product), "orders/s", 1000 / median(floor))
    yield Figure("place, SQLite FULL, one writer, p99", p99(product), "ms", p99(floor))


def _raw(path: Path) -> sqlite3.Connection:
    """The same database, opened with the bare driver and the same settings."""
    seeded(path).close()
    raw = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        raw.execute(f"PRAGMA {pragma}")
    return raw


def _replay(raw: sqlite3.Connection, statements: Sequence[Statement]) -> None:
    raw.execute("BEGIN IMMEDIATE")
    for statement, parameters in statements:
        raw.execute(statement, parameters)
    raw.execute("COMMIT")


def _grouped(folder: Path, plan: Sequence[list[Statement]], rounds: int) -> Figure:
    """Eight threads that share commits, against the floor's one commit an order; in turns of fifty."""
    database = seeded(folder / "grouped.db")
    core = core_of(database)
    product, floor = [], []
    with closing(_raw(folder / "floor2.db")) as raw:
        for start in range(0, rounds, 50):
            numbers = range(start, min(start + 50, rounds))
            product.append(len(numbers) / _together(core, numbers))
            floor.append(1000 * len(numbers) / sum(timed(lambda n=n: _replay(raw, plan[n])) for n in numbers))  # type: ignore[misc]
    database.close()
    return Figure("place, SQLite FULL, 8 threads, grouped commits", median(product), "orders/s", median(floor))


def _together(core: Orders, numbers: Sequence[int]) -> float:
    """Seconds until all are placed."""
    shares = [list(numbers)[at::THREADS] for at in range(THREADS)]

    def work(mine: Sequence[int]) -> None:
        for number in mine:
            place(core, number)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in shares]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def _writers(folder: Path, rounds: int) -> Figure:
    """Four processes that write at once: how long the slowest orders wait for their turn."""
    seeded(folder / "writers.db").close()
    times = _in_processes(_write, [(str(folder / "writers.db"), worker, rounds // 2) for worker in range(WRITERS)])
    return Figure("place, SQLite FULL, 4 processes, p99", p99([one for mine in times for one in mine]), "ms")


def _write(where: str, worker: int, rounds: int) -> list[float]:
    database = Database(where if "://" in where else Path(where))
    core = core_of(database)
    times = [timed(lambda n=number: place(core, n, worker)) for number in range(rounds)]  # type: ignore[misc]
    database.close()
    return times


def _in_processes(work: Callable[..., Any], given: Sequence[tuple[Any, ...]]) -> list[Any]:
    with multiprocessing.get_context("spawn").Pool(len(given)) as pool:
        return pool.starmap(work, given)


def _quotes(folder: Path, rounds: int) -> Iterator[Figure]:
    """A refund's quote for an order in hand, and with reading the order first."""
    database = Database(folder / "product.db")
    core = core_of(database)
    order = core.newest(1)[0]
    wish = Wish(Action.REFUND, "damaged")
    pure = [timed(lambda: core.quote(order, wish)) for _ in range(rounds)]
    read = [timed(lambda: core.quote(core.order(order.id), wish)) for _ in range(rounds)]
    database.close()
    yield Figure("refund quote, p99", p99(pure), "ms")
    yield Figure("refund quote with reading the order, p99", p99(read), "ms")


# -- PostgreSQL ----------------------------------------------------------------------------------------------


def on_postgres(folder: Path, rounds: int) -> list[Figure]:
    """Eight clients: orders a second, product and floor in turns. Raises `NoPostgres`."""
    with (
        postgres.server(folder / "pg") as server,
        postgres.database(server) as product,
        postgres.database(server) as floor,
        postgres.database(server) as twin,
    ):
        seeded(product).close()
        seeded(floor).close()
        plans = []
        database = seeded(twin)
        for worker in range(CLIENTS):
            plans.append(recorded(database, rounds, worker))
        database.close()
        ours = _in_processes(_throughput, [(product, worker, rounds) for worker in range(CLIENTS)])
        raw = _in_processes(_raw_throughput, [(floor, plan) for plan in plans])
    return [Figure("place, PostgreSQL, 8 clients", _rate(ours), "orders/s", _rate(raw))]


def _throughput(url: str, worker: int, rounds: int) -> tuple[float, float, int]:
    database = Database(url)
    core = core_of(database)
    place(core, 1_000_000, worker)  # connects, compiles
    started = time.time()
    for number in range(rounds):
        place(core, number, worker)
    ended = time.time()
    database.close()
    return started, ended, rounds


def _raw_throughput(url: str, plan: Sequence[list[Statement]]) -> tuple[float, float, int]:
    """psycopg, statement by statement, one transaction an order."""
    import psycopg

    with psycopg.connect(postgres.for_psycopg(url)) as raw:
        started = time.time()
        for statements in plan:
            with raw.transaction():
                for statement, parameters in statements:
                    raw.execute(statement, parameters)
        return started, time.time(), len(plan)


def _rate(runs: Sequence[tuple[float, float, int]]) -> float:
    """Orders a second over all clients, from the first start to the last end."""
    seconds = max(ended for _, ended, _ in runs) - min(started for started, _, _ in runs)
    return sum(count for *_, count in runs) / seconds
