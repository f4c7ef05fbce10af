"""Stock. `_levels` is the only place that changes a level, by a conditional update; a movement or a reservation goes
with each, so that levels are always their sums (I1–I3).

on_hand counts every unit in the building; damaged, quality control and safety are parts of it; available is the rest
less what is reserved. Incoming is announced, not yet here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from tools.orders import driver, rules
from tools.orders import work as works
from tools.orders.agreement import Ruling
from tools.orders.commands import Command, Name, OnStock, Units, verb
from tools.orders.model import Actor
from tools.orders.rows import Row, fetch
from tools.orders.tables import bundle_components, locations, reservations, stock_levels, stock_movements, variants
from tools.orders.work import Conflict, Refused, Work

Bucket = Literal["on_hand", "damaged", "quality_control", "safety", "incoming"]
Need = tuple[str, str, int]
"""(line, sku, units)."""
LEAST = {"on_hand": "reserved + damaged + quality_control"}
AVAILABLE = "on_hand - reserved - damaged - quality_control - safety"


# -- commands ------------------------------------------------------------------------------------------------


class ReceiveStock(OnStock):
    """Goods that came in; `from_incoming` takes them off what was announced."""

    quantity: Units
    from_incoming: bool = False


class AdjustStock(OnStock):
    """A correction of one bucket, up or down, with its reason (breakage, quality control, found, announced)."""

    bucket: Bucket
    delta: int = Field(strict=True, ge=-1_000_000, le=1_000_000)
    reason: Name


class CountStock(OnStock):
    """What a person counted on the shelf; the difference becomes a movement."""

    counted: int = Field(strict=True, ge=0, le=10_000_000)


class TransferStock(OnStock):
    """Units go from one location to another; only what is available moves."""

    to_location_id: Name
    quantity: Units


class HoldStock(OnStock):
    """Soft reservation of a basket; ends by itself, or when the basket's order is placed."""

    quantity: Units
    reference: Name
    minutes: int = Field(15, ge=1, le=1440)


class ReleaseStock(OnStock):
    """Ends a basket's hold early."""

    reference: Name


class DefineBundle(OnStock):
    """`sku` is sold, its components are what leaves the shelf."""

    components: dict[str, Units] = Field(min_length=1)


@verb(ReceiveStock)
def receive_stock(work: Work, wanted: ReceiveStock) -> Mapping[str, Any]:
    _must_be_known(work, wanted)
    deltas = {"on_hand": wanted.quantity} | ({"incoming": -wanted.quantity} if wanted.from_incoming else {})
    move(work, wanted.sku, wanted.location_id, deltas, "received", work.key)
    work.event("stock.received", {"sku": wanted.sku, "location": wanted.location_id, "quantity": wanted.quantity})
    return _told(work, wanted.sku)


@verb(AdjustStock)
def adjust_stock(work: Work, wanted: AdjustStock) -> Mapping[str, Any]:
    _must_be_known(work, wanted)
    if wanted.delta:
        takes_away = wanted.bucket in {"damaged", "quality_control"} and wanted.delta > 0
        free_units = (f"{AVAILABLE} >= ?", wanted.delta) if takes_away else None
        deltas: dict[str, int] = {wanted.bucket: wanted.delta}
        move(work, wanted.sku, wanted.location_id, deltas, wanted.reason, work.key, only_if=free_units)
        body = {"sku": wanted.sku, "bucket": wanted.bucket, "delta": wanted.delta, "reason": wanted.reason}
        work.event("stock.adjusted", body | {"location": wanted.location_id})
    return _told(work, wanted.sku)


@verb(CountStock)
def count_stock(work: Work, wanted: CountStock) -> Mapping[str, Any]:
    _must_be_known(work, wanted)
    level = fetch(work.db, stock_levels, sku=wanted.sku, location_id=wanted.location_id)
    difference = wanted.counted - (level[0]["on_hand"] if level else 0)
    if difference:
        move(work, wanted.sku, wanted.location_id, {"on_hand": difference}, "count", work.key)
        work.event("stock.adjusted", {"sku": wanted.sku, "location": wanted.location_id, "counted": wanted.counted})
    return _told(work, wanted.sku)


@verb(TransferStock)
def transfer_stock(work: Work, wanted: TransferStock) -> Mapping[str, Any]:
    """Only what is available moves."""
    _must_be_known(work, wanted)
    known_location(work, wanted.to_location_id)
    free = (f"{AVAILABLE} >= ?", wanted.quantity)
    move(work, wanted.sku, wanted.location_id, {"on_hand": -wanted.quantity}, "transfer", work.key, only_if=free)
    move(work, wanted.sku, wanted.to_location_id, {"on_hand": wanted.quantity}, "transfer", work.key)
    body = {"sku": wanted.sku, "from": wanted.location_id, "to": wanted.to_location_id}
    work.event("stock.transferred", body | {"quantity": wanted.quantity})
    return _told(work, wanted.sku)


@verb(HoldStock)
def hold_stock(work: Work, wanted: HoldStock) -> Mapping[str, Any]:
    if fetch(work.db, reservations, sku=wanted.sku, reference=wanted.reference, state="held"):
        raise Refused(rules.refuse("STK-3", "already_held", accepts="release it first, or place the order"))
    until = work.now + timedelta(minutes=wanted.minutes)
    if not reserve(work, None, wanted.sku, wanted.quantity, until=until, reference=wanted.reference):
        raise Refused(short_of(work.db, wanted.sku))
    work.event("stock.held", {"sku": wanted.sku, "quantity": wanted.quantity, "reference": wanted.reference})
    return {"until": works.moment(until), **_told(work, wanted.sku)}


@verb(ReleaseStock)
def release_stock(work: Work, wanted: ReleaseStock) -> Mapping[str, Any]:
    held = fetch(work.db, reservations, sku=wanted.sku, reference=wanted.reference, state="held", kind="hold")
    for row in held:
        release(work, row, row["quantity"])
    if held:
        work.event("stock.released", {"sku": wanted.sku, "reference": wanted.reference})
    return _told(work, wanted.sku)


@verb(DefineBundle)
def define_bundle(work: Work, wanted: DefineBundle) -> Mapping[str, Any]:
    """Once: orders that were placed keep what they reserved. A bundle of bundles is refused."""
    known = {row["sku"] for row in fetch(work.db, variants, sku=[wanted.sku, *wanted.components])}
    bundles = {row["bundle_sku"] for row in fetch(work.db, bundle_components, bundle_sku=list(wanted.components))}
    if {wanted.sku, *wanted.components} - known or bundles or wanted.sku in wanted.components:
        raise Refused(rules.refuse("STK-2", "no_such_components", accepts="known variants that are no bundles"))
    if fetch(work.db, bundle_components, bundle_sku=wanted.sku):
        raise Refused(rules.refuse("STK-2", "already_a_bundle", accepts="another sku"))
    if fetch(work.db, reservations, sku=wanted.sku, state="held"):
        raise Refused(rules.refuse("STK-2", "in_use", accepts="a variant of which nothing is reserved"))
    rows = [{"bundle_sku": wanted.sku, "component_sku": sku, "quantity": n} for sku, n in wanted.components.items()]
    work.insert(bundle_components, *rows)
    work.event("stock.bundle_defined", {"sku": wanted.sku, "components": dict(wanted.components)})
    return {"sku": wanted.sku, "components": dict(wanted.components)}


class ExpireHolds(Command):
    """Gives back what baskets held for too long."""

    sku: Name

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        return works.on_stock(db, self.sku, actor, now, key)


@verb(ExpireHolds)
def expire_holds(work: Work, wanted: ExpireHolds) -> Mapping[str, Any]:
    late = [row for row in fetch(work.db, reservations, sku=wanted.sku, state="held", kind="hold") if _late(row, work)]
    for row in late:
        release(work, row, row["quantity"], state="expired")
    if late:
        work.event("stock.hold_expired", {"sku": wanted.sku, "references": [row["reference"] for row in late]})
    return {"expired": len(late)}


def skus_with_late_holds(db: Connection, now: datetime) -> Sequence[str]:
    held = fetch(db, reservations, "sku", state="held", kind="hold")
    return sorted({row["sku"] for row in held if row["expires_at"] <= now})


# -- what other verbs do with stock --------------------------------------------------------------------------


def components(db: Connection, sku: str) -> Mapping[str, int]:
    """What leaves the shelf for one unit: a bundle's components, else the variant itself."""
    parts = fetch(db, bundle_components, "component_sku", bundle_sku=sku)
    return {row["component_sku"]: row["quantity"] for row in parts} or {sku: 1}


def needs(
    lines: Iterable[tuple[str, str, int]], bundles: Mapping[str, Mapping[str, int]]
) -> list[tuple[str, str, int]]:
    """Lines → what each takes from the shelf, in the order in which rows are locked (sku)."""
    wanted = [
        (line, part, count * units) for line, sku, units in lines for part, count in bundles.get(sku, {sku: 1}).items()
    ]
    return sorted(wanted, key=lambda one: (one[1], one[0]))


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
    work: Work, line: str | None, sku: str, quantity: int, levels: Sequence[Row], prefer: Sequence[str] = ()
) -> list[Row]:
    """Takes what is available and says what is to be reserved for it, which the caller writes; nothing for too little.

    `levels` are the sku's, and are brought up to date. Raises `Conflict` when somebody else took it meanwhile: the
    command is tried again.
    """
    parts = _parts(levels, quantity, prefer)
    for location, units in parts:
        if not _levels(work, sku, location, {"reserved": units}, (f"{AVAILABLE} >= ?", units)):
            raise Conflict(f"{sku} was taken meanwhile")
        next(level for level in levels if level["location_id"] == location)["reserved"] += units
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
    for part, count in components(work.db, sku).items():
        if is_tracked(work.db, part) and not reserve(work, line, part, count * units):
            return part
    return ""


def reserve_at(work: Work, line: str, sku: str, quantity: int, location: str) -> bool:
    """From this location or not at all."""
    level = fetch(work.db, stock_levels, sku=sku, location_id=location)
    return bool(level and free(level[0]) >= quantity) and reserve(work, line, sku, quantity, prefer=location)


def release(work: Work, row: Row, units: int, state: str = "released") -> None:
    """Some or all units of a reservation, available again."""
    _shrink(work, row, units, state)
    _must(_levels(work, row["sku"], row["location_id"], {"reserved": -units}), row["sku"])


def release_line(work: Work, line: str, sku: str, units: int, location: str = "") -> None:
    """Units of an order line that are not wanted any more (here, or anywhere); for a bundle its components."""
    for row, part in _of_line(work, line, sku, units, location):
        release(work, row, part)


def take_line(work: Work, line: str, sku: str, units: int, location: str, reference: str) -> None:
    """Units of an order line leave the building."""
    for row, part in _of_line(work, line, sku, units, location):
        _shrink(work, row, part, "taken")
        deltas = {"reserved": -part, "on_hand": -part}
        _must(_levels(work, row["sku"], row["location_id"], deltas), row["sku"])
        _moved(work, row["sku"], row["location_id"], {"on_hand": -part}, "shipped", reference)


def put_back(work: Work, sku: str, units: int, location: str, disposition: str, reference: str) -> None:
    """What came back, by what is to become of it; untracked variants have no shelf. Discarded units never arrive."""
    bucket = {"damaged": "damaged", "quarantined": "quality_control"}.get(disposition)
    for part, count in components(work.db, sku).items():
        if disposition != "discarded" and is_tracked(work.db, part):
            deltas = {"on_hand": units * count} | ({bucket: units * count} if bucket else {})
            move(work, part, location, deltas, f"return:{disposition}", reference)


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
    if not _levels(work, sku, location, deltas, condition):
        raise Refused(short_of(work.db, sku))
    _moved(work, sku, location, deltas, reason, reference)


def is_tracked(db: Connection, sku: str) -> bool:
    return bool(fetch(db, variants, sku=sku, tracked=1))


def available(db: Connection, sku: str) -> int:
    """Over all locations."""
    return sum(max(free(level), 0) for level in fetch(db, stock_levels, sku=sku))


def refuse_unknown(db: Connection, location: str) -> None:
    """Goods go only where the shop has a place; the main one is always there."""
    if location != "main" and not fetch(db, locations, id=location):
        raise Refused(rules.refuse("STK-2", "unknown_location", accepts="a location that has stock"))


def free(level: Row) -> int:
    taken = level["reserved"] + level["damaged"] + level["quality_control"] + level["safety"]
    return int(level["on_hand"]) - int(taken)


def short_of(db: Connection, sku: str) -> Ruling:
    return rules.refuse("STK-1", "not_enough_stock", accepts=f"at most {max(available(db, sku), 0)} of {sku}")


# -- inside --------------------------------------------------------------------------------------------------


def _levels(
    work: Work, sku: str, location: str, deltas: Mapping[str, int], only_if: tuple[Any, ...] = ("1 = 1",)
) -> bool:
    """The conditional update (I1). The database does the arithmetic; False where the condition does not hold."""
    sets = ", ".join(f"{name} = {name} + ?" for name in deltas)
    sql = f"UPDATE stock_levels SET {sets}, version = version + 1 WHERE sku = ? AND location_id = ? AND {only_if[0]}"
    given = (*deltas.values(), sku, location, *only_if[1:])
    return driver.write(work.db, "stock_levels", sql.replace("?", driver.mark(work.db)), [given]) == 1


def _moved(work: Work, sku: str, location: str, deltas: Mapping[str, int], reason: str, reference: str) -> None:
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


def _parts(levels: Sequence[Row], quantity: int, prefer: Sequence[str]) -> list[tuple[str, int]]:
    """(location, units): one location that has enough, preferred ones first; else several, the fullest first."""
    rank = {place: at for at, place in enumerate(prefer)}
    order = sorted(levels, key=lambda one: (rank.get(one["location_id"], len(rank)), one["location_id"]))
    whole = next((one for one in order if free(one) >= quantity), None)
    if whole:
        return [(whole["location_id"], quantity)]
    parts: list[tuple[str, int]] = []
    left = quantity
    for level in sorted(order, key=free, reverse=True):
        units = min(left, max(free(level), 0))
        if units:
            parts.append((level["location_id"], units))
            left -= units
    return [] if left else sorted(parts)


def _of_line(work: Work, line: str, sku: str, units: int, location: str = "") -> Iterable[tuple[Row, int]]:
    """Which of a line's reservations, and how many units of each."""
    where = {"location_id": location} if location else {}
    held = fetch(work.db, reservations, "id", line_id=line, state="held", **where)
    itself = any(row["sku"] == sku for row in held)  # it may have become a bundle after it was sold
    left = {part: count * units for part, count in ({sku: 1} if itself else components(work.db, sku)).items()}
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


def _late(row: Row, work: Work) -> bool:
    return bool(row["expires_at"] and row["expires_at"] <= work.now)


def _must(done: bool, sku: str) -> None:
    if not done:
        raise Conflict(f"the level of {sku} is not as expected")


def _must_be_known(work: Work, wanted: OnStock) -> None:
    if not fetch(work.db, variants, sku=wanted.sku):
        raise Refused(rules.refuse("STK-2", "unknown_variant", accepts="a sku of the catalogue"))
    known_location(work, wanted.location_id)


def known_location(work: Work, location: str) -> None:
    """A location is made when stock first comes to it; it has no history of its own."""
    work.writer.insert_once(locations, {"id": location, "name": location})


def _told(work: Work, sku: str) -> Mapping[str, Any]:
    return {"sku": sku, "available": available(work.db, sku)}
