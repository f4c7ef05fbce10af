"""`wismo bench orders`, its commerce part: choosing from where to send, and orders that come as files."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from connectors.capture import x12, x12_orders
from connectors.capture.take import take
from connectors.capture.x12 import Envelope
from eval.bench import Figure, median
from eval.bench.orders import SKUS, core_of, seeded, timed
from tools.orders.routing import Place, Weights, route

CAPTURED = 1_000


def figures(folder: Path, rounds: int) -> list[Figure]:
    return [_routing(rounds), _capture(folder)]


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
