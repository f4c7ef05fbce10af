"""Sourcing: from which locations an order is served. Routing chooses the way, and the units are reserved there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from tools.orders.actions import bundles, places, reserving
from tools.orders.model import Address
from tools.orders.routing import Routed
from tools.orders.rows import Row, fetch
from tools.orders.tables import reservations, stock_levels, variants
from tools.orders.work import Work


def reserve(
    work: Work,
    lines: Sequence[bundles.Need],
    address: Address,
    promised: datetime | None,
    counted: Collection[str] | None = None,
) -> tuple[list[str], list[Row], Routed | None]:
    """What is short, what was reserved, and the way it was chosen where there was a choice.

    Each unit is reserved once however many lines want it (failure mode 4). `counted` are those of the lines' variants
    whose stock is tracked, where the caller knows them.
    """
    parts = bundles.among(work.db, lines)
    needs = bundles.needs(lines, parts)
    tracked = set(counted) if counted is not None and not parts else _tracked(work.db, needs)
    wanted = [one for one in needs if one[1] in tracked]
    by_sku = levels_of(work.db, wanted)
    until = promised - work.now if promised else None
    way = places.routed(work.db, by_sku, wanted, address, until, work.terms)
    short: dict[str, None] = {}
    taken: list[Row] = []
    for line, sku, units in wanted:
        rows = reserving.take(work, line, sku, units, by_sku[sku], _preferred(way, sku))
        taken += rows
        if not rows:
            short[sku] = None
    work.insert(reservations, *taken)
    return [f"stock: not enough of {sku}" for sku in short], taken, way


def _preferred(way: Routed | None, sku: str) -> tuple[str, ...]:
    """The plan's locations of a sku, the one that sends most of it first."""
    if way is None or way.best is None:
        return ()
    return tuple(sorted(way.best.units, key=lambda place: -way.best.units[place].get(sku, 0)))  # type: ignore[union-attr]


def _tracked(db: Connection, needs: Sequence[bundles.Need]) -> set[str]:
    return {row["sku"] for row in fetch(db, variants, sku=sorted({sku for _, sku, _ in needs}), tracked=1)}


def levels_of(db: Connection, needs: Sequence[bundles.Need]) -> Mapping[str, list[Row]]:
    skus = sorted({sku for _, sku, _ in needs})
    by_sku: dict[str, list[Row]] = {sku: [] for sku in skus}
    for level in fetch(db, stock_levels, "location_id", sku=skus) if skus else ():
        by_sku[level["sku"]].append(level)
    return by_sku


def held_by(db: Connection, lines: Sequence[Row]) -> list[Row]:
    """The reservations of these lines."""
    return fetch(db, reservations, "id", line_id=[line["id"] for line in lines], state="held")
