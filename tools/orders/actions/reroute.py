"""Work of a location that is looked at again: routed anew, held, or reported as short by the warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.orders import rules
from tools.orders.actions import bundles, fulfilment_orders, levels, places, reserving, sourcing
from tools.orders.commands import Name, OnOrder, Units, verb
from tools.orders.model import LineId, Order
from tools.orders.model import Work as ToDo
from tools.orders.routing import Routed
from tools.orders.rows import Row, fetch
from tools.orders.store import by_id
from tools.orders.tables import fulfillment_orders, order_lines, orders
from tools.orders.work import Refused, Work


class RouteOrder(OnOrder):
    """Work that has not begun is sent from where it is cheapest now; `look` only tells, and changes nothing."""

    look: bool = False


class HoldFulfilment(OnOrder):
    """One location's work waits; the order's other work goes on."""

    work_id: Name
    reason: Name


class ReleaseFulfilment(OnOrder):
    """Work that was held goes on."""

    work_id: Name


class ReportMissing(OnOrder):
    """The warehouse does not find what the stock said was there: its work comes from elsewhere, or the order waits."""

    work_id: Name
    missing: dict[str, Units]


@verb(RouteOrder)
def route_order(work: Work, wanted: RouteOrder) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    waiting = [one for one in order.work if one.state == "open"]
    if order.lifecycle != "confirmed" or not waiting:
        raise Refused(rules.refuse("ROU-1", "nothing_waits", accepts="a confirmed order with work that has not begun"))
    found = _routed(work, order, waiting)
    before = {one.location_id: dict(one.lines) for one in waiting}
    told = found.told() if found else {}
    if wanted.look or found is None or found.best is None or set(found.best.units) == set(before):
        return {"order": order.id, "moved": False, **told}
    _anew(work, order, waiting)
    work.event("fulfillment.routed", told)
    return {"order": order.id, "moved": True, **told}


@verb(HoldFulfilment)
def hold_fulfilment(work: Work, wanted: HoldFulfilment) -> Mapping[str, Any]:
    one = fulfilment_orders.named(by_id(work.db, wanted.order_id), wanted.work_id)
    work.change(fulfillment_orders, one.id, "fulfillment_order", one.state, "on_hold")
    work.set(fulfillment_orders, one.id, {"hold_reason": wanted.reason})
    work.event("fulfillment.held", {"work": one.id, "reason": wanted.reason})
    return {"work": one.id, "state": "on_hold"}


@verb(ReleaseFulfilment)
def release_fulfilment(work: Work, wanted: ReleaseFulfilment) -> Mapping[str, Any]:
    one = fulfilment_orders.named(by_id(work.db, wanted.order_id), wanted.work_id)
    work.change(fulfillment_orders, one.id, "fulfillment_order", one.state, "open")
    work.set(fulfillment_orders, one.id, {"hold_reason": None})
    work.event("fulfillment.released", {"work": one.id})
    return {"work": one.id, "state": "open"}


@verb(ReportMissing)
def report_missing(work: Work, wanted: ReportMissing) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    one = fulfilment_orders.named(order, wanted.work_id)
    missing = {LineId(line): units for line, units in wanted.missing.items()}
    _must_be_in(one, missing)
    work.change(fulfillment_orders, one.id, "fulfillment_order", one.state, "incomplete")
    work.change(fulfillment_orders, one.id, "fulfillment_order", "incomplete", "cancelled")
    _give_back(work, order, [one])
    _gone(work, order, one, missing)
    work.event("fulfillment.short", {"work": one.id, "missing": missing})
    return {"work": one.id, "reasons": _again(work, order, [one])}


def _again(work: Work, order: Order, cancelled: Sequence[ToDo]) -> list[str]:
    """Reserved and made work anew; where that is not possible the order is held, with its reasons."""
    rows = _lines(work, cancelled)
    short, taken, found = sourcing.reserve(work, _needs(rows), order.address, order.promised_at)
    if short:
        work.change(orders, order.id, "order", order.lifecycle, "on_hold", column="lifecycle")
        work.set(orders, order.id, {"hold_reason": "; ".join(short)})
        work.event("order.held", {"reasons": short})
        return short
    fulfilment_orders.make_work(work, order.id, rows, held=taken)
    work.event("fulfillment.routed", found.told() if found else {"work": [row["location_id"] for row in taken]})
    return []


def _routed(work: Work, order: Order, waiting: Sequence[ToDo]) -> Routed | None:
    """As if what this work has reserved were free."""
    rows = _lines(work, waiting)
    needs = bundles.needs(_needs(rows), bundles.among(work.db, _needs(rows)))
    by_sku = sourcing.levels_of(work.db, needs)
    locations = {one.location_id for one in waiting}
    own = [row for row in sourcing.held_by(work.db, rows) if row["location_id"] in locations]
    for row in own:
        level = next(one for one in by_sku[row["sku"]] if one["location_id"] == row["location_id"])
        level["reserved"] -= row["quantity"]
    tracked = [one for one in needs if by_sku[one[1]]]
    promised = order.promised_at - work.now if order.promised_at else None
    return places.routed(work.db, by_sku, tracked, order.address, promised, work.terms)


def _anew(work: Work, order: Order, waiting: Sequence[ToDo]) -> None:
    for one in waiting:
        work.change(fulfillment_orders, one.id, "fulfillment_order", "open", "moved")
    _give_back(work, order, waiting)
    rows = _lines(work, waiting)
    short, taken, _ = sourcing.reserve(work, _needs(rows), order.address, order.promised_at)
    if short:
        raise Refused(rules.refuse("STK-1", "not_enough_stock", accepts="; ".join(short)))
    fulfilment_orders.make_work(work, order.id, rows, held=taken)


def _give_back(work: Work, order: Order, some: Sequence[ToDo]) -> None:
    skus = {line.id: line.sku for line in order.lines}
    for one in some:
        for line, units in one.lines.items():
            single = skus[line] in bundles.components(work.db, skus[line])
            reserving.release_line(work, line, skus[line], units, one.location_id if single else "")


def _gone(work: Work, order: Order, one: ToDo, missing: Mapping[LineId, int]) -> None:
    skus = {line.id: line.sku for line in order.lines}
    for line, units in missing.items():
        for sku, count in bundles.components(work.db, skus[line]).items():
            if levels.is_tracked(work.db, sku):
                levels.move(work, sku, one.location_id, {"on_hand": -units * count}, "not_found", work.key)


def _must_be_in(one: ToDo, missing: Mapping[LineId, int]) -> None:
    if any(one.lines.get(line, 0) < units for line, units in missing.items()) or not missing:
        held = ", ".join(f"{line}: {units}" for line, units in one.lines.items())
        raise Refused(rules.refuse("FUL-2", "not_in_this_work", accepts=f"units of this work: {held}"))


def _lines(work: Work, some: Sequence[ToDo]) -> list[Row]:
    """Line rows with the units of this work alone."""
    units: dict[str, int] = {}
    for one in some:
        for line, count in one.lines.items():
            units[line] = units.get(line, 0) + count
    rows = fetch(work.db, order_lines, "position", id=sorted(units)) if units else []
    return [row | {"quantity": units[row["id"]], "cancelled": 0} for row in rows]


def _needs(rows: Sequence[Row]) -> list[bundles.Need]:
    return [(row["id"], row["sku"], row["quantity"]) for row in rows]
