"""What is true: of an order as it was read, of what was done in this turn, of who takes over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tools.contract import Fact, Value
from tools.orders.agreement import Action, Outcome, Quote, Result, Ruling
from tools.orders.model import FulfilmentAxis, Lifecycle, Order, Shipment, ShipmentState
from tools.views import MATCHED, is_late

GONE = {FulfilmentAxis.SHIPPED, FulfilmentAxis.PARTIALLY_SHIPPED, FulfilmentAxis.DELIVERED, FulfilmentAxis.LOST}
CAME_BACK = {"partially_received", "received", "inspected", "accepted", "partially_accepted", "rejected", "closed"}
CAN = {
    Action.CANCEL_ORDER: "can_cancel",
    Action.REQUEST_RETURN: "can_return",
    Action.REFUND: "can_refund",
    Action.CHANGE_ADDRESS: "can_change_address",
    Action.WITHDRAW: "can_withdraw",
}
CHANGES: Mapping[Action, tuple[str, ...]] = {
    Action.CANCEL_ORDER: ("status", "refund", "refund_state", "refunded"),
    Action.CHANGE_ADDRESS: ("address", "city"),
    Action.REQUEST_RETURN: ("rma", "return_state"),
    Action.WITHDRAW: ("status", "rma", "return_state"),
    Action.REFUND: ("refund", "refund_state", "refund_asked", "refund_settled"),
    Action.CHANGE_ITEMS: ("items", "total"),
    Action.REQUEST_EXCHANGE: ("rma", "return_state"),
    Action.CHANGE_PAYMENT: (),
}
PAYS_BACK = frozenset({Action.REFUND, Action.CANCEL_ORDER, Action.CHANGE_ITEMS})
RETURNS = frozenset({Action.REQUEST_RETURN, Action.REQUEST_EXCHANGE, Action.WITHDRAW})
Stale = tuple[str, str]
OF_THE_PARCEL = (
    "delivered",
    "shipped",
    "on_its_way",
    "out_for_delivery",
    "ready_for_pickup",
    "going_back",
    "attempted",
)
OF_THE_ORDER = ("lost", "in_warehouse", "cancelled", "cancelling", "on_hold", "confirmed", "accepted", "late", "active")
WHEREABOUTS = frozenset({*OF_THE_PARCEL, *OF_THE_ORDER})
SAID_BY_RULING: Mapping[str, Mapping[str, bool]] = {
    "handed_over": {"in_warehouse": True},
    "shipped": {"shipped": True, "on_its_way": True},
    "delivered": {"delivered": True},
    "not_delivered": {"delivered": False},
    "cancelled": {"cancelled": True},
    "already_cancelled": {"cancelled": True},
    "already_returned": {"return_open": True},
    "nothing_captured": {"paid": False},
}
"""What a refusal tells of the order: for one that was quoted or tried, and not read."""
NEVER_CAME = {"cancelled", "expired", "declined"}


@dataclass(frozen=True, slots=True)
class Record:
    """`number` of the order, its values by field (from every source of it), and which states hold."""

    number: str
    values: Mapping[str, Value]
    states: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Context:
    """All that a reply may lean on. `order_of` names the order of a source; `person` says that one takes over.

    `figures` are further numbers that may be said (of addresses and item names), as they are written. `stale` are
    (source, field) that were read before this turn changed them.
    """

    language: str
    timezone: str
    sources: Mapping[str, Mapping[str, Value]]
    order_of: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, Record] = field(default_factory=dict)
    passages: tuple[str, ...] = ()
    person: bool = False
    names: frozenset[str] = frozenset()
    figures: frozenset[str] = frozenset()
    stale: frozenset[tuple[str, str]] = frozenset()


def records_of(
    facts: Iterable[Fact], outcomes: Iterable[Outcome], now: datetime, quotes: Iterable[Quote] = ()
) -> dict[str, Record]:
    """By order number; an order that was not read has only what was quoted for it and done to it."""
    found: dict[str, Record] = {}
    for fact in facts:
        if fact.order:
            found[fact.order.number] = Record(fact.order.number, dict(fact.fields), _told(fact, fact.order, now))
    more = [(quote.order_number, _ruled(quote.action, quote.ruling)) for quote in quotes]
    open_units = {fact.order.number: sum(line.open for line in fact.order.lines) for fact in facts if fact.order}
    more += [(one.quote.order_number, states_after(one, _is_whole(one.quote, open_units))) for one in outcomes]
    for number, states in more:
        before = found.get(number, Record(number, {}, {}))
        found[number] = Record(number, before.values, {**before.states, **states})
    return found


def _is_whole(quote: Quote, open_units: Mapping[str, int]) -> bool:
    """Whether all that was open is meant; what was not read is taken as whole."""
    units = sum(line.quantity for line in quote.lines)
    return units >= open_units.get(quote.order_number, units)


def _told(fact: Fact, order: Order, now: datetime) -> dict[str, bool]:
    """A matched caller hears where the order is, and nothing of money, returns and addresses."""
    states = states_of(order, now)
    return states if fact.fields.keys() - MATCHED else {name: states[name] for name in WHEREABOUTS}


def states_of(order: Order, now: datetime) -> dict[str, bool]:
    """Every state that the lexicons name, for an order as it stands."""
    return _whereabouts(order, now) | _standing(order) | _money(order) | _returns(order)


def _whereabouts(order: Order, now: datetime) -> dict[str, bool]:
    parcel = order.shipments[-1] if order.shipments else None
    gone = order.fulfilment in GONE
    return {
        "delivered": order.fulfilment is FulfilmentAxis.DELIVERED,
        "shipped": gone,
        "on_its_way": gone and order.fulfilment not in {FulfilmentAxis.DELIVERED, FulfilmentAxis.LOST},
        "out_for_delivery": _is(parcel, ShipmentState.OUT_FOR_DELIVERY),
        "ready_for_pickup": _is(parcel, ShipmentState.AVAILABLE_FOR_PICKUP),
        "going_back": _is(parcel, ShipmentState.RETURNED_TO_SENDER),
        "attempted": _is(parcel, ShipmentState.ATTEMPT_FAILED),
        "lost": order.fulfilment is FulfilmentAxis.LOST or _is(parcel, ShipmentState.LOST),
        "in_warehouse": order.fulfilment is not FulfilmentAxis.UNFULFILLED,
        "late": is_late(order, now) or _is(parcel, ShipmentState.DELAYED, ShipmentState.EXCEPTION),
    }


def _standing(order: Order) -> dict[str, bool]:
    return {
        "cancelled": order.lifecycle is Lifecycle.CANCELLED,
        "cancelling": order.lifecycle in {Lifecycle.CANCELLING, Lifecycle.CANCELLED},
        "on_hold": order.lifecycle in {Lifecycle.ON_HOLD, Lifecycle.VALIDATING},
        "accepted": order.lifecycle is not Lifecycle.REJECTED,
        "confirmed": order.lifecycle in {Lifecycle.CONFIRMED, Lifecycle.IN_CHANGE, Lifecycle.COMPLETED},
        "going_out": order.lifecycle not in {Lifecycle.CANCELLED, Lifecycle.CANCELLING, Lifecycle.REJECTED},
        "active": order.lifecycle not in {Lifecycle.CANCELLED, Lifecycle.REJECTED},
        "address_changed": False,
        "items_changed": bool(order.exchanges) or any(line.replaces for line in order.lines),
        "payment_changed": False,
    }


def _money(order: Order) -> dict[str, bool]:
    captured = sum(tender.captured.minor for tender in order.tenders)
    refunds = [refund for refund in order.refunds if refund.state != "failed"]
    return {
        "paid": captured >= order.total.minor > 0 or (captured > 0 and order.lifecycle is Lifecycle.CANCELLED),
        "unpaid": captured == 0 and order.lifecycle not in {Lifecycle.CANCELLED, Lifecycle.REJECTED},
        "payment_coming": False,
        "refund_started": bool(refunds),
        "refund_paid": any(refund.state == "succeeded" for refund in refunds),
        "refund_pending": bool(refunds) and not any(refund.state == "succeeded" for refund in refunds),
    }


def _returns(order: Order) -> dict[str, bool]:
    returns = [one for one in order.returns if one.state not in NEVER_CAME]
    return {
        "return_open": bool(returns),
        "return_received": any(one.state in CAME_BACK for one in returns),
        "return_accepted": any(units > 0 for one in returns for units in one.accepted.values()),
        "return_awaited": bool(returns) and not any(one.state in CAME_BACK for one in returns),
        "return_closed": bool(returns) and all(one.state == "closed" for one in returns),
        "withdrawn": order.cancel_reason == "withdrawal" or any(one.withdrawal for one in returns),
    }


def states_after(outcome: Outcome, whole: bool = True) -> dict[str, bool]:
    """What an outcome of this turn made true. A refusal in the transaction makes nothing true but itself.

    An order of which a part was cancelled (`whole` is False) is not cancelled.
    """
    if outcome.result is Result.CHANGED:
        return {}
    if outcome.result is not Result.DONE:
        return _ruled(outcome.quote.action, outcome.ruling)
    action, money = outcome.quote.action, bool(outcome.quote.amount)
    made: dict[str, bool] = {
        "cancelled": action is Action.CANCEL_ORDER and whole,
        "cancelling": action is Action.CANCEL_ORDER and whole,
        "items_changed": action in {Action.CHANGE_ITEMS, Action.REQUEST_EXCHANGE},
        "payment_changed": action is Action.CHANGE_PAYMENT,
        "address_changed": action is Action.CHANGE_ADDRESS,
        "return_open": action in RETURNS,
        "withdrawn": action is Action.WITHDRAW,
        "refund_started": money and action in PAYS_BACK,
        "refund_paid": money and action in PAYS_BACK and outcome.settled,
        "refund_pending": money and action in PAYS_BACK and not outcome.settled,
        "return_awaited": action in RETURNS,
    }
    ended = {"active": False, "going_out": False} if action is Action.CANCEL_ORDER and whole else {}
    return {state: True for state, true in made.items() if true} | ended


def stale_after(outcomes: Iterable[Outcome], order_of: Mapping[str, str], facts: Iterable[Fact]) -> Iterator[Stale]:
    """(source, field) of facts that an outcome of this turn overtook."""
    changed = {one.quote.order_number: CHANGES[one.quote.action] for one in outcomes if one.result is Result.DONE}
    for fact in facts:
        for name in changed.get(order_of.get(fact.id, ""), ()):
            yield fact.id, name


def _ruled(action: Action, ruling: Ruling) -> dict[str, bool]:
    able = {CAN[action]: ruling.allowed} if action in CAN else {}
    able |= {"cannot_cancel": not ruling.allowed} if action is Action.CANCEL_ORDER else {}
    return able | ({} if ruling.allowed else dict(SAID_BY_RULING.get(ruling.code, {})))


def _is(parcel: Shipment | None, *states: ShipmentState) -> bool:
    return parcel is not None and parcel.state in states
