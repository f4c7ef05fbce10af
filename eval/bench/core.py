"""The order core that benchmarks place orders in, the orders, and what the product writes for each of them.

The floor of an order is recorded, not imagined: what a twin database wrote for it is replayed with the bare driver.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from tools.orders import driver, tables
from tools.orders.actions.payments import Pay
from tools.orders.actions.place import PlaceOrder, Wanted
from tools.orders.actions.stock import ReceiveStock
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


def plan_of(folder: Path, size: int, worker: int = 0) -> list[list[Statement]]:
    """What the product writes for each order, recorded on a twin."""
    database = seeded(folder / "twin.db")
    plan = recorded(database, size, worker)
    database.close()
    return plan


def recorded(database: Database, size: int, worker: int) -> list[list[Statement]]:
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
