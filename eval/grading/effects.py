"""What changed in an order, told as the actions that the core knows; and what the core's rules owe for an action."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations

from eval.grading.evidence import Turn
from tools.orders import quotes
from tools.orders.agreement import Action, Quote, Selection, Wish
from tools.orders.model import LineId, Order
from tools.orders.terms import Terms

REASONS = ("", "damaged", "wrong_item", "missing", "lost")
SWAPS = frozenset({Action.CHANGE_ITEMS, Action.REQUEST_EXCHANGE, Action.CHANGE_PAYMENT})
"""Their rules look at the catalogue and at means of payment, which no order holds: their sums are not judged."""
LICENSED_BY: Mapping[Action, frozenset[str]] = {
    Action.CANCEL_ORDER: frozenset({"cancel_order", "refund_request", "change_order", "withdrawal"}),
    Action.CHANGE_ADDRESS: frozenset({"change_address"}),
    Action.CHANGE_ITEMS: frozenset({"change_order", "exchange_request"}),
    Action.CHANGE_PAYMENT: frozenset({"change_order"}),
    Action.REQUEST_RETURN: frozenset({"return_request", "refund_request", "withdrawal", "exchange_request"}),
    Action.REQUEST_EXCHANGE: frozenset({"exchange_request", "change_order"}),
    Action.WITHDRAW: frozenset({"withdrawal"}),
    Action.REFUND: frozenset({"refund_request", "missing_or_damaged"}),
}
"""Which wishes an action can be about."""
FIRST_TRIED: Mapping[str, tuple[Action, ...]] = {
    "cancel_order": (Action.CANCEL_ORDER,),
    "change_address": (Action.CHANGE_ADDRESS,),
    "return_request": (Action.REQUEST_RETURN,),
    "withdrawal": (Action.WITHDRAW,),
    "missing_or_damaged": (Action.REFUND,),
    "refund_request": (Action.REFUND, Action.CANCEL_ORDER, Action.REQUEST_RETURN),
}
"""What each wish can be met by; a wish that only the catalogue can judge is not here."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One change of one order. `units` are of the lines it took; `refund` (minor units) what was started for it."""

    action: Action
    before: Order
    after: Order
    units: Mapping[LineId, int] = field(default_factory=dict)
    refund: int = 0

    @property
    def number(self) -> str:
        return self.before.number


def effects_of(turn: Turn) -> tuple[Effect, ...]:
    then = {order.id: order for order in turn.before}
    pairs = ((then[order.id], order) for order in turn.after if order.id in then)
    return tuple(one for before, after in pairs for one in effects(before, after))


def effects(before: Order, after: Order) -> Iterator[Effect]:
    """Parcels and providers change an order too; only what is done for a customer is told here."""
    found = [*_whole(before, after)]
    refund = sum(one.amount.minor for one in after.refunds) - sum(one.amount.minor for one in before.refunds)
    payer = next((one for one in found if one.action in {*SWAPS, Action.CANCEL_ORDER, Action.WITHDRAW}), None)
    for one in found:
        yield replace(one, refund=refund) if one is payer else one
    if refund and payer is None:
        paid = (refund.lines for refund in after.refunds[len(before.refunds) :])
        yield Effect(Action.REFUND, before, after, _summed(paid), refund)


def _whole(before: Order, after: Order) -> Iterator[Effect]:
    held = {line.id: line for line in before.lines}
    cancelled = {one.id: one.cancelled - held[one.id].cancelled for one in after.lines if one.id in held}
    cancelled = {line: units for line, units in cancelled.items() if units > 0}
    fresh = after.returns[len(before.returns) :]
    withdrawn = after.cancel_reason == "withdrawal" != before.cancel_reason or any(one.withdrawal for one in fresh)
    swapped = any(line.id not in held for line in after.lines)
    exchanged = len(after.exchanges) > len(before.exchanges)
    back = _summed(one.lines for one in fresh)
    if withdrawn:
        yield Effect(Action.WITHDRAW, before, after, {**cancelled, **back})
    elif exchanged or swapped:
        yield Effect(Action.REQUEST_EXCHANGE if exchanged else Action.CHANGE_ITEMS, before, after)
    elif cancelled or before.lifecycle is not after.lifecycle in {"cancelled", "cancelling"}:
        yield Effect(Action.CANCEL_ORDER, before, after, cancelled)
    if fresh and not (withdrawn or exchanged):
        yield Effect(Action.REQUEST_RETURN, before, after, back)
    if before.address != after.address:
        yield Effect(Action.CHANGE_ADDRESS, before, after)
    if {one.payment_id for one in before.tenders} != {one.payment_id for one in after.tenders} and not swapped:
        yield Effect(Action.CHANGE_PAYMENT, before, after)


def _summed(parts: Iterable[Mapping[LineId, int]]) -> dict[LineId, int]:
    made: dict[LineId, int] = {}
    for one in parts:
        for line, units in one.items():
            made[line] = made.get(line, 0) + units
    return made


# -- what the rules owe --------------------------------------------------------------------------------------


def owed(effect: Effect, terms: Terms, at: datetime) -> tuple[Quote, ...]:
    """What the core's rules make of the order as it was before, for the units that were taken."""
    reasons = REASONS if effect.action is Action.REFUND else ("",)
    address = effect.after.address if effect.action is Action.CHANGE_ADDRESS else None
    wishes = (Wish(effect.action, reason, Selection(effect.units), address) for reason in reasons)
    return tuple(quotes.quote(effect.before, wish, terms, at) for wish in wishes)


def allowed(order: Order, intent: str, terms: Terms, at: datetime) -> tuple[Quote, ...]:
    """Quotes that the rules allow for a wish on an order; empty where they refuse all. A lost or damaged thing counts

    by its best reason.
    """
    reasons = REASONS[1:] if intent == "missing_or_damaged" else ("",)
    made = (_quoted(order, action, reason, terms, at) for action in FIRST_TRIED.get(intent, ()) for reason in reasons)
    return tuple(one for one in made if one.ruling.allowed)


def _quoted(order: Order, action: Action, reason: str, terms: Terms, at: datetime) -> Quote:
    elsewhere = replace(order.address, line1=f"{order.address.line1} 2") if action is Action.CHANGE_ADDRESS else None
    return quotes.quote(order, Wish(action, reason, address=elsewhere), terms, at)


def every_quote(order: Order, terms: Terms, at: datetime) -> tuple[Quote, ...]:
    """One of each action on the whole order."""
    return tuple(_quoted(order, action, "", terms, at) for action in Action if action not in SWAPS)


def sums(order: Order, terms: Terms, at: datetime) -> frozenset[int]:
    """Every amount that may rightly be offered for this order, whatever part of it is meant."""
    offered = {0}
    for action in (Action.CANCEL_ORDER, Action.REQUEST_RETURN, Action.REFUND, Action.WITHDRAW):
        for reason in REASONS:
            for units in parts(order):
                made = quotes.quote(order, Wish(action, reason, Selection(units)), terms, at)
                offered |= {made.amount.minor, *([made.fee.minor] if made.fee else [])}
    return frozenset(offered)


def parts(order: Order) -> Iterator[Mapping[LineId, int]]:
    """All of it, some of its lines (of at most five), some units of one line (at most nine)."""
    yield {}
    for line in order.lines:
        yield from ({line.id: units} for units in range(1, min(line.quantity, 9) + 1))
    for size in range(2, min(len(order.lines), 5)):
        for some in combinations(order.lines[:5], size):
            yield {line.id: line.quantity for line in some}
