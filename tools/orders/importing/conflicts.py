"""Where a changed record contradicts what is here: told and left for a person. Pure reading; merge.py writes.

What Wismo did itself is recognised by its actor and its ids: neither is the importer's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from tools.orders import store, tables
from tools.orders.importing import rows
from tools.orders.importing.rows import IMPORT, IMPORTED
from tools.orders.importing.shape import OrderIn, cents
from tools.orders.model import Lifecycle, Order

FURTHER = {"pending": 0, "processed": 1, "shipped": 2, "delivered": 3}


@dataclass(frozen=True, slots=True)
class Refunds:
    """The file's refunds by the id that they get here: `known` are here already, `fresh` are not."""

    known: frozenset[str]
    fresh: Mapping[str, int]
    ours_missing: bool


def of(db: Connection, order: Order, given: OrderIn, currency: str) -> Iterator[str]:
    yield from _sold(order, given, currency)
    yield from _states(order, given)
    yield from _money(db, order, given, currency)
    if _contradicts_our_address(db, order, given):
        yield f"{order.number}: its address was changed here, and otherwise in the file"


def _sold(order: Order, given: OrderIn, currency: str) -> Iterator[str]:
    items = [(item.sku, item.quantity, cents(item.price, currency)) for item in given.items]
    here = [(line.sku, line.quantity, line.unit_price.minor) for line in order.lines]
    if given.customer_id != order.customer_id:
        yield f"{order.number}: it belongs to another customer in the file"
    if items != here or currency != order.currency:
        yield f"{order.number}: its items or currency changed in the file"
    elif cents(given.total, currency) != order.total.minor:
        yield f"{order.number}: its total changed in the file"


def _states(order: Order, given: OrderIn) -> Iterator[str]:
    if order.lifecycle is Lifecycle.CANCELLED and given.status != "cancelled":
        yield f"{order.number}: cancelled here, {given.status} in the file"
    if given.status == "cancelled" and any(line.shipped for line in order.lines):
        yield f"{order.number}: shipped here, cancelled in the file"
    if given.status != "cancelled" and FURTHER[given.status] < _far(order):
        yield f"{order.number}: further here than in the file ({given.status})"


def _far(order: Order) -> int:
    return {"unfulfilled": 0, "in_warehouse": 1, "delivered": 3}.get(order.fulfilment, 2)


def _money(db: Connection, order: Order, given: OrderIn, currency: str) -> Iterator[str]:
    told = refunds(db, order, given, currency)
    paid = sum(cents(one.amount, currency) for one in given.payments if one.type == "payment")
    pending = sum(one.pending.minor + one.refunded.minor for one in order.tenders)
    if told.fresh and (told.ours_missing or pending + sum(told.fresh.values()) > paid):
        yield f"{order.number}: the file tells a refund that does not fit those here"


def refunds(db: Connection, order: Order, given: OrderIn, currency: str) -> Refunds:
    """A shop's file tells our refund as one amount or tender by tender: either way it is that refund."""
    here = {refund.id for refund in order.refunds}
    amounts = {key: amount for key, _, amount, _ in rows.refunds_of(given, currency)}
    fresh = {key: amount for key, amount in amounts.items() if key not in here}
    known, missing = set(amounts) - set(fresh), False
    for ways in _told_as(db, order):
        found = next((keys for way in ways if (keys := _picked(fresh, way))), ())
        missing = missing or not found
        known |= set(found)
        fresh = {key: amount for key, amount in fresh.items() if key not in found}
    return Refunds(frozenset(known), fresh, missing)


def _told_as(db: Connection, order: Order) -> Iterator[Sequence[Sequence[int]]]:
    """For each of Wismo's own refunds the amounts that a file may tell it by."""
    parts = tables.refund_allocations.c
    for refund in order.refunds:
        if IMPORTED not in refund.id and refund.state != "failed":
            sent = db.execute(select(parts.amount).where(parts.refund_id == refund.id)).scalars()
            yield (refund.amount.minor,), tuple(sent)


def _picked(fresh: Mapping[str, int], amounts: Sequence[int]) -> tuple[str, ...]:
    """One id for each of the amounts, or nothing."""
    left, chosen = dict(fresh), []
    for amount in amounts:
        key = next((key for key, told in left.items() if told == amount), None)
        if key is None:
            return ()
        chosen.append(key)
        del left[key]
    return tuple(chosen)


def _contradicts_our_address(db: Connection, order: Order, given: OrderIn) -> bool:
    return moved(order, given) and bool(ours := _our_addresses(db, order)) and _told(given) not in ours


def moved(order: Order, given: OrderIn) -> bool:
    return _told(given) != store.address_as_json(order.address)


def ours_stands(db: Connection, order: Order) -> bool:
    """Wismo changed the address: the file's older one does not undo it."""
    return bool(_our_addresses(db, order))


def _our_addresses(db: Connection, order: Order) -> list[Mapping[str, str]]:
    """What our own changes of address began with."""
    events = tables.events.c
    changed = select(events.body).where(events.aggregate == order.id, events.type == "order.changed")
    bodies = db.execute(changed.where(events.actor_kind != IMPORT.kind)).scalars()
    return [body["before"] for body in bodies if "before" in body]


def _told(given: OrderIn) -> Mapping[str, str]:
    return rows.address(given.shipping_address)
