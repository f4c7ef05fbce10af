"""The consumer's right to withdraw (Directive 2011/83/EU, Art. 9 and 11a): a notice is always acknowledged.

Two steps: the quote is "withdraw from contract here", its execution "confirm withdrawal"; the acknowledgement with its
moment goes to the customer on a durable medium. What has not left is cancelled; what has comes back, without fees.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tools.orders import outbox, rules
from tools.orders import work as works
from tools.orders.actions import cancel, return_requests
from tools.orders.agreement import Quote
from tools.orders.model import LineId, Order
from tools.orders.rows import fetch
from tools.orders.tables import fulfillment_orders, orders, withdrawals
from tools.orders.work import Work

Units = Mapping[LineId, int]
BEGUN = frozenset({"in_progress", "picked", "packed", "cancellation_requested"})


def withdraw(work: Work, order: Order, quote: Quote) -> tuple[str, bool]:
    """Returns the withdrawal's id."""
    name = f"{order.id}:withdrawal:{len(fetch(work.db, withdrawals, order_id=order.id)) + 1}"
    units = {one.line_id: one.quantity for one in quote.lines}
    here, begun, gone = _by_place(order, units)
    intercept = bool(begun) and _can_intercept(order, units)
    coming = gone if intercept else _sum(gone, begun)
    row: dict[str, Any] = {
        "id": name,
        "order_id": order.id,
        "return_id": None,
        "state": "acknowledged",
        "submitted_at": work.now,
    }
    row |= {"lines": units, "acknowledged_at": work.now, "refund_by": work.now + timedelta(days=14)}
    work.insert(withdrawals, row)
    _acknowledge(work, order, name, quote)
    work.event("withdrawal.acknowledged", {"withdrawal": name, "key": work.key})
    if coming:
        rma, _ = return_requests.announce(work, order, coming, rules.WITHDRAWAL, withdrawal=True)
        work.set(withdrawals, name, {"return_id": rma})
        work.event("withdrawal.return_opened", {"withdrawal": name, "return": rma})
    if intercept:
        _intercept(work, order, name)
    elif here:
        _cancel(work, order, name, here)
    return name, False


def _by_place(order: Order, units: Units) -> tuple[dict[LineId, int], dict[LineId, int], dict[LineId, int]]:
    """Units that are untouched, that the warehouse has begun on, and that have left."""
    at_work = {line for one in order.work if one.state in BEGUN for line, count in one.lines.items() if count}
    here: dict[LineId, int] = {}
    begun: dict[LineId, int] = {}
    gone: dict[LineId, int] = {}
    for line in order.lines:
        wanted = units.get(line.id, 0)
        still = min(wanted, line.open)
        if wanted - still:
            gone[line.id] = wanted - still
        if still:
            (begun if line.id in at_work else here)[line.id] = still
    return here, begun, gone


def _can_intercept(order: Order, units: Units) -> bool:
    """All of an order that has not left at all, and nothing of it packed: the warehouse can be asked to stop."""
    whole = all(units.get(line.id, 0) >= line.open and not line.shipped for line in order.lines)
    stoppable = all(one.state in {*cancel.AT_WORK, "open", "on_hold", "cancelled", "moved"} for one in order.work)
    return whole and stoppable and order.lifecycle == "confirmed"


def _sum(one: Units, other: Units) -> dict[LineId, int]:
    return {line: one.get(line, 0) + other.get(line, 0) for line in {**one, **other}}


def _acknowledge(work: Work, order: Order, name: str, quote: Quote) -> None:
    body = {
        "withdrawal": name,
        "order": order.number,
        "customer": order.customer_id,
        "received_at": works.moment(work.now),
        "lines": [f"{one.quantity} × {one.name}" for one in quote.lines],
    }
    outbox.put(work.db, f"acknowledge:{name}", "customer.withdrawal_acknowledged", body, work.now)


def _intercept(work: Work, order: Order, name: str) -> None:
    for one in order.work:
        if one.state in cancel.AT_WORK:
            work.change(fulfillment_orders, one.id, "fulfillment_order", one.state, "cancellation_requested")
    work.change(orders, order.id, "order", order.lifecycle, "cancelling", column="lifecycle")
    work.set(orders, order.id, {"cancel_reason": rules.WITHDRAWAL})
    work.event("order.cancellation_requested", {"reason": rules.WITHDRAWAL, "withdrawal": name})


def _cancel(work: Work, order: Order, name: str, units: Units) -> None:
    """What is still here is not sent; the order is cancelled when that is all of it."""
    whole = all(units.get(line.id, 0) >= line.open and not line.shipped for line in order.lines)
    if whole:
        work.change(orders, order.id, "order", order.lifecycle, "cancelled", column="lifecycle")
        work.set(orders, order.id, {"cancelled_at": work.now, "cancel_reason": rules.WITHDRAWAL})
    kind = "order.cancelled" if whole else "order.lines_cancelled"
    body = {"reason": rules.WITHDRAWAL, "withdrawal": name}
    shipping = rules.standard_shipping(order)
    cancel.undo_sale(work, order.id, kind, body, whole=whole, shipping=shipping, only=units)
