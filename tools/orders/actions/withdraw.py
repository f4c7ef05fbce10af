"""The consumer's right to withdraw (Directive 2011/83/EU, Art. 9 and 11a): a notice is always acknowledged.

Two steps: the quote is "withdraw from contract here", its execution "confirm withdrawal"; the acknowledgement with its
moment goes to the customer on a durable medium. What has not left is cancelled; what has comes back, without fees.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tools.orders import outbox, rules
from tools.orders import work as works
from tools.orders.actions import cancel
from tools.orders.agreement import Quote
from tools.orders.model import Order
from tools.orders.rows import fetch
from tools.orders.tables import fulfillment_orders, orders, withdrawals
from tools.orders.work import Work


def withdraw(work: Work, order: Order, quote: Quote) -> tuple[str, bool]:
    """Returns the withdrawal's id."""
    from tools.orders.actions.returns import open_return

    name = f"{order.id}:withdrawal:{len(fetch(work.db, withdrawals, order_id=order.id)) + 1}"
    sent = [one for one in quote.lines if _shipped(order, one.line_id)]
    rma = open_return(work, order, _only(quote, sent), withdrawal=True)[0] if sent else None
    row: dict[str, Any] = {"id": name, "order_id": order.id, "return_id": rma, "state": "acknowledged"}
    row |= {"lines": {one.line_id: one.quantity for one in quote.lines}, "submitted_at": work.now}
    work.insert(withdrawals, row | {"acknowledged_at": work.now, "refund_by": work.now + timedelta(days=14)})
    _acknowledge(work, order, name, quote)
    work.event("withdrawal.acknowledged", {"withdrawal": name, "key": work.key})
    if len(sent) < len(quote.lines):
        _stop(work, order, name)
    return name, False


def _only(quote: Quote, lines: Any) -> Quote:
    from dataclasses import replace

    return replace(quote, lines=tuple(lines))


def _shipped(order: Order, line_id: str) -> bool:
    return any(line.id == line_id and line.shipped for line in order.lines)


def _acknowledge(work: Work, order: Order, name: str, quote: Quote) -> None:
    body = {
        "withdrawal": name,
        "order": order.number,
        "customer": order.customer_id,
        "received_at": works.moment(work.now),
        "lines": [f"{one.quantity} × {one.name}" for one in quote.lines],
    }
    outbox.put(work.db, f"acknowledge:{name}", "customer.withdrawal_acknowledged", body, work.now)


def _stop(work: Work, order: Order, name: str) -> None:
    """What is still here is not sent: cancelled at once, or the warehouse is asked to stop."""
    begun = [one for one in order.work if one.state in cancel.AT_WORK]
    whole = not any(line.shipped for line in order.lines)
    if begun:
        for one in begun:
            work.change(fulfillment_orders, one.id, "fulfillment_order", one.state, "cancellation_requested")
        if whole:
            work.change(orders, order.id, "order", order.lifecycle, "cancelling", column="lifecycle")
        work.event("order.cancellation_requested", {"reason": "withdrawal", "withdrawal": name})
        return
    if whole:
        work.change(orders, order.id, "order", order.lifecycle, "cancelled", column="lifecycle")
        work.set(orders, order.id, {"cancelled_at": work.now, "cancel_reason": rules.WITHDRAWAL})
    kind = "order.cancelled" if whole else "order.lines_cancelled"
    body = {"reason": rules.WITHDRAWAL, "withdrawal": name}
    cancel.undo_sale(work, order.id, kind, body, whole=whole, shipping=rules.standard_shipping(order))
