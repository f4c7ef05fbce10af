"""`wismo bench orders`, its commerce part: choosing from where to send, and orders that come as files."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from connectors.capture import x12, x12_orders
from connectors.capture.take import take
from connectors.capture.x12 import Envelope
from connectors.shops import Page
from connectors.shops.mirror import Mirror
from connectors.tables import metadata as connector_tables
from eval.bench import Figure, median, timed
from eval.bench.core import SKUS, core_of, seeded
from tools.orders import tables
from tools.orders.database import Database
from tools.orders.money import Money
from tools.orders.routing import Place, Weights, route

CAPTURED = 1_000


def figures(folder: Path, rounds: int, *, full: bool = False) -> list[Figure]:
    return [_routing(rounds), _capture(folder), _mirror(folder, 100_000 if full else 4_000)]


def _routing(rounds: int) -> Figure:
    """The cheapest way for six variants over twenty locations, the runner-up included."""
    random = Random(1)
    skus = [f"s{number}" for number in range(8)]
    times = []
    for _ in range(rounds):
        wanted = {sku: random.randint(1, 3) for sku in random.sample(skus, 6)}
        places = [
            Place(f"L{at:02}", {sku: random.randint(0, 9) for sku in skus}, random.uniform(5, 1500), parcel=500)
            for at in range(20)
        ]
        times.append(timed(lambda w=wanted, p=places: route(w, p, Weights(), None)))  # type: ignore[misc]
    return Figure("route 6 lines over 20 locations", median(times), "ms")


class Pages:
    """A shop's system without network and delay: pages of a hundred orders."""

    def __init__(self, size: int) -> None:
        self._size = size

    def changed(self, since: str, after: str = "") -> Page:
        start = int(after or 0)
        numbers = range(start, min(start + 100, self._size))
        customers = [{"id": f"c{n % 997}", "name": "Ana Lee", "email": f"c{n % 997}@example.com"} for n in numbers]
        until = f"{since or '2026-01-01T00:00:00Z'}"
        more = str(numbers.stop) if numbers.stop < self._size else ""
        return Page([_order(n) for n in numbers], customers, [SOLD], "EUR", until, more)

    def order(self, name: str) -> Page:
        raise NotImplementedError(name)

    def refund(self, order: str, amount: Money, key: str) -> tuple[str, str]:
        raise NotImplementedError(f"{order} {amount} {key}")

    def cancel(self, order: str) -> str:
        raise NotImplementedError(order)


def _order(number: int) -> dict[str, Any]:
    placed = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)).isoformat()
    item = {"product_id": "p", "sku": "s", "name": "Thing", "quantity": 2, "price": "19.90"}
    address = {"line1": "8 rue Pasteur", "city": "Lyon", "zip": "69007", "country": "FR"}
    head = {"id": f"#M{number}", "customer_id": f"c{number % 997}", "status": "pending", "placed_at": placed}
    paid = {"type": "payment", "amount": "39.80", "method": "shopify_payments", "at": placed}
    return head | {"total": "39.80", "shipping_address": address, "items": [item], "payments": [paid]}


SOLD = {"id": "p", "name": "Thing", "variants": [{"sku": "s", "options": {}, "price": "19.90"}]}


def _mirror(folder: Path, size: int) -> Figure:
    database = Database(folder / "mirror.db")
    with database.write() as db:
        tables.metadata.create_all(db)
        connector_tables.create_all(db)
    started = time.perf_counter()
    made = Mirror(database, Pages(size), "bench", lambda: datetime.now(UTC)).run()
    seconds = time.perf_counter() - started
    database.close()
    assert made.created == size
    return Figure(f"mirror of {size:,} orders of a shop", seconds, "s")


def _capture(folder: Path) -> Figure:
    """Read, taken and answered: three lines an order, one transaction each."""
    database = seeded(folder / "capture.db")
    sets = [("850", _purchase(number)) for number in range(CAPTURED)]
    core, at = core_of(database), datetime.now(UTC)
    text = x12.write(Envelope(("ZZ", "ACME"), ("ZZ", "WISMO"), "1"), "PO", sets, at)
    started = time.perf_counter()
    read = x12.read(text)
    sent = list(x12_orders.orders(read))
    taken = list(take(core, (one.order for one in sent)))
    x12_orders.answers(read, list(zip(sent, taken, strict=True)), at)
    seconds = time.perf_counter() - started
    database.close()
    assert {one.verdict for one in taken} == {"accepted"}
    return Figure(f"X12 850 with {CAPTURED:,} orders captured", seconds, "s")


def _purchase(number: int) -> list[list[str]]:
    chosen = Random(number).sample(SKUS, 3)
    return [
        ["BEG", "00", "SA", f"PO{number}", "", "20261120"],
        ["CUR", "BY", "EUR"],
        ["N1", "BY", "ACME", "92", f"B{number % 50}"],
        ["N3", "8 rue Pasteur"],
        ["N4", "Lyon", "", "69007", "FR"],
        *(["PO1", str(at), "1", "EA", "19.90", "PE", "VP", sku] for at, sku in enumerate(chosen, 1)),
        ["CTT", "3"],
    ]
