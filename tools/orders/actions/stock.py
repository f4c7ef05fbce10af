"""The warehouse's own commands about stock: received, corrected, counted, moved, put back after a return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tools.orders import rules
from tools.orders.actions import bundles, levels, places
from tools.orders.commands import Name, OnStock, Units, verb
from tools.orders.rows import fetch
from tools.orders.tables import stock_levels, variants
from tools.orders.work import Refused, Work

Bucket = Literal["on_hand", "damaged", "quality_control", "safety", "incoming"]


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


@verb(ReceiveStock)
def receive_stock(work: Work, wanted: ReceiveStock) -> Mapping[str, Any]:
    _must_be_known(work, wanted)
    deltas = {"on_hand": wanted.quantity} | ({"incoming": -wanted.quantity} if wanted.from_incoming else {})
    levels.move(work, wanted.sku, wanted.location_id, deltas, "received", work.key)
    work.event("stock.received", {"sku": wanted.sku, "location": wanted.location_id, "quantity": wanted.quantity})
    return levels.told(work, wanted.sku)


@verb(AdjustStock)
def adjust_stock(work: Work, wanted: AdjustStock) -> Mapping[str, Any]:
    _must_be_known(work, wanted)
    if wanted.delta:
        takes_away = wanted.bucket in {"damaged", "quality_control"} and wanted.delta > 0
        free_units = (f"{levels.AVAILABLE} >= ?", wanted.delta) if takes_away else None
        deltas: dict[str, int] = {wanted.bucket: wanted.delta}
        levels.move(work, wanted.sku, wanted.location_id, deltas, wanted.reason, work.key, only_if=free_units)
        body = {"sku": wanted.sku, "bucket": wanted.bucket, "delta": wanted.delta, "reason": wanted.reason}
        work.event("stock.adjusted", body | {"location": wanted.location_id})
    return levels.told(work, wanted.sku)


@verb(CountStock)
def count_stock(work: Work, wanted: CountStock) -> Mapping[str, Any]:
    _must_be_known(work, wanted)
    level = fetch(work.db, stock_levels, sku=wanted.sku, location_id=wanted.location_id)
    difference = wanted.counted - (level[0]["on_hand"] if level else 0)
    if difference:
        levels.move(work, wanted.sku, wanted.location_id, {"on_hand": difference}, "count", work.key)
        work.event("stock.adjusted", {"sku": wanted.sku, "location": wanted.location_id, "counted": wanted.counted})
    return levels.told(work, wanted.sku)


@verb(TransferStock)
def transfer_stock(work: Work, wanted: TransferStock) -> Mapping[str, Any]:
    """Only what is available moves."""
    _must_be_known(work, wanted)
    places.known_location(work, wanted.to_location_id)
    free = (f"{levels.AVAILABLE} >= ?", wanted.quantity)
    levels.move(work, wanted.sku, wanted.location_id, {"on_hand": -wanted.quantity}, "transfer", work.key, only_if=free)
    levels.move(work, wanted.sku, wanted.to_location_id, {"on_hand": wanted.quantity}, "transfer", work.key)
    body = {"sku": wanted.sku, "from": wanted.location_id, "to": wanted.to_location_id}
    work.event("stock.transferred", body | {"quantity": wanted.quantity})
    return levels.told(work, wanted.sku)


def put_back(work: Work, sku: str, units: int, location: str, disposition: str, reference: str) -> None:
    """What came back, by what is to become of it; untracked variants have no shelf. Discarded units never arrive."""
    bucket = {"damaged": "damaged", "quarantined": "quality_control"}.get(disposition)
    for part, count in bundles.components(work.db, sku).items():
        if disposition != "discarded" and levels.is_tracked(work.db, part):
            deltas = {"on_hand": units * count} | ({bucket: units * count} if bucket else {})
            levels.move(work, part, location, deltas, f"return:{disposition}", reference)


def _must_be_known(work: Work, wanted: OnStock) -> None:
    if not fetch(work.db, variants, sku=wanted.sku):
        raise Refused(rules.refuse("STK-2", "unknown_variant", accepts="a sku of the catalogue"))
    places.known_location(work, wanted.location_id)
