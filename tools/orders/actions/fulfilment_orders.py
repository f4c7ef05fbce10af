"""Fulfilment orders: what each location has to do for an order. fulfilment.py is how the warehouse does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.orders import rules
from tools.orders.actions import sourcing
from tools.orders.model import Order, OrderId
from tools.orders.model import Work as ToDo
from tools.orders.rows import Row, fetch
from tools.orders.tables import fulfillment_lines, fulfillment_orders, locations
from tools.orders.work import Refused, Work


def make_work(
    work: Work, order: OrderId, lines: Sequence[Row], begun: int | None = None, held: Sequence[Row] | None = None
) -> None:
    """A fulfilment order for each location that holds some of the lines; what is not tracked goes with the first."""
    if held is None:
        held = sourcing.held_by(work.db, lines)
    by_line: dict[str, dict[str, int]] = {}
    for row in held:
        places = by_line.setdefault(row["line_id"], {})
        places[row["location_id"]] = places.get(row["location_id"], 0) + row["quantity"]
    first = min((row["location_id"] for row in held), default="main")
    to_do: dict[str, dict[str, int]] = {}
    for line in lines:
        for location, count in _places(line, by_line.get(line["id"], {}), first).items():
            to_do.setdefault(location, {})[line["id"]] = count
    before = len(fetch(work.db, fulfillment_orders, order_id=order)) if begun is None else begun
    for number, location in enumerate(sorted(to_do), before + 1):
        add_work(work, order, number, location, to_do[location], known=bool(held))


def _places(line: Row, held: Mapping[str, int], first: str) -> Mapping[str, int]:
    """Units of a line by location. A bundle is one line: it goes where the first of its components is."""
    units = line["quantity"] - line.get("cancelled", 0)
    if not units:
        return {}
    return dict(held) if sum(held.values()) == units else {min(held, default=first): units}


def add_work(
    work: Work, order: OrderId, number: int, location: str, units: Mapping[Any, int], *, known: bool = False
) -> str:
    """`known`: stock lies there, so that the location is there too."""
    if location == "main" and not known:
        work.writer.insert_once(locations, {"id": location, "name": location})
    name = f"{order}:work:{number}"
    work.insert(fulfillment_orders, {"id": name, "order_id": order, "location_id": location, "state": "open"})
    rows = [{"fulfillment_order_id": name, "line_id": line, "quantity": count} for line, count in units.items()]
    work.insert(fulfillment_lines, *rows)
    return name


def named(order: Order, work_id: str) -> ToDo:
    """Raises `Refused` (FUL-3) where the order has no such work."""
    found = next((one for one in order.work if one.id == work_id), None)
    if found is None:
        raise Refused(rules.refuse("FUL-3", "no_such_work", accepts=", ".join(one.id for one in order.work)))
    return found
