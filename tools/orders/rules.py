"""What the shop's terms allow. Pure, each rule cites itself; wording, identity and autonomy are elsewhere.

A refusal is a `Ruling` with a code, never an exception.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tools.orders import addresses, amounts
from tools.orders.agreement import Ruling, Swap
from tools.orders.model import (
    Address,
    FulfilmentAxis,
    Lifecycle,
    Line,
    LineId,
    Order,
    ReturnAxis,
    RuleId,
    Shipment,
    ShipmentState,
)
from tools.orders.terms import Terms

RULES: Mapping[RuleId, str] = {
    RuleId(rule): says
    for rule, says in {
        "SCP-1": "An order is told only to its own customer; a missing order and another's are the same.",
        "CAN-1": "An order may be cancelled until it is handed to the warehouse.",
        "CAN-2": "An order that was handed to the warehouse or shipped can not be cancelled.",
        "CAN-3": "A cancelled order is not cancelled again.",
        "ADR-1": "The address may be changed until the order is handed to the warehouse.",
        "ADR-2": "The address of an order that was handed over, shipped or cancelled can not be changed.",
        "ADR-3": "The new address must be in the same country, where the terms say so.",
        "ADR-4": "The new address must have what its country's post requires.",
        "ADR-5": "The address that an order already has is no change.",
        "RET-1": "Only what was delivered can be returned.",
        "RET-2": "Returnable items may be returned within the shop's days of delivery, in the shop's local days.",
        "RET-3": "Items that the shop marked as not returnable are not returned.",
        "RET-4": "Units that are being returned, or were, are not returned again.",
        "RET-5": "Where the day of delivery is unknown and the window may be over, a person decides.",
        "REF-1": "Units that came back and were accepted are refunded.",
        "REF-2": "Damaged, wrong, missing or lost goods are refunded as a claim; a person always decides.",
        "REF-3": "Never more than was captured and not refunded yet.",
        "REF-4": "Nothing captured, nothing refunded.",
        "REF-5": "Delivered goods come back before their refund, unless something is wrong with them.",
        "REF-6": "A cancelled order's money goes back.",
        "REF-7": "A claim is told within the shop's days of delivery.",
        "REF-9": "What is on its way is not refunded before it is delivered or presumed lost.",
        "REF-8": "While a customer's bank disputes a payment, nothing of the order is refunded.",
        "REF-11": "Card money becomes store credit only with the customer's consent.",
        "REF-12": "Only a part of a refund that failed is tried again or sent another way.",
        "GDW-1": "A gesture stays within the shop's limit for one order.",
        "WDR-1": "A consumer in the EU withdraws within 14 days of the last delivery; the notice is acknowledged.",
        "WDR-2": "After the period the shop's own return terms hold.",
        "WDR-3": "The right of withdrawal is given by EU law, to consumers there.",
        "CHG-1": "Items are changed until the order is handed to the warehouse.",
        "CHG-2": "Items are changed for variants that the shop sells.",
        "CHG-3": "Only units that are still open are changed.",
        "CHG-4": "The payment method is changed to another one of the customer's, while one payment holds.",
        "EXC-1": "What may be returned may be exchanged, for variants that the shop sells.",
        "EXC-2": "An exchange goes on when its goods are back and its difference is settled.",
        "CLM-1": "Only units that were sent and not settled otherwise can be claimed.",
        "CLM-2": "A claim is resolved once.",
        "RET-6": "A return is inspected after it was received, and once.",
        "RET-7": "Not more is received than was announced, nor accepted than was received.",
        "CAN-4": "The warehouse is asked to stop only what it has begun and not packed.",
        "ORD-1": "An order has lines, sellable quantities, one currency, a known customer and a number of its own.",
        "ORD-5": "Only an order on hold is released.",
        "ORD-6": "An order is closed when all has arrived, is paid, and nothing is coming back.",
        "PAY-1": "Card numbers are never accepted or kept, only a provider's token.",
        "PAY-2": "Not more is paid than is owed.",
        "PAY-3": "A gift card or store credit pays at most its balance.",
        "PAY-4": "Not more is captured than was authorised.",
        "PAY-5": "While a provider's answer is unknown, nothing new is asked.",
        "PAY-6": "Only what no answer came for is asked again.",
        "PAY-7": "A dispute is about captured money, and is closed once.",
        "PAY-8": "Money is charged to, or sent to, a method of the customer's own.",
        "CUS-1": "A customer has a name and an e-mail address of their own; a method has a name of its own.",
        "PAY-9": "A provider's reference names one thing.",
        "STK-1": "What is not available is neither sold nor moved.",
        "STK-2": "Stock belongs to a variant of the catalogue; bundles are made of variants.",
        "STK-3": "A basket holds a variant once.",
        "TRK-1": "A tracking number has the check digit that its carrier computes; others are taken as they are.",
        "LBL-1": "Only a label that was issued and not used is voided; nothing is sent under one that is void.",
        "ROU-1": "Only work that has not begun is routed again.",
        "FUL-1": "Only a confirmed order with open work goes to the warehouse.",
        "FUL-2": "Only what the warehouse has in hand is shipped.",
        "FUL-3": "Work belongs to its order.",
        "QUO-1": "A quote stands for the shop's minutes; then it is computed again.",
        "TRN-1": "A state changes only as its table lists.",
        "IDM-1": "A key does one thing: with another content it is refused.",
        "FND-1": "What a command names must be there.",
        "VAL-1": "Every field of a command has the form that its description says.",
        "LST-1": "A parcel without a scan for the shop's days is presumed lost.",
    }.items()
}
HANDED_OVER = {FulfilmentAxis.IN_WAREHOUSE: "handed_over", FulfilmentAxis.DELIVERED: "delivered"}
STILL_OPEN = frozenset({"approved", "label_issued", "in_transit", "received", "inspected", "refund_due"})
ANNOUNCED = frozenset({"requested", "manual_review", "approved", "label_issued", "in_transit", "partially_received"})
UNDER_WAY = frozenset({"created", "authorizing", "capturing", "voiding", "unknown"})
GIVEN_UP = frozenset({"cancelled", "expired", "declined"})
CLAIMS = frozenset({"damaged", "wrong_item", "missing", "lost"})
WITHDRAWAL = "withdrawal"
EU = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO"),
    )
)
"""Where the right of withdrawal holds: the Union and the rest of the EEA."""


def allow(rule: str, *, until: datetime | None = None, needs_person: bool = False) -> Ruling:
    return Ruling(RuleId(rule), True, "allowed", until, needs_person)


def refuse(rule: str, code: str, *, until: datetime | None = None, accepts: str = "") -> Ruling:
    return Ruling(RuleId(rule), False, code, until, accepts=accepts)


def may_cancel(order: Order) -> Ruling:
    """CAN-*: nothing of the order has gone to the warehouse."""
    if order.lifecycle in {Lifecycle.CANCELLED, Lifecycle.CANCELLING, Lifecycle.REJECTED}:
        return refuse("CAN-3", "already_cancelled")
    if order.fulfilment is not FulfilmentAxis.UNFULFILLED:
        return refuse("CAN-2", HANDED_OVER.get(order.fulfilment, "shipped"))
    if order.lifecycle not in {Lifecycle.CONFIRMED, Lifecycle.ON_HOLD}:
        return refuse("CAN-2", "handed_over")
    return allow("CAN-1")


def may_change_address(order: Order, address: Address, terms: Terms) -> Ruling:
    """ADR-*: in time, in the same country, complete by the country's rules."""
    if order.lifecycle in {Lifecycle.CANCELLED, Lifecycle.CANCELLING, Lifecycle.REJECTED}:
        return refuse("ADR-2", "cancelled")
    if order.fulfilment is not FulfilmentAxis.UNFULFILLED:
        return refuse("ADR-2", "handed_over")
    if addresses.missing_in(address):
        return refuse("ADR-4", "incomplete")
    countries = {addresses.country_code(one.country) for one in (order.address, address)}
    if terms.address_change_same_country and len(countries) > 1:
        return refuse("ADR-3", "other_country")
    if addresses.same_place(address, order.address):
        return refuse("ADR-5", "same_address")
    return allow("ADR-1")


def may_return(order: Order, lines: Sequence[Line], now: datetime, terms: Terms) -> Ruling:
    """RET-*: `lines` are those that were named, or all. The EU withdrawal is not limited by this rule."""
    if order.lifecycle is Lifecycle.CANCELLED:
        return refuse("RET-1", "cancelled")
    if order.delivered_at is None:
        return refuse("RET-1", "not_delivered")
    if all(returnable_units(order, line) == 0 for line in lines):
        return _none_left_to_return(order, lines)
    return _in_window(order, now, terms)


def _none_left_to_return(order: Order, lines: Sequence[Line]) -> Ruling:
    if order.returning is not ReturnAxis.NONE:
        return refuse("RET-4", "already_returned")
    if any(line.given_back for line in lines):
        return refuse("RET-4", "already_refunded")
    return refuse("RET-3", "not_returnable")


def _in_window(order: Order, now: datetime, terms: Terms) -> Ruling:
    assert order.delivered_at
    until = order.delivered_at + timedelta(days=terms.return_days)
    if local_days(order.delivered_at, now, terms) <= terms.return_days:
        return allow("RET-2", until=until)
    if order.delivered_exactly:
        return refuse("RET-2", "window_closed", until=until)
    return allow("RET-5", needs_person=True)


def may_claim(order: Order, now: datetime, terms: Terms) -> Ruling:
    """REF-2, REF-7, REF-9, LST-1: something is wrong with what was sent, or it never came. A person always decides."""
    if order.delivered_at is None:
        if any(presumed_lost(parcel, now, terms) for parcel in order.shipments):
            return allow("LST-1", needs_person=True)
        return refuse("REF-9", "not_delivered")
    late = local_days(order.delivered_at, now, terms) > terms.claim_days
    if late and order.delivered_exactly:
        return refuse("REF-7", "claim_window_closed", until=order.delivered_at + timedelta(days=terms.claim_days))
    return allow("REF-2", needs_person=True)


def lost_units(order: Order, now: datetime, terms: Terms) -> Mapping[LineId, int]:
    """What was in the parcels that are presumed lost; the other parcels may still arrive."""
    lost = [parcel.lines for parcel in order.shipments if presumed_lost(parcel, now, terms)]
    return {line.id: sum(parcel.get(line.id, 0) for parcel in lost) for line in order.lines}


def presumed_lost(parcel: Shipment, now: datetime, terms: Terms) -> bool:
    """LST-1: said so by the carrier, or no scan for `terms.lost_after_days`. Reconstructed scans are no scans."""
    if parcel.state is ShipmentState.LOST:
        return True
    if parcel.state in {
        ShipmentState.DELIVERED,
        ShipmentState.AVAILABLE_FOR_PICKUP,
        ShipmentState.RETURNED_TO_SENDER,
    }:
        return False
    seen = [event.at for event in parcel.events if not event.reconstructed]
    return bool(seen) and local_days(max(seen), now, terms) > terms.lost_after_days


def returnable_units(order: Order, line: Line) -> int:
    """Shipped, neither refunded nor in a return; none where the shop says so (RET-3, RET-4)."""
    if not line.returnable:
        return 0
    return max(line.shipped - max(in_returns(order, line), line.given_back), 0)


def in_returns(order: Order, line: Line) -> int:
    """Units that are announced; once a return was received, those that came."""
    units = 0
    for rma in order.returns:
        if rma.state not in GIVEN_UP:
            part = next((one for one in rma.parts if one.line_id == line.id), None)
            came = rma.state not in ANNOUNCED and part is not None
            units += part.received if came and part else rma.lines.get(line.id, 0)
    return units


def local_days(since: datetime, now: datetime, terms: Terms) -> int:
    """Whole days of the shop's calendar between two moments."""
    zone = ZoneInfo(terms.timezone)
    return (now.astimezone(zone).date() - since.astimezone(zone).date()).days


def may_withdraw(order: Order, now: datetime, terms: Terms) -> Ruling:
    """WDR-*: from the order on, until `withdrawal_days` after the last good arrived (CRD Art. 9); never by risk (I14).

    A last day on a weekend ends on Monday (Reg. 1182/71; public holidays are not known here: one day is added).
    Source to be checked by counsel before it is relied on.
    """
    if addresses.country_code(order.address.country) not in EU:
        return refuse("WDR-3", "not_in_the_eu", accepts="the shop's return terms")
    if order.lifecycle in {Lifecycle.CANCELLED, Lifecycle.REJECTED}:
        return refuse("CAN-3", "already_cancelled")
    if order.delivered_at is None or not order.delivered_exactly:
        return allow("WDR-1")
    until = _working_day(order.delivered_at + timedelta(days=terms.withdrawal_days), terms) + timedelta(days=1)
    if local_days(until, now, terms) > 0:
        return refuse("WDR-2", "period_over", until=until, accepts="the shop's return terms")
    return allow("WDR-1", until=until)


def _working_day(moment: datetime, terms: Terms) -> datetime:
    local = moment.astimezone(ZoneInfo(terms.timezone))
    return moment + timedelta(days={5: 2, 6: 1}.get(local.weekday(), 0))


def standard_shipping(order: Order) -> int:
    """R7: the cheapest delivery that was offered, with its tax; the supplement for a faster one is not part of it."""
    paid = order.shipping.minor + order.shipping_tax.minor
    return amounts.share(paid, min(order.standard_shipping, order.shipping.minor), order.shipping.minor)


def shipping_left(order: Order) -> int:
    """R7: what delivery cost, with its tax, and no refund has given back."""
    paid = order.shipping.minor + order.shipping_tax.minor
    return max(paid - sum(refund.shipping for refund in order.refunds), 0)


def may_change_items(order: Order, swaps: Sequence[Swap], sold: Mapping[str, bool]) -> Ruling:
    """CHG-*: `sold` says of each variant whether the shop sells it; one that is not there is unknown."""
    if order.lifecycle is not Lifecycle.CONFIRMED or order.fulfilment is not FulfilmentAxis.UNFULFILLED:
        return refuse("CHG-1", "handed_over" if order.lifecycle is Lifecycle.CONFIRMED else str(order.lifecycle))
    return _may_swap(swaps, sold, {line.id: line.open for line in order.lines}, "CHG-2")


def may_exchange(order: Order, swaps: Sequence[Swap], sold: Mapping[str, bool], now: datetime, terms: Terms) -> Ruling:
    """EXC-1: as a return, and for something that is sold."""
    named = [line for line in order.lines if line.id in {one.line_id for one in swaps}]
    ruling = may_return(order, named, now, terms)
    if not ruling.allowed:
        return ruling
    if order.lifecycle is Lifecycle.CLOSED or any(one.units != one.quantity for one in swaps):
        return refuse("EXC-1", "not_unit_for_unit", accepts="an open order, and as many units as come back")
    swapped = _may_swap(swaps, sold, {line.id: returnable_units(order, line) for line in named}, "EXC-1")
    return allow("EXC-1", until=ruling.until, needs_person=ruling.needs_person) if swapped.allowed else swapped


def _may_swap(swaps: Sequence[Swap], sold: Mapping[str, bool], left: Mapping[LineId, int], rule: str) -> Ruling:
    asked: dict[LineId, int] = {}
    for one in swaps:
        asked[one.line_id] = asked.get(one.line_id, 0) + one.quantity
    negative = any(min(one.quantity, one.units) < 0 or one.quantity + one.units < 1 for one in swaps)
    if not swaps or negative or any(units > left.get(line, 0) or line not in left for line, units in asked.items()):
        return refuse("CHG-3", "units", accepts=str(dict(left)))
    missing = [one.sku for one in swaps if one.units and not sold.get(one.sku)]
    if missing:
        return refuse(rule, "not_sold", accepts=f"a variant that is sold; {', '.join(missing)} is not")
    return allow("CHG-1")


def may_change_payment(order: Order, method: str | None, methods: Mapping[str, int | None]) -> Ruling:
    """CHG-4: `methods` are the customer's, with the balance (minor units) of those that are accounts of our own."""
    if order.lifecycle is not Lifecycle.CONFIRMED or order.fulfilment is not FulfilmentAxis.UNFULFILLED:
        return refuse("CHG-1", "handed_over" if order.lifecycle is Lifecycle.CONFIRMED else str(order.lifecycle))
    dispute = disputed(order)
    if dispute:
        return dispute
    if any(one.state in UNDER_WAY for one in order.tenders):
        return refuse("PAY-5", "under_way", accepts="a change after the provider has answered")
    live = [one for one in order.tenders if one.refundable or one.state == "authorized"]
    if (
        len(live) != 1
        or method is None
        or method not in methods
        or live[0].method_id == method
        or live[0].refunded
        or live[0].pending
    ):
        return refuse("CHG-4", "method", accepts="another method of the customer, for an order with one payment")
    balance = methods[method]
    amount = live[0].refundable or (live[0].authorized.minor if live[0].authorized else 0)
    if balance is not None and balance < amount:
        return refuse("PAY-3", "balance_too_low", accepts=f"at least {amount} in minor units")
    return allow("CHG-4")


def disputed(order: Order) -> Ruling | None:
    """REF-8, unless nothing is disputed."""
    if any(one.open_dispute for one in order.tenders):
        return refuse("REF-8", "open_dispute", accepts="a refund after the dispute is decided")
    return None
