"""`wismo bench orders`: the order core beside raw drivers that write the same statements, interleaved in one run.

The floor of an order is recorded, not imagined: what the product writes for it on a twin database is replayed with the
bare driver, one transaction an order. On PostgreSQL both sides are eight processes.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from eval import postgres
from eval.bench import Figure, median
from tools.orders import driver, tables
from tools.orders.actions.payments import Pay
from tools.orders.actions.place import PlaceOrder, Wanted
from tools.orders.actions.stock import ReceiveStock
from tools.orders.agreement import Action, Wish
from tools.orders.commands import Done
from tools.orders.database import Database
from tools.orders.importing import checking, merge
from tools.orders.model import Actor, Address
from tools.orders.service import Orders
from tools.orders.terms import Terms

Statement = tuple[str, Any]
SKUS = [f"sku-{number:03}" for number in range(100)]
ADDRESS = Address("8 rue Pasteur", "Lyon", "69007", "FR")
BENCH = Actor("system", "bench")
TERMS = Terms.model_validate({})
WRITERS, CLIENTS, THREADS = 4, 8, 8


def orders(folder: Path, rounds: int) -> list[Figure]:
    """SQLite: alone, grouped, four processes; the refund quote."""
    plan = _plan(folder, rounds * 2)
    return [
        *_alone(folder, plan, rounds),
        _grouped(folder, plan, rounds),
        _writers(folder, rounds),
        *_quotes(folder, rounds),
    ]


# -- the shop ------------------------------------------------------------------------------------------------


def seeded(where: Path | str) -> Database:
    """An empty core with a hundred tracked variants and one customer."""
    database = Database(where)
    with database.write() as db:
        tables.metadata.create_all(db)
    variants = [{"sku": sku, "options": {}, "price": "19.90", "available": True} for sku in SKUS]
    file = {
        "currency": "EUR",
        "customers": [{"id": "ana", "name": "Ana Lee", "email": "ana@example.com"}],
        "products": [{"id": "p", "name": "Thing", "variants": variants}],
    }
    with database.write() as db:
        merge.write(db, checking.checked(file), datetime.now(UTC), merge.silent)
    core = core_of(database)
    for sku in SKUS:
        core.do(ReceiveStock(sku=sku, quantity=1_000_000), key=f"stock:{sku}", actor=BENCH)
    return database


def wanted(number: int, worker: int = 0) -> PlaceOrder:
    """An order of three lines, paid through its channel; which variants depends on its number alone."""
    chosen = Random(number * 31 + worker).sample(SKUS, 3)
    return PlaceOrder(
        channel="bench",
        external_id=f"{worker}-{number}",
        customer_id="ana",
        lines=tuple(Wanted(sku=sku, quantity=1) for sku in chosen),
        address=ADDRESS,
        currency="EUR",
        payments=(Pay(kind="credit_card", token="tok_1", reference=f"ref-{worker}-{number}"),),
    )


def place(core: Orders, number: int, worker: int = 0) -> None:
    answer = core.do(wanted(number, worker), key=f"place:{worker}:{number}", actor=BENCH)
    assert isinstance(answer, Done), answer


def core_of(database: Database) -> Orders:
    return Orders(database, lambda: TERMS, lambda: datetime.now(UTC))


def _plan(folder: Path, size: int, worker: int = 0) -> list[list[Statement]]:
    """What the product writes for each order, recorded on a twin."""
    database = seeded(folder / "twin.db")
    plan = _recorded(database, size, worker)
    database.close()
    return plan


def _recorded(database: Database, size: int, worker: int) -> list[list[Statement]]:
    written: list[Statement] = []

    def keep(sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        written.extend((sql, row) for row in rows)

    driver.recorders.append(keep)
    core, plan = core_of(database), []
    for number in range(size):
        written.clear()
        place(core, number, worker)
        plan.append(list(written))
    driver.recorders.remove(keep)
    return plan


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
    yield Figure("place, SQLite FULL, one writer, p99", _p99(product), "ms", _p99(floor))


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
    return Figure("place, SQLite FULL, 4 processes, p99", _p99([one for mine in times for one in mine]), "ms")


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
    yield Figure("refund quote, p99", _p99(pure), "ms")
    yield Figure("refund quote with reading the order, p99", _p99(read), "ms")


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
            plans.append(_recorded(database, rounds, worker))
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


# -- import --------------------------------------------------------------------------------------------------


def importing(folder: Path, size: int) -> list[Figure]:
    """`wismo orders import` as a process: seconds and its largest memory."""
    file = folder / "import.json"
    write_shop(file, size)
    home = folder / "home"
    command = [sys.executable, "-m", "api.cli", "orders", "import", str(file)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.perf_counter()
    subprocess.run(command, env=_environment(home), check=True, capture_output=True)
    seconds = time.perf_counter() - started
    memory = max(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, before) / 1024
    shutil.rmtree(home)
    return [
        Figure(f"import of {size:,} orders", seconds, "s"),
        Figure(f"import of {size:,} orders, memory", memory, "MB"),
    ]


def _environment(home: Path) -> dict[str, str]:
    import os

    return os.environ | {"WISMO_HOME": str(home)}


def write_shop(file: Path, size: int) -> None:
    """A shop of the import format: paid, most shipped with two scans, some cancelled; written as it is made."""
    random, start = Random(1), datetime(2026, 1, 1, tzinfo=UTC)
    customers = [
        {"id": f"c{n}", "name": f"Customer {n}", "email": f"c{n}@example.com"} for n in range(max(size // 5, 1))
    ]
    variants = [{"sku": f"s{n}", "options": {"size": str(n % 5)}, "price": "19.90"} for n in range(500)]
    with file.open("w", encoding="utf-8") as out:
        head = {
            "currency": "EUR",
            "customers": customers,
            "products": [{"id": "p", "name": "Thing", "variants": variants}],
        }
        out.write(json.dumps(head)[:-1] + ', "orders": [')
        for number in range(size):
            out.write((", " if number else "") + json.dumps(_order(number, random, start)))
        out.write("]}")


def _order(number: int, random: Random, start: datetime) -> dict[str, Any]:
    placed = start + timedelta(minutes=5 * number)
    items = [
        {"product_id": "p", "sku": f"s{random.randrange(500)}", "name": "Thing", "quantity": 1, "price": "19.90"}
        for _ in range(random.randint(1, 3))
    ]
    total = f"{len(items) * 1990 / 100:.2f}"
    status = random.choice(("pending", "shipped", "delivered", "delivered"))
    scans = [
        {"at": (placed + timedelta(days=day)).isoformat(), "code": code, "place": "Lyon"}
        for day, code in ((1, "in_transit"), (3, "delivered"))
    ]
    parcel = {"tracking_id": f"T{number}", "carrier": "DHL", "events": scans[: 1 + (status == "delivered")]}
    paid = {"type": "payment", "amount": total, "method": "credit_card", "at": placed.isoformat()}
    return {
        "id": f"#B{number}",
        "customer_id": f"c{number // 5 if number % 7 else 0}",
        "status": status,
        "placed_at": placed.isoformat(),
        "total": total,
        "shipping_address": {"line1": "8 rue Pasteur", "city": "Lyon", "zip": "69007", "country": "FR"},
        "items": items,
        "shipments": [parcel] if status != "pending" else [],
        "payments": [paid],
    }


def timed(run: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def _p99(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=100)[98] if len(times) > 1 else times[0]
