"""What a customer can do now, by the order core's own rules: nothing is offered that a quote would refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent.policy import Policy
from agent.proactive.links import Purpose
from tools.orders.agreement import Action, Wish
from tools.orders.alerts.kinds import Kind
from tools.orders.model import Order
from tools.orders.service import Orders

BEFORE = (Purpose.CANCEL, Purpose.ADDRESS)
OFFERED: Mapping[Kind, tuple[Purpose, ...]] = {
    Kind.PROMISE_AT_RISK: BEFORE,
    Kind.BACK_ORDER_MOVED: BEFORE,
    Kind.LABEL_UNSCANNED: (Purpose.CANCEL,),
    Kind.SILENT: (Purpose.REFUND,),
    Kind.LATE: (*BEFORE, Purpose.REFUND),
    Kind.EXCEPTION: (Purpose.REFUND,),
    Kind.DISPUTED: (Purpose.MISSING,),
}
WISHES: Mapping[Purpose, tuple[str, Callable[[], Wish]]] = {
    Purpose.CANCEL: ("cancel_order", lambda: Wish(Action.CANCEL_ORDER, "late")),
    Purpose.REFUND: ("refund", lambda: Wish(Action.REFUND, "lost")),
}


def offers(kinds: tuple[Kind, ...], order: Order, orders: Orders, policy: Policy) -> tuple[Purpose, ...]:
    """Each once, in the order of the kinds."""
    wished = dict.fromkeys(purpose for kind in kinds for purpose in OFFERED.get(kind, ()))
    return tuple(purpose for purpose in wished if _may(purpose, order, orders, policy))


def _may(purpose: Purpose, order: Order, orders: Orders, policy: Policy) -> bool:
    if purpose is Purpose.ADDRESS:
        unsent = order.fulfilment == "unfulfilled" and order.lifecycle in {"confirmed", "on_hold"}
        return unsent and policy.autonomy.change_address != "off"
    if purpose not in WISHES:
        return True
    name, wish = WISHES[purpose]
    return getattr(policy.autonomy, name) != "off" and orders.quote(order, wish()).ruling.allowed
