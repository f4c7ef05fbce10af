"""Reservations: stock that a line or a basket has taken, given back, or that leaves the building with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from tools.orders.actions import bundles, levels
from tools.orders.rows import Row, fetch
from tools.orders.tables import reservations, stock_levels
from tools.orders.work import Conflict, Work


def reserve(
    work: Work,
    line: str | None,
    sku: str,
    quantity: int,
    *,
    prefer: str = "",
    until: datetime | None = None,
    reference: str | None = None,
) -> bool:
    """From one location if one has enough, else from several; False when all together have too little."""
    taken = take(work, line, sku, quantity, fetch(work.db, stock_levels, "location_id", sku=sku), [prefer])
    work.insert(reservations, *({**row, "expires_at": until, "reference": reference} for row in taken))
    return bool(taken)


def take(
    work: Work, line: str | None, sku: str, quantity: int, rows: Sequence[Row], prefer: Sequence[str] = ()
) -> list[Row]:
    """Takes what is available and says what is to be reserved for it, which the caller writes; nothing for too little.

    `rows` are the sku's levels, and are brought up to date. Raises `Conflict` when somebody else took it meanwhile: the
    command is tried again.
    """
    parts = _parts(rows, quantity, prefer)
    for location, units in parts:
        if not levels.change(work, sku, location, {"reserved": units}, (f"{levels.AVAILABLE} >= ?", units)):
            raise Conflict(f"{sku} was taken meanwhile")
        next(level for level in rows if level["location_id"] == location)["reserved"] += units
    kind = "allocation" if line else "hold"
    return [
        {
            "id": work.new_id("reservation"),
            "line_id": line,
            "sku": sku,
            "location_id": location,
            "quantity": units,
            "kind": kind,
            "state": "held",
        }
        for location, units in parts
    ]


def reserve_line(work: Work, line: str, sku: str, units: int) -> str:
    """A line that was added to an order; for a bundle its components. The sku that is short, or nothing."""
    for part, count in bundles.components(work.db, sku).items():
        if levels.is_tracked(work.db, part) and not reserve(work, line, part, count * units):
            return part
    return ""


def reserve_at(work: Work, line: str, sku: str, quantity: int, location: str) -> bool:
    """From this location or not at all."""
    level = fetch(work.db, stock_levels, sku=sku, location_id=location)
    return bool(level and levels.free(level[0]) >= quantity) and reserve(work, line, sku, quantity, prefer=location)


def release(work: Work, row: Row, units: int, state: str = "released") -> None:
    """Some or all units of a reservation, available again."""
    _shrink(work, row, units, state)
    levels.must_change(work, row["sku"], row["location_id"], {"reserved": -units})


def release_line(work: Work, line: str, sku: str, units: int, location: str = "") -> None:
    """Units of an order line that are not wanted any more (here, or anywhere); for a bundle its components."""
    for row, part in _of_line(work, line, sku, units, location):
        release(work, row, part)


def take_line(work: Work, line: str, sku: str, units: int, location: str, reference: str) -> None:
    """Units of an order line leave the building."""
    for row, part in _of_line(work, line, sku, units, location):
        _shrink(work, row, part, "taken")
        deltas = {"reserved": -part, "on_hand": -part}
        levels.must_change(work, row["sku"], row["location_id"], deltas)
        levels.moved(work, row["sku"], row["location_id"], {"on_hand": -part}, "shipped", reference)


def _parts(rows: Sequence[Row], quantity: int, prefer: Sequence[str]) -> list[tuple[str, int]]:
    """(location, units): one location that has enough, preferred ones first; else several, the fullest first."""
    rank = {place: at for at, place in enumerate(prefer)}
    order = sorted(rows, key=lambda one: (rank.get(one["location_id"], len(rank)), one["location_id"]))
    whole = next((one for one in order if levels.free(one) >= quantity), None)
    if whole:
        return [(whole["location_id"], quantity)]
    parts: list[tuple[str, int]] = []
    left = quantity
    for level in sorted(order, key=levels.free, reverse=True):
        units = min(left, max(levels.free(level), 0))
        if units:
            parts.append((level["location_id"], units))
            left -= units
    return [] if left else sorted(parts)


def _of_line(work: Work, line: str, sku: str, units: int, location: str = "") -> Iterable[tuple[Row, int]]:
    """Which of a line's reservations, and how many units of each."""
    where = {"location_id": location} if location else {}
    held = fetch(work.db, reservations, "id", line_id=line, state="held", **where)
    itself = any(row["sku"] == sku for row in held)  # it may have become a bundle after it was sold
    left = {part: count * units for part, count in ({sku: 1} if itself else bundles.components(work.db, sku)).items()}
    for row in held:
        part = min(left.get(row["sku"], 0), row["quantity"])
        if part:
            left[row["sku"]] -= part
            yield row, part


def _shrink(work: Work, row: Row, units: int, state: str) -> None:
    if units == row["quantity"]:
        work.set(reservations, row["id"], {"state": state}, was={"state": "held"})
    else:
        work.add(reservations, row["id"], {"quantity": -units})
