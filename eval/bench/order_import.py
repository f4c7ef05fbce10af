"""`wismo bench orders`, its import part: a shop of the import format taken in by a process of its own."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from eval.bench import Figure


def importing(folder: Path, size: int) -> list[Figure]:
    """`wismo orders import` as a process: seconds and its largest memory."""
    file = folder / "import.json"
    write_shop(file, size)
    home = folder / "home"
    command = [sys.executable, "-m", "api.cli", "orders", "import", str(file)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.perf_counter()
    subprocess.run(command, env=os.environ | {"WISMO_HOME": str(home)}, check=True, capture_output=True)
    seconds = time.perf_counter() - started
    memory = max(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, before) / 1024
    shutil.rmtree(home)
    return [
        Figure(f"import of {size:,} orders", seconds, "s"),
        Figure(f"import of {size:,} orders, memory", memory, "MB"),
    ]


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
