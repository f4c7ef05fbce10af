"""From the shelf to the door: hold, hand-over to the warehouse, shipment, scans (late, twice, in any order)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, case, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from tools.orders import axes, events
from tools.orders.model import Actor, Order, OrderId, ShipmentState, TrackingEvent
from tools.orders.states import change
from tools.orders.tables import (
    fulfillment_orders,
    order_lines,
    orders,
    reservations,
    shipment_lines,
    shipments,
    stock_levels,
    stock_movements,
    tracking_events,
)


class NoSuchShipment(LookupError):
    """No parcel has this tracking number."""


def hold(db: Connection, order: Order, reason: str, actor: Actor, now: datetime) -> None:
    change(db, orders, order.id, "lifecycle", order.lifecycle, "on_hold", "order")
    db.execute(update(orders).where(orders.c.id == order.id).values(hold_reason=reason))
    events.append(db, order.id, "order.held", now, actor, {"reason": reason})


def start(db: Connection, order: Order, actor: Actor, now: datetime) -> None:
    """Handed to the warehouse: from now on the order is neither cancelled nor changed."""
    work = db.execute(select(fulfillment_orders).where(fulfillment_orders.c.order_id == order.id)).mappings().one()
    change(db, fulfillment_orders, work["id"], "state", work["state"], "in_progress", "fulfillment_order")
    events.append(db, order.id, "fulfillment.started", now, actor, {})


def ship(db: Connection, order: Order, tracking: str, carrier: str | None, actor: Actor, now: datetime) -> str:
    """Everything that is open, in one parcel; reserved units leave the stock."""
    work = db.execute(select(fulfillment_orders).where(fulfillment_orders.c.order_id == order.id)).mappings().one()
    for before, after in (("in_progress", "picked"), ("picked", "packed"), ("packed", "shipped")):
        change(db, fulfillment_orders, work["id"], "state", before, after, "fulfillment_order")
    parcel = f"{order.id}:parcel:{len(order.shipments) + 1}"
    db.execute(
        insert(shipments),
        {
            "id": parcel,
            "order_id": order.id,
            "carrier": carrier,
            "tracking_number": tracking,
            "state": ShipmentState.HANDED_OVER.value,
            "shipped_at": now,
        },
    )
    for line in order.lines:
        units = line.quantity - line.cancelled - line.shipped
        if units:
            db.execute(insert(shipment_lines), {"shipment_id": parcel, "line_id": line.id, "quantity": units})
            db.execute(
                update(order_lines).where(order_lines.c.id == line.id).values(shipped=order_lines.c.shipped + units)
            )
    _take_from_stock(db, order.id, parcel, now)
    events.append(db, order.id, "shipment.handed_over", now, actor, {"tracking": tracking, "carrier": carrier})
    return parcel


def record_scan(db: Connection, tracking: str, scan: TrackingEvent, actor: Actor, recorded_at: datetime) -> bool:
    """False when this scan was known. Raises `NoSuchShipment`: park it, the parcel may be announced later."""
    row = db.execute(select(shipments).where(shipments.c.tracking_number == tracking)).mappings().first()
    if row is None:
        raise NoSuchShipment(tracking)
    values = {
        "shipment_id": row["id"],
        "code": scan.code,
        "at": scan.at,
        "place": scan.place,
        "reconstructed": 0,
    }
    fresh = db.execute(insert_or_ignore(tracking_events).values(**values).on_conflict_do_nothing())
    if fresh.rowcount != 1:
        return False
    project(db, row["id"])
    if ShipmentState(row["state"]) in axes.NOT_GONE:
        _left(db, row["id"], scan.at)
    body = {"tracking": tracking, "place": scan.place}
    events.append(db, row["order_id"], f"shipment.{scan.code}", scan.at, actor, body, recorded_at=recorded_at)
    return True


def project(db: Connection, parcel: str) -> None:
    """The parcel's state from all its scans."""
    found = db.execute(select(tracking_events).where(tracking_events.c.shipment_id == parcel)).all()
    scans = [TrackingEvent(one.at, one.code, one.place, bool(one.reconstructed)) for one in found]
    kept = db.execute(select(shipments.c.state).where(shipments.c.id == parcel)).scalar_one()
    state, arrival = axes.projected(scans, ShipmentState(kept))
    arrived = {"delivered_at": arrival.at, "delivered_exactly": int(not arrival.reconstructed)} if arrival else {}
    db.execute(update(shipments).where(shipments.c.id == parcel).values(state=state.value, **arrived))


def _left(db: Connection, parcel: str, at: datetime) -> None:
    """A parcel that had only a label is under way by its first real scan: its units count as shipped."""
    gone = shipments.c.state.not_in([state.value for state in axes.NOT_GONE])
    first = func.coalesce(shipments.c.shipped_at, at)
    left = db.execute(update(shipments).where(shipments.c.id == parcel, gone).values(shipped_at=first))
    if left.rowcount != 1:
        return
    shipped, open_units = order_lines.c.shipped, order_lines.c.quantity - order_lines.c.cancelled
    for row in db.execute(select(shipment_lines).where(shipment_lines.c.shipment_id == parcel)).all():
        after = case((shipped + row.quantity > open_units, open_units), else_=shipped + row.quantity)
        db.execute(update(order_lines).where(order_lines.c.id == row.line_id).values(shipped=after))


def _take_from_stock(db: Connection, order: OrderId, parcel: str, now: datetime) -> None:
    of_order = select(order_lines.c.id).where(order_lines.c.order_id == order)
    held = (reservations.c.line_id.in_(of_order), reservations.c.state == "held")
    for row in db.execute(select(reservations).where(*held)).all():
        place = (stock_levels.c.sku == row.sku) & (stock_levels.c.location_id == row.location_id)
        left = {
            "on_hand": stock_levels.c.on_hand - row.quantity,
            "reserved": stock_levels.c.reserved - row.quantity,
        }
        db.execute(update(stock_levels).where(place).values(**left))
        moved = {"sku": row.sku, "location_id": row.location_id, "quantity": -row.quantity}
        db.execute(insert(stock_movements), moved | {"reason": "shipment", "reference": parcel, "at": now})
    db.execute(update(reservations).where(*held).values(state="consumed"))
