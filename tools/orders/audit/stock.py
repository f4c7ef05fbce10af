"""I1–I3: levels of stock are their movements and reservations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from tools.orders import tables
from tools.orders.audit import scope
from tools.orders.rows import fetch
from tools.orders.tables import BUCKETS
from tools.orders.work import STOCK


def levels(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I1–I3: levels are their movements and reservations, and nothing is below what it may be."""
    only = _skus(db, aggregates)
    if only == []:
        return
    where, given = scope.where("sku", only)
    moved = _sums(
        db, f"SELECT sku, location_id, bucket, sum(quantity) FROM stock_movements{where} GROUP BY 1, 2, 3", given
    )
    held_where = f"{where} AND" if where else " WHERE"
    held = _sums(
        db, f"SELECT sku, location_id, sum(quantity) FROM reservations{held_where} state = 'held' GROUP BY 1, 2", given
    )
    chosen: dict[str, Any] = {"sku": only} if only else {}
    for level in fetch(db, tables.stock_levels, **chosen):
        place = (level["sku"], level["location_id"])
        for bucket in BUCKETS:
            if level[bucket] != moved.pop((*place, bucket), 0):
                yield f"{bucket} of {place} is not the sum of its movements (I3)"
        if level["reserved"] != held.pop(place, 0):
            yield f"reserved of {place} is not what is reserved (I2)"
        if not 0 <= level["reserved"] <= level["on_hand"]:
            yield f"{place}: reserved {level['reserved']} of {level['on_hand']} (I1)"
    yield from (f"movements of {place} have no level" for place, units in moved.items() if units)
    yield from (f"reservations of {place} have no level" for place, units in held.items() if units)


def _skus(db: Connection, aggregates: Sequence[str] | None) -> list[str] | None:
    if aggregates is None:
        return None
    named = {one.removeprefix(STOCK) for one in aggregates if one.startswith(STOCK)}
    own = [one for one in aggregates if not one.startswith("@")]
    lines = [row["id"] for row in fetch(db, tables.order_lines, order_id=own)] if own else []
    named |= {row["sku"] for row in fetch(db, tables.reservations, line_id=lines)} if lines else set()
    return sorted(named)


def _sums(db: Connection, sql: str, given: Mapping[str, object]) -> dict[tuple[str, ...], int]:
    return {tuple(row[:-1]): int(row[-1]) for row in db.execute(text(sql), given)}
