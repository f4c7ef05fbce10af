"""Soft reservations: what a basket holds until its order is placed, its time is over, or it is given back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field
from sqlalchemy import Connection

from tools.orders import rules
from tools.orders import work as works
from tools.orders.actions import levels, reserving
from tools.orders.commands import Command, Name, OnStock, Units, verb
from tools.orders.model import Actor
from tools.orders.rows import Row, fetch
from tools.orders.tables import reservations
from tools.orders.work import Refused, Work


class HoldStock(OnStock):
    """Soft reservation of a basket; ends by itself, or when the basket's order is placed."""

    quantity: Units
    reference: Name
    minutes: int = Field(15, ge=1, le=1440)


class ReleaseStock(OnStock):
    """Ends a basket's hold early."""

    reference: Name


class ExpireHolds(Command):
    """Gives back what baskets held for too long."""

    sku: Name

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        return works.on_stock(db, self.sku, actor, now, key)


@verb(HoldStock)
def hold_stock(work: Work, wanted: HoldStock) -> Mapping[str, Any]:
    if fetch(work.db, reservations, sku=wanted.sku, reference=wanted.reference, state="held"):
        raise Refused(rules.refuse("STK-3", "already_held", accepts="release it first, or place the order"))
    until = work.now + timedelta(minutes=wanted.minutes)
    if not reserving.reserve(work, None, wanted.sku, wanted.quantity, until=until, reference=wanted.reference):
        raise Refused(levels.short_of(work.db, wanted.sku))
    work.event("stock.held", {"sku": wanted.sku, "quantity": wanted.quantity, "reference": wanted.reference})
    return {"until": works.moment(until), **levels.told(work, wanted.sku)}


@verb(ReleaseStock)
def release_stock(work: Work, wanted: ReleaseStock) -> Mapping[str, Any]:
    held = fetch(work.db, reservations, sku=wanted.sku, reference=wanted.reference, state="held", kind="hold")
    for row in held:
        reserving.release(work, row, row["quantity"])
    if held:
        work.event("stock.released", {"sku": wanted.sku, "reference": wanted.reference})
    return levels.told(work, wanted.sku)


@verb(ExpireHolds)
def expire_holds(work: Work, wanted: ExpireHolds) -> Mapping[str, Any]:
    late = [row for row in fetch(work.db, reservations, sku=wanted.sku, state="held", kind="hold") if _late(row, work)]
    for row in late:
        reserving.release(work, row, row["quantity"], state="expired")
    if late:
        work.event("stock.hold_expired", {"sku": wanted.sku, "references": [row["reference"] for row in late]})
    return {"expired": len(late)}


def skus_with_late_holds(db: Connection, now: datetime) -> Sequence[str]:
    held = fetch(db, reservations, "sku", state="held", kind="hold")
    return sorted({row["sku"] for row in held if row["expires_at"] <= now})


def _late(row: Row, work: Work) -> bool:
    return bool(row["expires_at"] and row["expires_at"] <= work.now)


def give_back(work: Work, basket: str | None) -> None:
    """What it held is free again: its order takes what it needs by itself."""
    held = fetch(work.db, reservations, "sku", reference=basket, state="held", kind="hold") if basket else ()
    for row in held:
        reserving.release(work, row, row["quantity"])
