"""A return is opened: its number, its fees and the units that are to come back. returns.py is their way back."""

from __future__ import annotations

from collections.abc import Mapping

from tools.orders.agreement import Quote
from tools.orders.model import LineId, Order
from tools.orders.rows import fetch
from tools.orders.store import order_key
from tools.orders.tables import return_lines, returns
from tools.orders.work import Work


def request(work: Work, order: Order, quote: Quote) -> tuple[str, bool]:
    """Returns the number that the customer writes on the parcel; it tells the order and which return it is."""
    return open_return(work, order, quote)[1], True


def open_return(work: Work, order: Order, quote: Quote) -> tuple[str, str]:
    """The return's id and its number."""
    fee = quote.fee.minor if quote.fee else 0
    units = {one.line_id: one.quantity for one in quote.lines if one.quantity}
    return announce(work, order, units, quote.reason, fee=fee, method=quote.method_id)


def announce(
    work: Work,
    order: Order,
    units: Mapping[LineId, int],
    reason: str,
    *,
    fee: int = 0,
    method: str | None = None,
    withdrawal: bool = False,
) -> tuple[str, str]:
    """Units that are to come back; a withdrawal's without fees."""
    place = len(fetch(work.db, returns, order_id=order.id)) + 1
    number, rma = f"RMA-{order_key(order.number)}-{place}", f"{order.id}:return:{place}"
    if fetch(work.db, returns, number=number):
        number = f"RMA-{order_key(order.id).replace(':', '-')}-{place}"
    label = min(work.terms.return_label_fee if work.terms else 0, fee)
    row = {"id": rma, "order_id": order.id, "number": number, "state": "requested", "reason": reason}
    fees = {"label_fee": label, "restocking_fee": fee - label, "withdrawal": int(withdrawal), "method_id": method}
    work.insert(returns, {**row, **fees, "requested_at": work.now})
    awaiting = {"return_id": rma, "reception": "awaiting", "acceptance": "pending"}
    work.insert(return_lines, *({**awaiting, "line_id": line, "quantity": count} for line, count in units.items()))
    work.event("return.requested", {"return": number, "reason": reason, "key": work.key})
    work.change(returns, rma, "return", "requested", "approved")
    work.event("return.approved", {"return": number})
    return rma, number
