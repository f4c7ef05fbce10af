"""What an action means in units and money, before anyone agrees to it. Pure; integers in minor units.

Refund arithmetic follows R1–R12 of the order core's specification: components frozen at sale, cumulative slices,
never above what was captured and is not refunded or on its way back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from tools.orders import rules
from tools.orders.model import (
    Action,
    FulfilmentAxis,
    Lifecycle,
    Line,
    LineId,
    Order,
    Quote,
    QuoteLine,
    Return,
    Ruling,
    Selection,
    Wish,
)
from tools.orders.money import Money, slice_of
from tools.orders.terms import Terms


def quote(order: Order, wish: Wish, terms: Terms, now: datetime) -> Quote:
    """A refused wish is a quote whose ruling says no; its amount is zero."""
    return QUOTERS[wish.action](order, wish, terms, now)


def wish_of(agreed: Quote) -> Wish:
    """The wish that leads to this quote again, as long as nothing changed."""
    units = {line.line_id: line.quantity for line in agreed.lines}
    return Wish(agreed.action, agreed.reason, Selection(units), agreed.address)


def refundable(order: Order) -> int:
    """Captured − refunded − on its way back, over all tenders (R10)."""
    return sum(one.captured.minor - one.refunded.minor - one.pending.minor for one in order.tenders)


def worth(line: Line, units: int) -> int:
    """What `units` more units of a line give back (R4): net and tax, each by its cumulative slice."""
    more = min(units, line.quantity - line.refunded)
    return sum(slice_of(part.minor, line.quantity, line.refunded, more) for part in (line.net, line.tax))


def _cancel(order: Order, wish: Wish, terms: Terms, now: datetime) -> Quote:
    ruling = rules.may_cancel(order)
    left = {line.id: line.quantity - line.cancelled for line in order.lines}
    amount = refundable(order) if ruling.allowed else 0
    return _quote(order, wish, ruling, amount, left)


def _change_address(order: Order, wish: Wish, terms: Terms, now: datetime) -> Quote:
    assert wish.address, "a change of address needs an address"
    return _quote(order, wish, rules.may_change_address(order, wish.address, terms), 0, {})


def _return(order: Order, wish: Wish, terms: Terms, now: datetime) -> Quote:
    """The amount is provisional until the goods were inspected (R6)."""
    named = _named(order, wish)
    ruling = rules.may_return(order, named, now, terms)
    if not ruling.allowed:
        return _quote(order, wish, ruling, 0, {line.id: line.quantity for line in named})
    units = _units(wish, {line.id: rules.returnable_units(order, line) for line in named})
    goods = sum(worth(line, units[line.id]) for line in named if line.id in units)
    goods += _shipping(order, units, _coming_back(order)) if terms.return_shipping else 0
    fee = min(0 if wish.reason in rules.CLAIMS else terms.return_label_fee, goods)
    return _quote(order, wish, ruling, min(goods - fee, refundable(order)), units, fee=fee)


def _refund(order: Order, wish: Wish, terms: Terms, now: datetime) -> Quote:
    nothing = _nothing_to_refund(order)
    if nothing:
        return _quote(order, wish, nothing, 0, {})
    if order.lifecycle is Lifecycle.CANCELLED:
        return _quote(order, wish, rules.allow("REF-6"), refundable(order), {})
    accepted = _accepted(order)
    if accepted:
        return _refund_of_return(order, wish, terms, *accepted)
    if wish.reason in rules.CLAIMS:
        return _claim(order, wish, terms, now)
    if order.fulfilment is FulfilmentAxis.DELIVERED:
        return _quote(order, wish, rules.refuse("REF-5", "return_first"), 0, {})
    lost = rules.may_claim(order, now, terms)
    if lost.allowed:
        return _claim(order, wish, terms, now)
    return _quote(order, wish, rules.refuse("REF-9", "not_delivered"), 0, {})


def _claim(order: Order, wish: Wish, terms: Terms, now: datetime) -> Quote:
    ruling = rules.may_claim(order, now, terms)
    named = _named(order, wish)
    units = _units(wish, _claimable(order, named, now, terms))
    if not ruling.allowed:
        return _quote(order, wish, ruling, 0, {line.id: line.quantity for line in named})
    if not units:
        return _quote(order, wish, rules.refuse("REF-3", "nothing_left"), 0, {})
    goods = sum(worth(line, units[line.id]) for line in named if line.id in units) + _shipping(order, units, {})
    return _quote(order, wish, ruling, min(goods, refundable(order)), units)


def _claimable(order: Order, named: Sequence[Line], now: datetime, terms: Terms) -> Mapping[LineId, int]:
    left = {line.id: line.quantity - line.cancelled - line.refunded for line in named}
    if order.delivered_at:
        return left
    lost = rules.lost_units(order, now, terms)
    return {line: min(units, lost[line]) for line, units in left.items()}


def _refund_of_return(order: Order, wish: Wish, terms: Terms, rma: Return, units: Mapping[LineId, int]) -> Quote:
    """REF-1: accepted units only, less the label that the customer agreed to."""
    goods = sum(worth(line, units[line.id]) for line in order.lines if line.id in units)
    goods += _shipping(order, units, {}) if terms.return_shipping else 0
    amount = min(max(goods - rma.label_fee, 0), refundable(order))
    ruling = rules.allow("REF-1") if amount else rules.refuse("REF-3", "nothing_left")
    return _quote(order, wish, ruling, amount, units, fee=rma.label_fee, of_return=rma)


def _nothing_to_refund(order: Order) -> Ruling | None:
    if not any(one.captured for one in order.tenders):
        return rules.refuse("REF-4", "nothing_captured")
    return rules.refuse("REF-3", "nothing_left") if refundable(order) <= 0 else None


def _accepted(order: Order) -> tuple[Return, Mapping[LineId, int]] | None:
    """The oldest return whose accepted units were not refunded yet."""
    due = ((rma, _due(order, rma)) for rma in order.returns)
    return next(((rma, units) for rma, units in due if units), None)


def _due(order: Order, rma: Return) -> Mapping[LineId, int]:
    """Accepted units that no refund of this return pays for: one that is on its way counts as paid."""
    paid = [refund.lines for refund in order.refunds if refund.return_id == rma.id]
    left = {line: units - sum(one.get(line, 0) for one in paid) for line, units in rma.accepted.items()}
    return {line: units for line, units in left.items() if units > 0}


def _coming_back(order: Order) -> Mapping[LineId, int]:
    """Units in returns that are still to be refunded."""
    on_their_way = [rma.lines for rma in order.returns if rma.state in rules.STILL_OPEN]
    return {line.id: sum(one.get(line.id, 0) for one in on_their_way) for line in order.lines}


def _shipping(order: Order, units: Mapping[LineId, int], soon: Mapping[LineId, int]) -> int:
    """R7: what is left of it, with the units that complete the order's going back; before that nothing."""

    def all_back(line: Line) -> bool:
        return line.refunded + units.get(line.id, 0) + soon.get(line.id, 0) >= line.quantity - line.cancelled

    left = order.shipping.minor - sum(refund.shipping for refund in order.refunds)
    return max(left, 0) if all(map(all_back, order.lines)) else 0


def _named(order: Order, wish: Wish) -> Sequence[Line]:
    chosen = wish.selection.units
    return [line for line in order.lines if not chosen or line.id in chosen]


def _units(wish: Wish, available: Mapping[LineId, int]) -> dict[LineId, int]:
    """What was asked for, never more than there is."""
    asked = {line: min(wish.selection.units.get(line, most), most) for line, most in available.items()}
    return {line: units for line, units in asked.items() if units > 0}


def _quote(
    order: Order,
    wish: Wish,
    ruling: Ruling,
    amount: int,
    units: Mapping[LineId, int],
    *,
    fee: int = 0,
    of_return: Return | None = None,
) -> Quote:
    lines = tuple(
        QuoteLine(line.id, _words(line), units[line.id], Money(worth(line, units[line.id]), order.currency))
        for line in order.lines
        if units.get(line.id)
    )
    return Quote(
        wish.action,
        order.id,
        order.number,
        Money(amount, order.currency),
        lines,
        wish.reason,
        ruling,
        wish.address,
        Money(fee, order.currency) if fee else None,
        of_return.id if of_return else None,
    )


def _words(line: Line) -> str:
    options = ", ".join(line.options.values())
    return f"{line.name} ({options})" if options else line.name


QUOTERS: Mapping[Action, Callable[[Order, Wish, Terms, datetime], Quote]] = {
    Action.CANCEL_ORDER: _cancel,
    Action.CHANGE_ADDRESS: _change_address,
    Action.REQUEST_RETURN: _return,
    Action.REFUND: _refund,
}
