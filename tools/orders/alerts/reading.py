"""Many orders at once: a statement a table for all of them, straight to the driver, and one object an order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from tools.orders import driver
from tools.orders.alerts.seen import Parcel, Scan, Seen
from tools.orders.axes import CODES, NOT_GONE, projected
from tools.orders.model import ShipmentState, TrackingEvent

SKEW = timedelta(minutes=15)
"""A carrier's clock may be ahead of ours by so much."""
UNPAID = "('submitting', 'pending', 'unknown', 'requires_action', 'approved')"
HEADS = (
    "SELECT o.id, o.customer_id, o.placed_at, o.promised_at, o.lifecycle, o.hold_reason, o.address, o.version, "
    "w.promised_at FROM orders o LEFT JOIN watched w ON w.order_id = o.id WHERE o.id {ids}"
)
UNITS = (
    "SELECT l.order_id, SUM(l.quantity - l.cancelled - l.shipped), SUM(CASE WHEN v.tracked = 1 AND "
    "l.quantity - l.cancelled - l.shipped > COALESCE((SELECT SUM(r.quantity) FROM reservations r "
    "WHERE r.line_id = l.id AND r.state = 'held'), 0) THEN 1 ELSE 0 END) "
    "FROM order_lines l JOIN variants v ON v.sku = l.sku WHERE l.order_id {ids} "
    "AND l.quantity > l.cancelled + l.shipped GROUP BY l.order_id"
)
PARCELS = (
    "SELECT order_id, id, carrier, tracking_number, state, shipped_at, delivered_at FROM shipments "
    "WHERE order_id {ids} ORDER BY id"
)
SCANS = (
    "SELECT t.shipment_id, t.code, t.at, t.place FROM shipments s JOIN tracking_events t ON t.shipment_id = s.id "
    "WHERE s.order_id {ids} AND t.reconstructed = 0 ORDER BY t.shipment_id, t.at"
)
LABELS = "SELECT aggregate, at, body FROM events WHERE type = 'shipment.label_created' AND aggregate {ids}"
REFUNDS = f"SELECT order_id, id, requested_at FROM refunds WHERE order_id {{ids}} AND state IN {UNPAID}"
OWED = "SELECT order_id, id, refund_by FROM withdrawals WHERE order_id {ids} AND state = 'acknowledged'"
RETURNS = (
    "SELECT r.order_id, r.id, MAX(e.at) FROM returns r JOIN events e ON e.aggregate = r.order_id AND e.type = "
    "'return.received' WHERE r.order_id {ids} AND r.state = 'received' GROUP BY r.order_id, r.id"
)


def seen(db: Connection, ids: Sequence[str], now: datetime) -> list[Seen]:
    """In no order; an id that is no order is left out."""
    found = {row[0]: _head(row) for row in driver.of_many(db, HEADS, ids)}
    for order, units, short in driver.of_many(db, UNITS, ids):
        found[order].open_units, found[order].short = int(units), int(short)
    labels = {(order, body["tracking"]): (at, body) for order, at, body in _labels(db, ids)}
    _with_parcels(db, ids, found, labels, now)
    for order, number in labels:
        found[order].labels.append((number, labels[order, number][0]))
    for sql, kept in ((REFUNDS, "refunds"), (OWED, "withdrawals"), (RETURNS, "returns")):
        for order, name, at in driver.of_many(db, sql, ids):
            getattr(found[order], kept).append((name, datetime.fromisoformat(at)))
    return list(found.values())


def _head(row: tuple[Any, ...]) -> Seen:
    order, customer, placed, promised, lifecycle, hold, address, version, before = row
    country, region, city = _place(address)
    return Seen(
        order,
        customer,
        datetime.fromisoformat(placed),
        _moment(promised),
        lifecycle,
        hold or "",
        country,
        region,
        city,
        version,
        before=_moment(before),
        promise=promised,
    )


@lru_cache(maxsize=8192)
def _place(address: str) -> tuple[str, str, str]:
    """Country, region and city; a region is a country with the first two signs of its postcode."""
    kept = json.loads(address)
    country = str(kept.get("country") or "").upper()
    return country, f"{country}-{str(kept.get('postcode') or '')[:2].upper()}", str(kept.get("city") or "")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _labels(db: Connection, ids: Sequence[str]) -> Iterator[tuple[str, datetime, dict[str, Any]]]:
    for order, at, body in driver.of_many(db, LABELS, ids):
        yield order, datetime.fromisoformat(at), json.loads(body)


# -- parcels -------------------------------------------------------------------------------------------------


def _with_parcels(
    db: Connection, ids: Sequence[str], found: dict[str, Seen], labels: dict[tuple[str, str], Any], now: datetime
) -> None:
    """A label that became a parcel is that parcel's, and no label of its own any more."""
    parcels: dict[str, Parcel] = {}
    for order, name, carrier, number, state, shipped, delivered in driver.of_many(db, PARCELS, ids):
        _, label = labels.pop((order, number), (None, {}))
        who, service = carrier_and_service(carrier, label.get("service"))
        made = Parcel(name, who, service, ShipmentState(state), _moment(shipped), _moment(delivered))
        parcels[name] = made
        found[order].parcels.append(made)
    ahead = (now + SKEW).isoformat(timespec="microseconds")
    for name, code, at, place in driver.of_many(db, SCANS, ids):
        if at <= ahead:
            parcels[name].scans.append(Scan(code, datetime.fromisoformat(at), place))
        elif parcels[name].next_scan is None:
            parcels[name].next_scan = datetime.fromisoformat(at)
    for parcel in parcels.values():
        if parcel.next_scan:
            _without_the_future(parcel, now)


def carrier_and_service(carrier: str | None, service: str | None = None) -> tuple[str, str]:
    """ "DHL Express" is DHL's Express; a carrier that nobody named is "unknown", with a lane of its own."""
    first, _, rest = " ".join((carrier or "").casefold().split()).partition(" ")
    return first or "unknown", (service or rest or "standard").casefold()


def _without_the_future(parcel: Parcel, now: datetime) -> None:
    """The core's projection took scans of the future for true; here they count once their moment has come."""
    told = [TrackingEvent(one.at, one.code, one.place) for one in parcel.scans]
    before = (
        ShipmentState.HANDED_OVER if parcel.shipped_at and parcel.shipped_at <= now else ShipmentState.LABEL_CREATED
    )
    parcel.state, arrival = projected(told, before)
    parcel.delivered_at = arrival.at if arrival else None
    if parcel.shipped_at and parcel.shipped_at > now:
        gone = [one.at for one in parcel.scans if CODES.get(one.code, ShipmentState.LABEL_CREATED) not in NOT_GONE]
        parcel.shipped_at = min(gone, default=None)
