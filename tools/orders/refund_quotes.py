"""What is refunded, and on what ground: a return that was accepted, a claim, a cancelled order, a gesture. Pure.

Refund arithmetic follows R1–R12 of the order core's specification: components frozen at sale, cumulative slices,
never above what was captured and is not refunded or on its way back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tools.orders import rules
from tools.orders.agreement import Quote, Ruling, Wish
from tools.orders.model import FulfilmentAxis, Lifecycle, Line, LineId, Order, Return
from tools.orders.quote_parts import coming_back, named_lines, quoted, refundable, shipping_back, units_of, worth
from tools.orders.terms import Terms

GOODWILL = "goodwill"


def refund(order: Order, wish: Wish, terms: Terms, now: datetime) -> Quote:
    nothing = _nothing_to_refund(order)
    if nothing:
        return quoted(order, wish, nothing, 0, {})
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
        return quoted(order, wish, rules.refuse("REF-5", "return_first"), 0, {})
    lost = rules.may_claim(order, now, terms)
    if lost.allowed:
        return claimed(order, wish, terms, now)
    return quoted(order, wish, rules.refuse("REF-9", "not_delivered"), 0, {})


def _of_cancelled(order: Order, wish: Wish) -> Quote:
    """REF-6; what a withdrawal rightly kept of an express delivery does not go back after it."""
    if order.cancel_reason == rules.WITHDRAWAL and any(one.state != "failed" for one in order.refunds):
        return quoted(order, wish, rules.refuse("REF-3", "nothing_left"), 0, {})
    return quoted(order, wish, rules.allow("REF-6"), refundable(order), {})


def _goodwill(order: Order, wish: Wish, terms: Terms) -> Quote:
    """R13: beyond any line, within its own limit and still under R10. A person always decides."""
    given = sum(one.goodwill for one in order.refunds)
    most = min(terms.goodwill_limit - given, refundable(order))
    if not 0 < wish.goodwill <= most:
        return quoted(order, wish, rules.refuse("GDW-1", "above_limit", accepts=f"at most {max(most, 0)}"), 0, {})
    return quoted(order, wish, rules.allow("GDW-1", needs_person=True), wish.goodwill, {})


def claimed(order: Order, wish: Wish, terms: Terms, now: datetime) -> Quote:
    """REF-2, LST-1: what was wrong, damaged, missing or lost; outbound shipping with the last of it."""
    ruling = rules.may_claim(order, now, terms)
    named = named_lines(order, wish)
    units = units_of(wish, _claimable(order, named, now, terms))
    if not ruling.allowed:
        return quoted(order, wish, ruling, 0, {line.id: line.quantity for line in named})
    if not units:
        return quoted(order, wish, rules.refuse("REF-3", "nothing_left"), 0, {})
    shipping = shipping_back(order, units, {})
    goods = sum(worth(line, units[line.id]) for line in named if line.id in units) + shipping
    amount = min(goods, refundable(order))
    if amount <= 0:
        return quoted(order, wish, rules.refuse("REF-3", "nothing_left"), 0, {})
    return quoted(order, wish, ruling, amount, units, shipping=shipping)


def _claimable(order: Order, named: Sequence[Line], now: datetime, terms: Terms) -> Mapping[LineId, int]:
    coming = coming_back(order)
    left = {one.id: one.quantity - max(one.cancelled, one.refunded) - coming.get(one.id, 0) for one in named}
    if order.delivered_at:
        return left
    lost = rules.lost_units(order, now, terms)
    return {one.id: min(left[one.id], lost[one.id] - one.given_back) for one in named}


def _refund_of_return(order: Order, wish: Wish, terms: Terms, rma: Return, units: Mapping[LineId, int]) -> Quote:
    """REF-1: accepted units only, less the fees that the customer agreed to, once (R8: none for a withdrawal)."""
    goods = sum(worth(line, units[line.id]) for line in order.lines if line.id in units)
    shipping = shipping_back(order, units, {}) if terms.return_shipping or rma.withdrawal else 0
    shipping = min(shipping, rules.standard_shipping(order)) if rma.withdrawal else shipping
    paid_before = any(one.return_id == rma.id and one.lines for one in order.refunds)
    fee = 0 if paid_before else min(rma.label_fee + rma.restocking_fee, goods + shipping)
    less = min(max(wish.deduction, 0), goods) if rma.withdrawal else 0
    amount = min(goods + shipping - fee - less, refundable(order))
    ruling = rules.allow("REF-1", needs_person=less > 0) if amount > 0 else rules.refuse("REF-3", "nothing_left")
    cut = {"fee": fee, "shipping": shipping, "deduction": less}
    wish = replace(wish, method_id=rma.method_id)
    return quoted(order, wish, ruling, max(amount, 0), units, of_return=rma, **cut)


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
