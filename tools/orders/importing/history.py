"""The history that an imported order's dates tell: dated events, marked as reconstructed where a date was missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tools.orders.axes import CODES
from tools.orders.importing.shape import OrderIn, ParcelIn
from tools.orders.model import ShipmentState, TrackingEvent


@dataclass(frozen=True, slots=True)
class Told:
    """One event of the past. `exact` is False where the moment is the earliest that it can have been."""

    type: str
    at: datetime
    exact: bool
    body: dict[str, Any] = field(default_factory=dict)
    payment: int = -1
    """The payment's place in the file."""
    parcel: int = -1
    scan: TrackingEvent | None = None


def of(order: OrderIn) -> list[Told]:
    """Oldest first, the placing before all; what happened at one moment in the order of an order's life."""
    return sorted(_told(order), key=lambda one: (one.type != "order.placed", one.at))


def _told(order: OrderIn) -> Iterator[Told]:
    yield Told("order.placed", order.placed_at, exact=True)
    for place, payment in enumerate(order.payments):
        at, exact = paid_at(order, payment.at, payment.type)
        kind = "payment.captured" if payment.type == "payment" else "refund.succeeded"
        yield Told(kind, at, exact, {"amount": str(payment.amount), "method": payment.method}, payment=place)
    if order.status in {"processed", "shipped", "delivered"}:
        yield Told("fulfillment.started", _handed_over(order), exact=False)
    for number, parcel in enumerate(parcels_of(order)):
        for scan in scans(order, parcel):
            body = {"tracking": parcel.tracking_id, "place": scan.place}
            yield Told(f"shipment.{scan.code}", scan.at, not scan.reconstructed, body, parcel=number, scan=scan)
    if order.status == "cancelled":
        yield Told("order.cancelled", order.cancelled_at or _last_known(order), order.cancelled_at is not None)


def paid_at(order: OrderIn, at: datetime | None, kind: str) -> tuple[datetime, bool]:
    if at:
        return at, True
    if kind == "payment":
        return (order.paid_at, True) if order.paid_at else (order.placed_at, False)
    return (order.cancelled_at, False) if order.cancelled_at else (_last_known(order), False)


def parcels_of(order: OrderIn) -> Sequence[ParcelIn]:
    """What was shipped without a parcel in the file still came in one."""
    if order.shipments or order.status not in {"shipped", "delivered"}:
        return order.shipments
    return (ParcelIn.model_construct(tracking_id="", carrier=None, skus=(), shipped_at=None, events=()),)


def scans(order: OrderIn, parcel: ParcelIn) -> list[TrackingEvent]:
    """The parcel's own, and those that the order's status says must have been."""
    told = [TrackingEvent(one.at, one.code.strip().lower(), one.place) for one in parcel.events]
    states = {CODES.get(one.code) for one in told}
    if order.status in {"shipped", "delivered"} and not states - {ShipmentState.LABEL_CREATED, None}:
        exact = parcel.shipped_at is not None
        told.append(TrackingEvent(parcel.shipped_at or order.placed_at, "handed_over", "", not exact))
    if order.status == "delivered" and ShipmentState.DELIVERED not in states:
        at = order.delivered_at or max(one.at for one in told)
        told.append(TrackingEvent(at, "delivered", "", order.delivered_at is None))
    return sorted({(scan.code, scan.at): scan for scan in told}.values(), key=lambda one: one.at)


def shipped_at(order: OrderIn, parcel: ParcelIn) -> datetime | None:
    """When the parcel left: as recorded, else its first scan that is one; None while it has not left."""
    gone = [one.at for one in scans(order, parcel) if CODES.get(one.code) not in {None, ShipmentState.LABEL_CREATED}]
    return parcel.shipped_at or (min(gone) if gone else None)


def _handed_over(order: OrderIn) -> datetime:
    known = [one.shipped_at for one in order.shipments if one.shipped_at]
    return min(known) if known else order.placed_at


def _last_known(order: OrderIn) -> datetime:
    """The latest moment that the file is certain of."""
    known = [order.placed_at, order.paid_at, order.delivered_at]
    known += [payment.at for payment in order.payments]
    known += [scan.at for parcel in order.shipments for scan in parcel.events]
    return max(one for one in known if one)
