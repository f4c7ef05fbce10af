"""What an action means in units and money, before anyone agrees to it. Pure; integers in minor units.

Each action has its quoter, which asks its rule first; the quotes of refunds are refund_quotes.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tools.orders import pricing, refund_quotes, rules
from tools.orders.agreement import Action, Quote, Ruling, Selection, Wish
from tools.orders.model import Line, LineId, Order
from tools.orders.quote_parts import coming_back, named_lines, quoted, refundable, shipping_back, units_of, worth
from tools.orders.terms import Terms


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
    goodwill = agreed.amount.minor if agreed.reason == refund_quotes.GOODWILL else 0
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


def _cancel(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    """Some open units, or all; shipping goes back with the last of them (R7, the shop's own cancellation)."""
    ruling = rules.may_cancel(order)
    left = units_of(wish, {line.id: line.open for line in named_lines(order, wish) if line.open})
    if not ruling.allowed:
        return quoted(order, wish, ruling, 0, {line.id: line.quantity for line in order.lines})
    dispute = rules.disputed(order)
    if dispute:
        return quoted(order, wish, dispute, 0, left)
    whole = all(left.get(line.id, 0) >= line.open for line in order.lines)
    shipping = rules.shipping_left(order) if whole else 0
    owed = sum(worth(line, left[line.id]) for line in order.lines if line.id in left) + shipping - order.receivable
    amount = refundable(order) if whole and order.receivable <= 0 else max(min(owed, refundable(order)), 0)
    return quoted(order, wish, ruling, amount, left, shipping=min(shipping, amount))


def _change_address(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    assert wish.address, "a change of address needs an address"
    return quoted(order, wish, rules.may_change_address(order, wish.address, terms), 0, {})


def _return(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    """The amount is provisional until the goods were inspected (R6)."""
    if wish.method_id is not None and wish.method_id not in known.methods:
        return quoted(order, wish, rules.refuse("PAY-8", "unknown_method", accepts="a method of the customer"), 0, {})
    named = named_lines(order, wish)
    ruling = rules.may_return(order, named, now, terms)
    if not ruling.allowed:
        return quoted(order, wish, ruling, 0, {line.id: line.quantity for line in named})
    units = units_of(wish, {line.id: rules.returnable_units(order, line) for line in named})
    goods = sum(worth(line, units[line.id]) for line in named if line.id in units)
    shipping = shipping_back(order, units, coming_back(order)) if terms.return_shipping else 0
    fees = 0 if wish.reason in rules.CLAIMS else terms.return_label_fee + terms.restocking_fee
    fee = min(fees, goods + shipping)
    amount = min(goods + shipping - fee, refundable(order))
    return quoted(order, wish, ruling, amount, units, fee=fee, shipping=shipping)


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
        return quoted(order, wish, ruling, 0, {})
    difference = sum(one.difference for one in pricing.priced(order, wish.swaps, known.prices))
    if wish.method_id is not None and wish.method_id not in known.methods:
        return quoted(order, wish, rules.refuse("PAY-8", "unknown_method", accepts="a method of the customer"), 0, {})
    units: dict[LineId, int] = {}
    for one in wish.swaps:
        units[one.line_id] = units.get(one.line_id, 0) + one.quantity
    owed = difference + (0 if settled else order.receivable)
    back = min(-owed, refundable(order)) if owed < 0 else 0
    charge = difference if settled and difference > 0 else 0
    dispute = rules.disputed(order) if back else None
    return quoted(order, wish, dispute or ruling, 0 if dispute else back, units, charge=charge)


def _change_payment(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    return quoted(order, wish, rules.may_change_payment(order, wish.method_id, known.methods), 0, {})


def _withdraw(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    """WDR-*: everything that was not given back, or the lines that are named. No fee, no risk score (I14)."""
    ruling = rules.may_withdraw(order, now, terms)
    units = units_of(wish, {line.id: _withdrawable(order, line) for line in named_lines(order, wish)})
    if ruling.allowed and not units:
        return quoted(order, wish, rules.refuse("RET-4", "already_returned"), 0, {})
    goods = sum(worth(line, units[line.id]) for line in order.lines if line.id in units)
    shipping = min(shipping_back(order, units, {}), rules.standard_shipping(order))
    amount = max(min(goods + shipping - max(order.receivable, 0), refundable(order)), 0) if ruling.allowed else 0
    return quoted(order, wish, ruling, amount, units, shipping=shipping)


def _withdrawable(order: Order, line: Line) -> int:
    in_returns = rules.in_returns(order, line)
    return max(line.quantity - line.cancelled - max(in_returns, line.given_back), 0)


def _units_in_words(units: int, words: str) -> str:
    return f"{units} × {words}" if units > 1 else words


def _refund(order: Order, wish: Wish, terms: Terms, now: datetime, known: Known) -> Quote:
    return refund_quotes.refund(order, wish, terms, now)


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
