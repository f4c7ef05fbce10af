"""The four status axes of an order, derived from its parts, never set by hand; and a parcel's state from its scans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tools.orders.model import (
    FulfilmentAxis,
    Lifecycle,
    Line,
    PaymentAxis,
    Return,
    ReturnAxis,
    Shipment,
    ShipmentState,
    Tender,
    TrackingEvent,
)

NOT_GONE = {ShipmentState.LABEL_PENDING, ShipmentState.LABEL_CREATED}
AT_WORK = {"in_progress", "picked", "packed", "cancellation_requested", "shipped", "closed"}
# Scans of one moment are told in this order; a carrier's other codes are kept and change nothing.
RANK = {state: rank for rank, state in enumerate(ShipmentState)}
CODES: Mapping[str, ShipmentState] = {
    **{state.value: state for state in ShipmentState},
    "pre_transit": ShipmentState.LABEL_CREATED,
    "picked_up": ShipmentState.HANDED_OVER,
    "accepted": ShipmentState.HANDED_OVER,
    "shipped": ShipmentState.IN_TRANSIT,
    "failed_attempt": ShipmentState.ATTEMPT_FAILED,
    "failure": ShipmentState.EXCEPTION,
    "delivery_failed": ShipmentState.ATTEMPT_FAILED,
    "return_to_sender": ShipmentState.RETURNED_TO_SENDER,
}
RETURNING = {
    "requested": ReturnAxis.REQUESTED,
    "manual_review": ReturnAxis.REQUESTED,
    "approved": ReturnAxis.REQUESTED,
    "label_issued": ReturnAxis.REQUESTED,
    "in_transit": ReturnAxis.IN_TRANSIT,
    "partially_received": ReturnAxis.RECEIVED,
    "received": ReturnAxis.RECEIVED,
    "inspected": ReturnAxis.RECEIVED,
    "accepted": ReturnAxis.RECEIVED,
    "partially_accepted": ReturnAxis.RECEIVED,
    "refund_due": ReturnAxis.RECEIVED,
}


def lifecycle(kept: str) -> Lifecycle:
    return Lifecycle(kept)


def payment(total: int, tenders: Sequence[Tender]) -> PaymentAxis:
    """What was replaced by another tender, or given back after a change, leaves an order paid."""
    captured = sum(one.captured.minor for one in tenders)
    refunded = sum(one.refunded.minor for one in tenders)
    if any(one.state == "charged_back" for one in tenders):
        return PaymentAxis.CHARGED_BACK
    if captured - refunded >= total:
        return PaymentAxis.PAID
    if refunded:
        return PaymentAxis.REFUNDED if refunded >= captured else PaymentAxis.PARTIALLY_REFUNDED
    if captured:
        return PaymentAxis.PARTIALLY_PAID
    return PaymentAxis.AUTHORIZED if any(one.state == "authorized" for one in tenders) else PaymentAxis.UNPAID


def fulfilment(work: Sequence[str], parcels: Sequence[Shipment], lines: Sequence[Line]) -> FulfilmentAxis:
    gone = [parcel for parcel in parcels if parcel.state not in NOT_GONE]
    if not gone:
        return FulfilmentAxis.IN_WAREHOUSE if any(state in AT_WORK for state in work) else FulfilmentAxis.UNFULFILLED
    if any(line.shipped < line.quantity - line.cancelled for line in lines):
        return FulfilmentAxis.PARTIALLY_SHIPPED
    states = {parcel.state for parcel in gone}
    if states == {ShipmentState.DELIVERED}:
        return FulfilmentAxis.DELIVERED
    return FulfilmentAxis.LOST if states == {ShipmentState.LOST} else FulfilmentAxis.SHIPPED


def delivered(parcels: Iterable[Any], lines: Sequence[Line]) -> tuple[datetime | None, bool]:
    """When the last parcel arrived, and whether that is recorded; (None, True) while something is missing."""
    rows = list(parcels)
    arrived = [row["delivered_at"] for row in rows if row["delivered_at"]]
    all_here = bool(rows) and len(arrived) == len(rows) and not any(line.open for line in lines)
    if not all_here:
        return None, True
    return max(arrived), all(row["delivered_exactly"] for row in rows)


def returning(returns: Sequence[Return]) -> ReturnAxis:
    """The furthest open one; closed when all are; none when there is none that counts."""
    states = [RETURNING.get(one.state) for one in returns if one.state not in {"cancelled", "expired", "declined"}]
    open_states = [state for state in states if state]
    if open_states:
        return max(open_states, key=list(ReturnAxis).index)
    return ReturnAxis.CLOSED if states else ReturnAxis.NONE


def projected(scans: Iterable[TrackingEvent], otherwise: ShipmentState) -> tuple[ShipmentState, TrackingEvent | None]:
    """The state that scans tell, whatever order they came in, and the delivering scan. Delivered never moves back."""
    known = sorted((scan.at, RANK[CODES[scan.code]], scan.code, scan) for scan in _known(scans))
    arrivals = [scan for *_, scan in known if CODES[scan.code] is ShipmentState.DELIVERED]
    if arrivals:
        return ShipmentState.DELIVERED, arrivals[0]
    return (CODES[known[-1][2]], None) if known else (otherwise, None)


def _known(scans: Iterable[TrackingEvent]) -> Iterable[TrackingEvent]:
    return (scan for scan in scans if scan.code in CODES)
