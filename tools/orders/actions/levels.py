"""Levels of stock. `change` is the only place that changes one, by a conditional update; a movement or a reservation
goes with each, so that levels are always their sums (I1–I3).

on_hand counts every unit in the building; damaged, quality control and safety are parts of it; available is the rest
less what is reserved. Incoming is announced, not yet here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from tools.orders import driver, rules
from tools.orders.agreement import Ruling
from tools.orders.rows import Row, fetch
from tools.orders.tables import stock_levels, stock_movements, variants
from tools.orders.work import Conflict, Refused, Work

LEAST = {"on_hand": "reserved + damaged + quality_control"}
AVAILABLE = "on_hand - reserved - damaged - quality_control - safety"


def move(
    work: Work,
    sku: str,
    location: str,
    deltas: Mapping[str, int],
    reason: str,
    reference: str,
    *,
    only_if: tuple[str, int] | None = None,
) -> None:
    """The only way on_hand and its parts change. Refuses (STK-1) what would leave too little."""
    row = {"sku": sku, "location_id": location}
    if not fetch(work.db, stock_levels, **row):
        work.writer.insert_once(stock_levels, row)
    if not is_tracked(work.db, sku):
        work.set(variants, {"sku": sku}, {"tracked": 1})
    enough = " AND ".join(f"{bucket} + {delta} >= {LEAST.get(bucket, '0')}" for bucket, delta in deltas.items())
    condition = (f"{enough} AND {only_if[0]}", only_if[1]) if only_if else (enough,)
    if not change(work, sku, location, deltas, condition):
        raise Refused(short_of(work.db, sku))
    moved(work, sku, location, deltas, reason, reference)


def change(
    work: Work, sku: str, location: str, deltas: Mapping[str, int], only_if: tuple[Any, ...] = ("1 = 1",)
) -> bool:
    """The conditional update (I1). The database does the arithmetic; False where the condition does not hold."""
    sets = ", ".join(f"{name} = {name} + ?" for name in deltas)
    sql = f"UPDATE stock_levels SET {sets}, version = version + 1 WHERE sku = ? AND location_id = ? AND {only_if[0]}"
    given = (*deltas.values(), sku, location, *only_if[1:])
    return driver.write(work.db, "stock_levels", sql.replace("?", driver.mark(work.db)), [given]) == 1


def must_change(work: Work, sku: str, location: str, deltas: Mapping[str, int]) -> None:
    """Raises `Conflict` where the level is not as expected."""
    if not change(work, sku, location, deltas):
        raise Conflict(f"the level of {sku} is not as expected")


def moved(work: Work, sku: str, location: str, deltas: Mapping[str, int], reason: str, reference: str) -> None:
    rows = [
        {
            "id": work.new_id("movement"),
            "sku": sku,
            "location_id": location,
            "bucket": bucket,
            "quantity": delta,
            "reason": reason,
            "reference": reference,
            "at": work.now,
        }
        for bucket, delta in deltas.items()
    ]
    work.insert(stock_movements, *rows)


def is_tracked(db: Connection, sku: str) -> bool:
    return bool(fetch(db, variants, sku=sku, tracked=1))


def free(level: Row) -> int:
    taken = level["reserved"] + level["damaged"] + level["quality_control"] + level["safety"]
    return int(level["on_hand"]) - int(taken)


def available(db: Connection, sku: str) -> int:
    """Over all locations."""
    return sum(max(free(level), 0) for level in fetch(db, stock_levels, sku=sku))


def short_of(db: Connection, sku: str) -> Ruling:
    return rules.refuse("STK-1", "not_enough_stock", accepts=f"at most {max(available(db, sku), 0)} of {sku}")


def told(work: Work, sku: str) -> Mapping[str, Any]:
    return {"sku": sku, "available": available(work.db, sku)}
