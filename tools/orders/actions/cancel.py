"""Cancelling all or some of what has not left: stock released, work stopped, the sale taken back, money returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.orders import amounts, ledger, rules
from tools.orders.actions import payments, refunds, reserving, return_requests
from tools.orders.agreement import Quote
from tools.orders.commands import Name, OnOrder, verb
from tools.orders.model import LineId, Order, OrderId
from tools.orders.money import allocate
from tools.orders.rows import fetch
from tools.orders.store import by_id
from tools.orders.tables import fulfillment_lines, fulfillment_orders, order_lines, orders, withdrawals
from tools.orders.work import Refused, Work

AT_WORK = ("in_progress", "picked")


class InterceptOrder(OnOrder):
    """Asks the warehouse to stop what it has begun; the order is cancelled when the warehouse agrees."""

    reason: Name = "customer"


class AnswerCancellation(OnOrder):
    """What the warehouse says: stopped in time, or too late."""

    accepted: bool


def cancel(work: Work, order: Order, quote: Quote) -> tuple[str, bool]:
    """Returns the refund's id (empty when nothing was paid), and whether everything is settled."""
    units = {line.line_id: line.quantity for line in quote.lines}
    whole = all(units.get(line.id, 0) >= line.open for line in order.lines) and not any(
        line.shipped for line in order.lines
    )
    if whole:
        _end(work, order, "cancelled", quote.reason)
    take_out(work, order, units)
    kind = "order.cancelled" if whole else "order.lines_cancelled"
    work.event(kind, {"reason": quote.reason, "units": units, "key": work.key})
    _unpaid_back(work, order, units, rules.shipping_left(order) if whole else 0)
    if whole:
        _voided(work, order.id)
    made = refunds.start(work, order, quote) if quote.amount else ("", True)
    if whole:
        refunds.of_late_capture(work, by_id(work.db, order.id))
    return made


def undo_sale(
    work: Work,
    order_id: OrderId,
    kind: str,
    body: Mapping[str, Any],
    *,
    whole: bool = True,
    shipping: int | None = None,
    only: Mapping[LineId, int] | None = None,
) -> str:
    """Everything that has not left, for the shop's own reasons; the refund's id. The lifecycle is the caller's.

    `shipping` limits what goes back for delivery (R7); None: all that is left of it.
    """
    order = by_id(work.db, order_id)
    units = {line.id: line.open for line in order.lines if line.open} if only is None else dict(only)
    take_out(work, order, units)
    work.event(kind, body)
    all_of_it = rules.shipping_left(order) if whole else 0
    _unpaid_back(work, order, units, all_of_it)
    if whole:
        _voided(work, order_id)
    back = all_of_it if shipping is None else min(all_of_it, shipping)
    unsent = whole and not any(line.shipped for line in order.lines)
    made = _paid_back(work, order, kind, units, back, kept=all_of_it - back if unsent else None)
    refunds.of_late_capture(work, by_id(work.db, order_id))
    return made


@verb(InterceptOrder)
def intercept_order(work: Work, wanted: InterceptOrder) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    begun = [one for one in order.work if one.state in AT_WORK]
    if not begun or any(line.shipped for line in order.lines):
        raise Refused(rules.refuse("CAN-4", "nothing_to_stop", accepts="an order that the warehouse has not packed"))
    work.change(orders, order.id, "order", order.lifecycle, "cancelling", column="lifecycle")
    work.set(orders, order.id, {"cancel_reason": wanted.reason})
    for one in begun:
        work.change(fulfillment_orders, one.id, "fulfillment_order", one.state, "cancellation_requested")
    work.event("order.cancellation_requested", {"reason": wanted.reason})
    return {"order": order.id, "work": [one.id for one in begun]}


@verb(AnswerCancellation)
def answer_cancellation(work: Work, wanted: AnswerCancellation) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    asked = [one for one in order.work if one.state == "cancellation_requested"]
    if not asked:
        raise Refused(rules.refuse("CAN-4", "nothing_asked", accepts="an order whose cancellation was asked for"))
    for one in asked:
        after = "cancelled" if wanted.accepted else "in_progress"
        work.change(fulfillment_orders, one.id, "fulfillment_order", one.state, after)
    if not wanted.accepted:
        work.change(orders, order.id, "order", "cancelling", "confirmed", column="lifecycle")
        work.event("order.cancellation_refused", {})
        _withdrawn_goods_come_back(work, order)
        return {"order": order.id, "refund": ""}
    work.change(orders, order.id, "order", "cancelling", "cancelled", column="lifecycle")
    work.set(orders, order.id, {"cancelled_at": work.now})
    shipping = rules.standard_shipping(order) if order.cancel_reason == rules.WITHDRAWAL else None
    body = {"reason": order.cancel_reason}
    return {"order": order.id, "refund": undo_sale(work, order.id, "order.cancelled", body, shipping=shipping)}


def _withdrawn_goods_come_back(work: Work, order: Order) -> None:
    """The warehouse was too late: the notice stands, and its goods come back when they have arrived."""
    for row in fetch(work.db, withdrawals, order_id=order.id, state="acknowledged"):
        if row["return_id"] is None:
            units = {LineId(line): count for line, count in row["lines"].items()}
            rma, _ = return_requests.announce(work, order, units, rules.WITHDRAWAL, withdrawal=True)
            work.set(withdrawals, row["id"], {"return_id": rma})
            work.event("withdrawal.return_opened", {"withdrawal": row["id"], "return": rma})


# -- units ---------------------------------------------------------------------------------------------------


def take_out(work: Work, order: Order, units: Mapping[LineId, int]) -> None:
    """Units that will not be sent: counted, their stock available again, their work gone."""
    for line in order.lines:
        count = units.get(line.id, 0)
        if count:
            work.add(order_lines, line.id, {"cancelled": count})
            reserving.release_line(work, line.id, line.sku, count)
            _less_work(work, order, line.id, count)


def _less_work(work: Work, order: Order, line: LineId, units: int) -> None:
    """Where nothing is left to do the work is cancelled."""
    left = units
    for one in order.work:
        if one.state in {"moved", "cancelled", "shipped", "closed"}:
            continue
        rows = {row["line_id"]: row for row in fetch(work.db, fulfillment_lines, fulfillment_order_id=one.id)}
        part = min(left, rows[line]["quantity"] - rows[line]["shipped"]) if line in rows else 0
        if not part:
            continue
        left -= part
        work.add(fulfillment_lines, {"fulfillment_order_id": one.id, "line_id": line}, {"quantity": -part})
        rest = sum(row["quantity"] for row in rows.values()) - part
        state = fetch(work.db, fulfillment_orders, id=one.id)[0]["state"]
        if not rest and state in {"open", "on_hold"}:
            work.change(fulfillment_orders, one.id, "fulfillment_order", state, "cancelled")


def _end(work: Work, order: Order, lifecycle: str, reason: str) -> None:
    work.change(orders, order.id, "order", order.lifecycle, lifecycle, column="lifecycle")
    work.set(orders, order.id, {"cancelled_at": work.now, "cancel_reason": reason or "customer"})


# -- money ---------------------------------------------------------------------------------------------------


def _unpaid_back(work: Work, order: Order, units: Mapping[LineId, int], shipping: int) -> None:
    """What was sold and not paid for is not owed any more; where nothing was, those units count as settled."""
    weights = _weights(order, units, shipping)
    amount = min(order.receivable, sum(weights))
    if amount <= 0:
        return
    debits = dict(zip(("sales", "tax_payable", "shipping"), allocate(amount, weights), strict=True))
    ledger.post(work, order.id, "order.cancelled", order.currency, {**debits, ledger.receivable(order.id): -amount})
    if amount == sum(weights):
        for line, count in units.items():
            work.add(order_lines, line, {"refunded": min(count, _left(order, line))})
    work.event("order.unbooked", {"amount": amount})


def _paid_back(
    work: Work, order: Order, kind: str, units: Mapping[LineId, int], shipping: int, *, kept: int | None
) -> str:
    """The refund of these units and of `shipping`; its id, empty where nothing goes back."""
    weights = _weights(order, units, shipping)
    amount = 0 if rules.disputed(order) else _goes_back(order, sum(weights), kept)
    if amount <= 0:
        return ""
    lines = [line for line in order.lines if line.id in units]
    parts = tuple((line.id, units[line.id], amounts.of_line(line, units[line.id])) for line in lines)
    debits = dict(zip(("refunds", "tax_payable", "shipping"), allocate(amount, weights), strict=True))
    return refunds.open_refund(work, order, refunds.Back(amount, debits, kind, parts, shipping))[0]


def _goes_back(order: Order, worth: int, kept: int | None) -> int:
    """What units of this worth give back; where nothing is sent, all but `kept`: an earlier refund may have failed."""
    left = sum(one.refundable for one in order.tenders)
    owed = worth - max(order.receivable, 0)
    if kept is not None and order.receivable <= 0:
        owed = max(owed, left + order.receivable - kept)
    return min(left, owed)


def _left(order: Order, line_id: LineId) -> int:
    line = next(one for one in order.lines if one.id == line_id)
    return line.quantity - line.refunded


def _weights(order: Order, units: Mapping[LineId, int], shipping: int) -> list[int]:
    """Goods, tax and shipping that these units, and `shipping` of what delivery cost, were sold for."""
    parts = [amounts.of_line(line, units.get(line.id, 0)) for line in order.lines]
    tax = amounts.share(order.shipping_tax.minor, shipping, order.shipping.minor + order.shipping_tax.minor)
    return [sum(p.net + p.duty for p in parts), sum(p.tax for p in parts) + tax, shipping - tax]


def _voided(work: Work, order: OrderId) -> None:
    if payments.void(work, order):
        work.event("payment.requested", {"void": "the order was cancelled"})
