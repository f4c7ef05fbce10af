"""What the shop does between two turns, through the core's own verbs."""

from __future__ import annotations

from datetime import datetime

from eval.suite.case import Happening
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.actions.returns import InspectReturn, ReceiveReturn
from tools.orders.agreement import Action, Evidence, Result, Wish
from tools.orders.commands import Command, Done
from tools.orders.model import Actor, Order, TrackingEvent
from tools.orders.service import Orders

SHOP = Actor("person", "warehouse")


def happen(orders: Orders, what: Happening, key: str, now: datetime) -> str:
    """How it ended, in a word: the rules may refuse the shop as well."""
    order = orders.order_by_number(what.order)
    assert order, what.order
    match what.what:
        case "delivered":
            return _scanned(orders, order, now)
        case "cancelled":
            quote = orders.quote(order, Wish(Action.CANCEL_ORDER, reason="by the shop"))
            done = orders.execute(quote, key=f"case:{key}", actor=SHOP, evidence=Evidence(key, quote.digest))
            return "done" if done.result is Result.DONE else str(done.ruling.rule)
    told = orders.do(_command(order, what.what), key=f"case:{key}", actor=SHOP)
    return "done" if isinstance(told, Done) else str(told.ruling.rule)


def _command(order: Order, what: str) -> Command:
    if what == "starts":
        return StartFulfilment(order_id=order.id)
    if what == "ships":
        return ShipOrder(order_id=order.id, tracking=f"90{order.number.lstrip('#')}", carrier="Colissimo")
    rma = order.returns[-1]
    if what == "receives_return":
        return ReceiveReturn(return_id=rma.id, units=dict(rma.lines))
    return InspectReturn(return_id=rma.id, accepted=dict(rma.lines))


def _scanned(orders: Orders, order: Order, now: datetime) -> str:
    told = orders.record_tracking(order.shipments[-1].tracking_number, TrackingEvent(now, "delivered"), SHOP)
    return "done" if isinstance(told, Done) else str(told.ruling.rule)
