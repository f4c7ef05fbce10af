"""What happened to the demo orders after they were placed, told through the core's own verbs at the time it happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tools.orders.actions.fulfilment import HoldOrder
from tools.orders.actions.returns import InspectReturn, ReceiveReturn
from tools.orders.agreement import Action, Evidence, Wish
from tools.orders.model import Actor, Order
from tools.orders.service import Orders

OrdersAt = Callable[[datetime], Orders]
CUSTOMER, WAREHOUSE = Actor("customer", "demo"), Actor("person", "warehouse")


def tell(orders_at: OrdersAt, orders: Sequence[Mapping[str, Any]], until: datetime) -> None:
    """Returns on their way, returns received and refunded, orders on hold."""
    for order in orders:
        if order["_state"] in {"returning", "returned"}:
            _return(orders_at, order, until)
        elif order["_state"] == "on_hold":
            _hold(orders_at, order)


def _return(orders_at: OrdersAt, record: Mapping[str, Any], until: datetime) -> None:
    asked = min(datetime.fromisoformat(record["delivered_at"]) + timedelta(days=2), until)
    core = orders_at(asked)
    order = _found(core, record)
    quote = core.quote(order, Wish(Action.REQUEST_RETURN, reason="no_longer_needed"))
    if not quote.ruling.allowed:
        return
    key = f"demo:return:{order.number}"
    core.execute(quote, key=key, actor=CUSTOMER, evidence=Evidence(key, quote.digest))
    if record["_state"] == "returned":
        _refund(orders_at, record, min(asked + timedelta(days=6), until))


def _refund(orders_at: OrdersAt, record: Mapping[str, Any], at: datetime) -> None:
    """The parcel is back, its goods are accepted, the money goes back and the provider confirms."""
    core = orders_at(at)
    rma = _found(core, record).returns[-1]
    units = dict(rma.lines)
    core.do(ReceiveReturn(return_id=rma.id, units=units), key=f"demo:receive:{rma.number}", actor=WAREHOUSE)
    core.do(InspectReturn(return_id=rma.id, accepted=units), key=f"demo:inspect:{rma.number}", actor=WAREHOUSE)
    quote = core.quote(_found(core, record), Wish(Action.REFUND))
    key = f"demo:refund:{rma.number}"
    core.execute(quote, key=key, actor=WAREHOUSE, evidence=Evidence(key, quote.digest))


def _hold(orders_at: OrdersAt, record: Mapping[str, Any]) -> None:
    at = datetime.fromisoformat(record["placed_at"]) + timedelta(minutes=5)
    core = orders_at(at)
    held = HoldOrder(order_id=_found(core, record).id, reason="address")
    core.do(held, key=f"demo:hold:{record['id']}", actor=WAREHOUSE)


def _found(core: Orders, record: Mapping[str, Any]) -> Order:
    order = core.order_by_number(record["id"])
    assert order is not None, record["id"]
    return order
