"""What an action means in units and money, before anyone agrees to it. Pure; integers in minor units.

Refund arithmetic follows R1–R12 of the order core's specification: components frozen at sale, cumulative slices,
never above what was captured and is not refunded or on its way back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tools.orders import amounts, pricing, rules
from tools.orders.agreement import Action, Quote, QuoteLine, Ruling, Selection, Wish
from tools.orders.model import FulfilmentAxis, Lifecycle, Line, LineId, Order, Return
from tools.orders.money import Money
from tools.orders.terms import Terms

GOODWILL = "goodwill"


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows beside the order: variants' prices and whether they are sold, the customer's methods.

    A method's balance (minor units) is None where it is not an account of our own. `words` says each variant, `kinds`
    each method.
    """

    prices: Mapping[str, int] = field(default_factory=dict)
    sold: Mapping[str, bool] = field(default_factory=dict)
    methods: Mapping[str, int | None] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)


def quote(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known | None = None) -> Quote:
    """A refused wish is a quote whose ruling says no; its amount is zero."""
    known = known or Known()
    made = QUOTERS[wish.action](order, wish, terms, now, known)
    said = tuple(_units_in_words(one.units, known.words.get(one.sku, one.sku)) for one in wish.swaps)
    pays = known.kinds.get(wish.method_id or "", "")
    return replace(made, expires_at=now + timedelta(minutes=terms.quote_minutes), becomes=said, pays=pays)


def wish_of(agreed: Quote) -> Wish:
    """The wish that leads to this quote again, as long as nothing changed."""
    units = {line.line_id: line.quantity for line in agreed.lines}
    goodwill = agreed.amount.minor if agreed.reason == GOODWILL else 0
    return Wish(
        agreed.action,
        agreed.reason,
        Selection(units),
        agreed.address,
        agreed.swaps,
        agreed.method_id,
        goodwill,
        agreed.deduction,
    )


def refundable(order: Order) -> int:
    """Captured − refunded − on its way back − disputed, over all tenders (R10)."""
    return sum(one.refundable for one in order.tenders)


def worth(line: Line, units: int) -> int:
    """What `units` more units of a line give back (R4): each component by its cumulative slice."""
    return amounts.of_line(line, units).total


def _cancel(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    """Some open units, or all; shipping goes back with the last of them (R7, the shop's own cancellation)."""
    ruling = rules.may_cancel(order)
    left = _units(wish, {line.id: line.open for line in _named(order, wish) if line.open})
    if not ruling.allowed:
        return _quote(order, wish, ruling, 0, {line.id: line.quantity for line in order.lines})
    dispute = rules.disputed(order)
    if dispute:
        return _quote(order, wish, dispute, 0, left)
    whole = all(left.get(line.id, 0) >= line.open for line in order.lines)
    shipping = rules.shipping_left(order) if whole else 0
    owed = sum(worth(line, left[line.id]) for line in order.lines if line.id in left) + shipping - order.receivable
    amount = refundable(order) if whole and order.receivable <= 0 else max(min(owed, refundable(order)), 0)
    return _quote(order, wish, ruling, amount, left, shipping=min(shipping, amount))


def _change_address(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    assert wish.address, "a change of address needs an address"
    return _quote(order, wish, rules.may_change_address(order, wish.address, terms), 0, {})


def _return(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    """The amount is provisional until the goods were inspected (R6)."""
    if wish.method_id is not None and wish.method_id not in known.methods:
        return _quote(order, wish, rules.refuse("PAY-8", "unknown_method", accepts="a method of the customer"), 0, {})
    named = _named(order, wish)
    ruling = rules.may_return(order, named, now, terms)
    if not ruling.allowed:
        return _quote(order, wish, ruling, 0, {line.id: line.quantity for line in named})
    units = _units(wish, {line.id: rules.returnable_units(order, line) for line in named})
    goods = sum(worth(line, units[line.id]) for line in named if line.id in units)
    shipping = _shipping(order, units, _coming_back(order)) if terms.return_shipping else 0
    fees = 0 if wish.reason in rules.CLAIMS else terms.return_label_fee + terms.restocking_fee
    fee = min(fees, goods + shipping)
    amount = min(goods + shipping - fee, refundable(order))
    return _quote(order, wish, ruling, amount, units, fee=fee, shipping=shipping)


def _refund(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    nothing = _nothing_to_refund(order)
    if nothing:
        return _quote(order, wish, nothing, 0, {})
    if wish.reason == GOODWILL:
        return _goodwill(order, wish, terms)
    if order.lifecycle is Lifecycle.CANCELLED:
        return _of_cancelled(order, wish)
    accepted = _accepted(order)
    if accepted:
        return _refund_of_return(order, wish, terms, *accepted)
    if wish.reason in rules.CLAIMS:
        return claimed(order, wish, terms, now)
    if order.fulfilment is FulfilmentAxis.DELIVERED:
        return _quote(order, wish, rules.refuse("REF-5", "return_first"), 0, {})
    lost = rules.may_claim(order, now, terms)
    if lost.allowed:
        return claimed(order, wish, terms, now)
    return _quote(order, wish, rules.refuse("REF-9", "not_delivered"), 0, {})


def _of_cancelled(order: Order, wish: Wish) -> Quote:
    """REF-6; what a withdrawal rightly kept of an express delivery does not go back after it."""
    if order.cancel_reason == rules.WITHDRAWAL and any(one.state != "failed" for one in order.refunds):
        return _quote(order, wish, rules.refuse("REF-3", "nothing_left"), 0, {})
    return _quote(order, wish, rules.allow("REF-6"), refundable(order), {})


def _goodwill(order: Order, wish: Wish, terms: Terms) -> Quote:
    """R13: beyond any line, within its own limit and still under R10. A person always decides."""
    given = sum(one.goodwill for one in order.refunds)
    most = min(terms.goodwill_limit - given, refundable(order))
    if not 0 < wish.goodwill <= most:
        return _quote(order, wish, rules.refuse("GDW-1", "above_limit", accepts=f"at most {max(most, 0)}"), 0, {})
    return _quote(order, wish, rules.allow("GDW-1", needs_person=True), wish.goodwill, {})


def claimed(order: Order, wish: Wish, terms: Terms, now: datetime) -> Quote:
    """REF-2, LST-1: what was wrong, damaged, missing or lost; outbound shipping with the last of it."""
    ruling = rules.may_claim(order, now, terms)
    named = _named(order, wish)
    units = _units(wish, _claimable(order, named, now, terms))
    if not ruling.allowed:
        return _quote(order, wish, ruling, 0, {line.id: line.quantity for line in named})
    if not units:
        return _quote(order, wish, rules.refuse("REF-3", "nothing_left"), 0, {})
    shipping = _shipping(order, units, {})
    goods = sum(worth(line, units[line.id]) for line in named if line.id in units) + shipping
    amount = min(goods, refundable(order))
    if amount <= 0:
        return _quote(order, wish, rules.refuse("REF-3", "nothing_left"), 0, {})
    return _quote(order, wish, ruling, amount, units, shipping=shipping)


def _claimable(order: Order, named: Sequence[Line], now: datetime, terms: Terms) -> Mapping[LineId, int]:
    coming = _coming_back(order)
    left = {one.id: one.quantity - max(one.cancelled, one.refunded) - coming.get(one.id, 0) for one in named}
    if order.delivered_at:
        return left
    lost = rules.lost_units(order, now, terms)
    return {one.id: min(left[one.id], lost[one.id] - one.given_back) for one in named}


def _refund_of_return(order: Order, wish: Wish, terms: Terms, rma: Return, units: Mapping[LineId, int]) -> Quote:
    """REF-1: accepted units only, less the fees that the customer agreed to, once (R8: none for a withdrawal)."""
    goods = sum(worth(line, units[line.id]) for line in order.lines if line.id in units)
    shipping = _shipping(order, units, {}) if terms.return_shipping or rma.withdrawal else 0
    shipping = min(shipping, rules.standard_shipping(order)) if rma.withdrawal else shipping
    paid_before = any(one.return_id == rma.id and one.lines for one in order.refunds)
    fee = 0 if paid_before else min(rma.label_fee + rma.restocking_fee, goods + shipping)
    less = min(max(wish.deduction, 0), goods) if rma.withdrawal else 0
    amount = min(goods + shipping - fee - less, refundable(order))
    ruling = rules.allow("REF-1", needs_person=less > 0) if amount > 0 else rules.refuse("REF-3", "nothing_left")
    cut = {"fee": fee, "shipping": shipping, "deduction": less}
    wish = replace(wish, method_id=rma.method_id)
    return _quote(order, wish, ruling, max(amount, 0), units, of_return=rma, **cut)


def _nothing_to_refund(order: Order) -> Ruling | None:
    if not any(one.captured for one in order.tenders):
        return rules.refuse("REF-4", "nothing_captured", accepts="a refund after the payment was captured")
    dispute = rules.disputed(order)
    if dispute:
        return dispute
    return rules.refuse("REF-3", "nothing_left") if refundable(order) <= 0 else None


def _accepted(order: Order) -> tuple[Return, Mapping[LineId, int]] | None:
    """The oldest return whose accepted units were not refunded yet."""
    exchanged = {one.return_id for one in order.exchanges if one.state != "cancelled"}
    inspected = [one for one in order.returns if one.state in {"refund_due", "closed"} and one.id not in exchanged]
    due = ((rma, _due(order, rma)) for rma in inspected)
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
        return line.given_back + units.get(line.id, 0) + soon.get(line.id, 0) >= line.quantity - line.cancelled

    return rules.shipping_left(order) if all(map(all_back, order.lines)) else 0


# -- changes, exchanges, withdrawals -------------------------------------------------------------------------


def _change_items(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    """The difference of what was paid; of an order that is not paid yet only what is owed changes."""
    ruling = rules.may_change_items(order, wish.swaps, known.sold)
    return _swapped(order, wish, ruling, known, settled=order.receivable <= 0)


def _exchange(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    """Provisional until the goods were inspected, like a return."""
    ruling = rules.may_exchange(order, wish.swaps, known.sold, now, terms)
    return _swapped(order, wish, ruling, known, settled=True)


def _swapped(order: Order, wish: Wish, ruling: Ruling, known: Known, *, settled: bool) -> Quote:
    if not ruling.allowed:
        return _quote(order, wish, ruling, 0, {})
    difference = sum(one.difference for one in pricing.priced(order, wish.swaps, known.prices))
    if wish.method_id is not None and wish.method_id not in known.methods:
        return _quote(order, wish, rules.refuse("PAY-8", "unknown_method", accepts="a method of the customer"), 0, {})
    units: dict[LineId, int] = {}
    for one in wish.swaps:
        units[one.line_id] = units.get(one.line_id, 0) + one.quantity
    owed = difference + (0 if settled else order.receivable)
    back = min(-owed, refundable(order)) if owed < 0 else 0
    charge = difference if settled and difference > 0 else 0
    dispute = rules.disputed(order) if back else None
    return _quote(order, wish, dispute or ruling, 0 if dispute else back, units, charge=charge)


def _change_payment(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    return _quote(order, wish, rules.may_change_payment(order, wish.method_id, known.methods), 0, {})


def _withdraw(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    """WDR-*: everything that was not given back, or the lines that are named. No fee, no risk score (I14)."""
    ruling = rules.may_withdraw(order, now, terms)
    units = _units(wish, {line.id: _withdrawable(order, line) for line in _named(order, wish)})
    if ruling.allowed and not units:
        return _quote(order, wish, rules.refuse("RET-4", "already_returned"), 0, {})
    goods = sum(worth(line, units[line.id]) for line in order.lines if line.id in units)
    shipping = min(_shipping(order, units, {}), rules.standard_shipping(order))
    amount = max(min(goods + shipping - max(order.receivable, 0), refundable(order)), 0) if ruling.allowed else 0
    return _quote(order, wish, ruling, amount, units, shipping=shipping)


def _withdrawable(order: Order, line: Line) -> int:
    in_returns = rules.in_returns(order, line)
    return max(line.quantity - line.cancelled - max(in_returns, line.given_back), 0)


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
    shipping: int = 0,
    charge: int = 0,
    deduction: int = 0,
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
        Money(charge, order.currency) if charge else None,
        Money(shipping, order.currency) if shipping else None,
        wish.swaps,
        wish.method_id,
        deduction,
        _basis(order),
    )


def _basis(order: Order) -> int:
    """Moves on with everything that an agreement can bring about, so that one agreement is for one execution."""
    made = len(order.refunds) + len(order.returns) + len(order.exchanges) + len(order.lines) + len(order.tenders)
    return made + sum(line.cancelled for line in order.lines)


def _units_in_words(units: int, words: str) -> str:
    return f"{units} × {words}" if units > 1 else words


def _words(line: Line) -> str:
    options = ", ".join(line.options.values())
    return f"{line.name} ({options})" if options else line.name


QUOTERS: Mapping[Action, Callable[[Order, Wish, Terms, datetime, Known], Quote]] = {
    Action.CANCEL_ORDER: _cancel,
    Action.CHANGE_ADDRESS: _change_address,
    Action.CHANGE_ITEMS: _change_items,
    Action.CHANGE_PAYMENT: _change_payment,
    Action.REQUEST_EXCHANGE: _exchange,
    Action.WITHDRAW: _withdraw,
    Action.REQUEST_RETURN: _return,
    Action.REFUND: _refund,
}
