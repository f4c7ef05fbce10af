"""From the shelf to the door: hold, work of a location, parcels, scans (late, twice, in any order)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field
from sqlalchemy import Connection

from tools.orders import amounts, axes, rules, tracking
from tools.orders import work as works
from tools.orders.actions import bundles, fulfilment_orders, levels, payments, places, reserving
from tools.orders.actions.labels import labels_of
from tools.orders.commands import Command, Name, OnOrder, Units, verb
from tools.orders.model import Actor, LineId, Order, OrderId, ShipmentState, TrackingEvent
from tools.orders.model import Work as ToDo
from tools.orders.rows import Row, fetch
from tools.orders.store import by_id
from tools.orders.tables import (
    fulfillment_lines,
    fulfillment_orders,
    order_lines,
    orders,
    shipment_lines,
    shipments,
    tracking_events,
)
from tools.orders.views import scan as scan_of
from tools.orders.work import Refused, Work

PATH = ("open", "in_progress", "picked", "packed", "shipped")
SENDABLE = frozenset({"in_progress", "picked", "packed"})


class HoldOrder(OnOrder):
    """Nothing of it is sent until it is released."""

    reason: Name


class StartFulfilment(OnOrder):
    """Handed to the warehouse: from now on the order is neither cancelled nor changed by its customer."""


class AdvanceFulfilment(OnOrder):
    """The warehouse's next step for one of its works: picked, then packed."""

    work_id: Name
    to: str = Field(pattern="^(picked|packed)$")


class MoveFulfilment(OnOrder):
    """Another location sends it; what was reserved is reserved there instead."""

    work_id: Name
    location_id: Name


class ShipOrder(OnOrder):
    """One parcel with everything that the warehouse has in hand, or with some units of lines."""

    tracking: Name
    carrier: str | None = Field(None, max_length=80)
    units: dict[str, Units] | None = None


class CloseOrder(OnOrder):
    """Nothing is open any more: all has arrived or is cancelled, all is paid, nothing is coming back."""


class RecordScan(Command):
    """A carrier's event. Unknown parcel: refused, so that it is parked and tried again, never lost."""

    tracking: Name
    code: Name
    at: AwareDatetime
    place: str = Field("", max_length=200)

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        found = fetch(db, shipments, "id DESC", tracking_number=self.tracking)
        if not found:
            raise KeyError("a parcel with this tracking number")
        return works.on_order(db, OrderId(found[0]["order_id"]), actor, now, key)


@verb(HoldOrder)
def hold_order(work: Work, wanted: HoldOrder) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    work.change(orders, order.id, "order", order.lifecycle, "on_hold", column="lifecycle")
    work.set(orders, order.id, {"hold_reason": wanted.reason})
    work.event("order.held", {"reason": wanted.reason})
    return {"order": order.id}


@verb(StartFulfilment)
def start_fulfilment(work: Work, wanted: StartFulfilment) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    if order.lifecycle != "confirmed":
        raise Refused(rules.refuse("FUL-1", f"order_{order.lifecycle}", accepts="a confirmed order"))
    begun = [one for one in order.work if one.state == "open"]
    if not begun:
        raise Refused(rules.refuse("FUL-1", "nothing_open", accepts="an order with open work"))
    for one in begun:
        work.change(fulfillment_orders, one.id, "fulfillment_order", "open", "in_progress")
    work.event("fulfillment.started", {"work": [one.id for one in begun]})
    return {"order": order.id, "work": [one.id for one in begun]}


@verb(AdvanceFulfilment)
def advance_fulfilment(work: Work, wanted: AdvanceFulfilment) -> Mapping[str, Any]:
    one = fulfilment_orders.named(by_id(work.db, wanted.order_id), wanted.work_id)
    work.change(fulfillment_orders, one.id, "fulfillment_order", one.state, wanted.to)
    work.event(f"fulfillment.{wanted.to}", {"work": one.id})
    return {"work": one.id, "state": wanted.to}


@verb(MoveFulfilment)
def move_fulfilment(work: Work, wanted: MoveFulfilment) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    one = fulfilment_orders.named(order, wanted.work_id)
    places.refuse_unknown(work.db, wanted.location_id)
    work.change(fulfillment_orders, one.id, "fulfillment_order", one.state, "moved")
    skus = {line.id: line.sku for line in order.lines}
    for line, units in one.lines.items():
        single = skus[line] in bundles.components(work.db, skus[line])
        reserving.release_line(work, line, skus[line], units, one.location_id if single else "")
        for sku, count in bundles.components(work.db, skus[line]).items():
            here = levels.is_tracked(work.db, sku)
            if here and not reserving.reserve_at(work, line, sku, count * units, wanted.location_id):
                raise Refused(levels.short_of(work.db, sku))
    fresh = fulfilment_orders.add_work(work, order.id, len(order.work) + 1, wanted.location_id, one.lines)
    work.event("fulfillment.moved", {"from": one.id, "to": fresh, "location": wanted.location_id})
    return {"work": fresh}


@verb(ShipOrder)
def ship_order(work: Work, wanted: ShipOrder) -> Mapping[str, Any]:
    """Reserved units leave the stock; what they are worth is captured where it was only authorised."""
    order = by_id(work.db, wanted.order_id)
    if order.lifecycle != "confirmed":
        raise Refused(rules.refuse("FUL-1", f"order_{order.lifecycle}", accepts="a confirmed order"))
    if tracking.mistyped(wanted.tracking, wanted.carrier):
        raise Refused(rules.refuse("TRK-1", "wrong_check_digit", accepts="the number as it stands on the label"))
    void = {tracking.kept(one["tracking"]) for one in labels_of(work.db, order.id) if one["void"]}
    if tracking.kept(wanted.tracking) in void:
        raise Refused(rules.refuse("LBL-1", "label_voided", accepts="the number of a label that counts"))
    ready = [one for one in order.work if one.state in SENDABLE]
    chosen = {LineId(line): units for line, units in wanted.units.items()} if wanted.units else None
    sent = _picked(work, ready, chosen)
    parcel = f"{order.id}:parcel:{len(order.shipments) + 1}"
    _parcel(work, order, parcel, wanted, _by_line(sent))
    for one, line, units in sent:
        key = {"fulfillment_order_id": one.id, "line_id": line}
        work.add(fulfillment_lines, key, {"shipped": units})
        _leave(work, order, one, line, units, parcel)
    for one in {one.id: one for one, *_ in sent}.values():
        _sent_work(work, one)
    work.event("shipment.handed_over", {"tracking": wanted.tracking, "carrier": wanted.carrier, "parcel": parcel})
    _capture(work, order, _by_line(sent))
    return {"parcel": parcel}


def _picked(work: Work, ready: list[ToDo], chosen: Mapping[LineId, int] | None) -> list[tuple[ToDo, LineId, int]]:
    """(work, line, units) to send. Refuses FUL-2 where more is asked than is in hand."""
    left = dict(chosen) if chosen is not None else None
    sent = []
    for one in ready:
        for row in fetch(work.db, fulfillment_lines, "line_id", fulfillment_order_id=one.id):
            here = row["quantity"] - row["shipped"]
            units = here if left is None else min(here, left.get(row["line_id"], 0))
            if units:
                sent.append((one, LineId(row["line_id"]), units))
                if left is not None:
                    left[row["line_id"]] -= units
    if not sent or (left and any(left.values())):
        raise Refused(rules.refuse("FUL-2", "not_in_hand", accepts="units that the warehouse has started on"))
    return sent


def _by_line(sent: list[tuple[ToDo, LineId, int]]) -> Mapping[LineId, int]:
    units: dict[LineId, int] = {}
    for _, line, count in sent:
        units[line] = units.get(line, 0) + count
    return units


def _parcel(work: Work, order: Order, parcel: str, wanted: ShipOrder, units: Mapping[LineId, int]) -> None:
    row = {"id": parcel, "order_id": order.id, "carrier": wanted.carrier}
    row["tracking_number"] = tracking.kept(wanted.tracking)
    work.insert(shipments, row | {"state": ShipmentState.HANDED_OVER.value, "shipped_at": work.now})
    work.insert(shipment_lines, *({"shipment_id": parcel, "line_id": line, "quantity": n} for line, n in units.items()))
    for line, count in units.items():
        work.add(order_lines, line, {"shipped": count})


def _leave(work: Work, order: Order, one: ToDo, line: LineId, units: int, parcel: str) -> None:
    sku = next(each.sku for each in order.lines if each.id == line)
    single = sku in bundles.components(work.db, sku)
    reserving.take_line(work, line, sku, units, one.location_id if single else "", parcel)


def _sent_work(work: Work, one: ToDo) -> None:
    """All of it gone: through the remaining steps to shipped."""
    if any(row["quantity"] > row["shipped"] for row in fetch(work.db, fulfillment_lines, fulfillment_order_id=one.id)):
        return
    for before, after in zip(PATH[PATH.index(one.state) :], PATH[PATH.index(one.state) + 1 :], strict=False):
        work.change(fulfillment_orders, one.id, "fulfillment_order", before, after)


def _capture(work: Work, order: Order, units: Mapping[LineId, int]) -> None:
    """What is sent is taken; with the last of it all that is still to pay."""
    able = any(one.authorized and one.state in {"authorized", "partially_captured"} for one in order.tenders)
    if not able:
        return
    last = all(line.open <= units.get(line.id, 0) for line in order.lines)
    worth = sum(amounts.of_line(line, units.get(line.id, 0)).total for line in order.lines)
    part = _at_most(order, worth)
    asked = payments.capture(work, order.id, None if last else part) if last or part else {}
    if asked:
        work.event("payment.requested", {"capture": dict(asked)})


def _at_most(order: Order, worth: int) -> int:
    room = sum(one.authorized.minor - one.captured.minor for one in order.tenders if one.authorized)
    underway = sum(one.capturing.minor for one in order.tenders if one.capturing)
    return max(min(worth, order.receivable - underway, room - underway), 0)


@verb(CloseOrder)
def close_order(work: Work, wanted: CloseOrder) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    arrived = all(parcel.state is ShipmentState.DELIVERED for parcel in order.shipments)
    quiet = order.returning in {"none", "closed"} and not any(one.pending for one in order.tenders)
    if any(line.open for line in order.lines) or not arrived or not quiet or order.receivable:
        raise Refused(rules.refuse("ORD-6", "not_finished", accepts="an order that has arrived, is paid and is quiet"))
    work.change(orders, order.id, "order", order.lifecycle, "completed", column="lifecycle")
    work.event("order.completed", {})
    work.change(orders, order.id, "order", "completed", "closed", column="lifecycle")
    work.event("order.closed", {})
    return {"order": order.id}


# -- scans ---------------------------------------------------------------------------------------------------


@verb(RecordScan)
def record_scan(work: Work, wanted: RecordScan) -> Mapping[str, Any]:
    """`fresh` is false for a scan that was known."""
    parcel = fetch(work.db, shipments, "id DESC", tracking_number=wanted.tracking)[0]
    told = TrackingEvent(wanted.at, wanted.code, wanted.place)
    fresh = add_scan(work, parcel, told)
    if fresh:
        body = {"tracking": wanted.tracking, "place": wanted.place}
        work.event(f"shipment.{wanted.code}", body, at=wanted.at)
    return {"fresh": fresh, "parcel": parcel["id"]}


def add_scan(work: Work, parcel: Row, scan: TrackingEvent) -> bool:
    """Stores it and projects the parcel's state from all of them; the caller names the event."""
    row = {"shipment_id": parcel["id"], "code": scan.code, "at": scan.at, "place": scan.place}
    if not work.insert_once(tracking_events, row | {"reconstructed": int(scan.reconstructed)}):
        return False
    gone = project(work, parcel)
    if gone and ShipmentState(parcel["state"]) in axes.NOT_GONE:
        _left(work, parcel, scan.at)
    return True


def project(work: Work, parcel: Row) -> bool:
    """The parcel's state from all its scans; whether it has left."""
    scans = map(scan_of, fetch(work.db, tracking_events, shipment_id=parcel["id"]))
    kept = ShipmentState(parcel["state"])
    state, arrival = axes.projected(scans, kept)
    if state in axes.NOT_GONE and kept not in axes.NOT_GONE:
        state = kept  # what has left does not come back to its label
    values: dict[str, Any] = {"state": state.value} if state.value != parcel["state"] else {}
    if arrival and arrival.at != parcel["delivered_at"]:
        values |= {"delivered_at": arrival.at, "delivered_exactly": int(not arrival.reconstructed)}
    if values:
        work.set(shipments, parcel["id"], values)
    return state not in axes.NOT_GONE


def _left(work: Work, parcel: Row, at: datetime) -> None:
    """A parcel that had only a label is under way by its first real scan: its units count as shipped."""
    if not parcel["shipped_at"]:
        work.set(shipments, parcel["id"], {"shipped_at": at})
    lines = {row["id"]: row for row in fetch(work.db, order_lines, order_id=parcel["order_id"])}
    for row in fetch(work.db, shipment_lines, shipment_id=parcel["id"]):
        line = lines[row["line_id"]]
        units = min(row["quantity"], line["quantity"] - line["cancelled"] - line["shipped"])
        if units > 0:
            work.add(order_lines, line["id"], {"shipped": units})
