"""Whose data it is, found from a customer's id or an e-mail address; and what is still open with them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, String, cast, func, or_, select

from agent.identity.hashing import Keyed
from agent.learning.ticket import LEARNED
from agent.tables import approvals, codes, conversations, journal_private, learned_sources, proofs
from connectors.tables import inbox
from tools.orders import emails, tables
from tools.orders.model import FulfilmentAxis, Lifecycle, Order, OrderId
from tools.orders.service import Orders

OVER = frozenset({Lifecycle.CANCELLED, Lifecycle.REJECTED, Lifecycle.CLOSED, Lifecycle.COMPLETED})
SETTLED = frozenset({"succeeded", "failed"})
RETURNED = frozenset({"accepted", "partially_accepted", "rejected", "closed", "cancelled", "expired", "declined"})


class UnknownSubject(LookupError):
    """Nothing is held of this customer or address."""


@dataclass(frozen=True, slots=True)
class Subject:
    """`words` are what finds them in free text: e-mail addresses, telephone, full name and streets."""

    customer: str | None
    emails: tuple[str, ...]
    words: tuple[str, ...]
    orders: tuple[OrderId, ...]
    conversations: tuple[str, ...]
    alias: str
    hashes: tuple[str, ...] = ()
    """What solved tickets of theirs are found by (agent/learning)."""

    @property
    def renamed(self) -> Mapping[str, str]:
        """An id that is itself an address (some shops' are) gets another."""
        return {self.customer: self.alias} if self.customer and "@" in self.customer else {}


def find(db: Connection, orders: Orders, who: str, keyed: Keyed | None = None) -> Subject:
    """Raises `UnknownSubject`. An address that belongs to no customer is found by what was written under it.

    With the home's key it is found in solved tickets too.
    """
    customer = _customer(db, who)
    addresses = {row for row in (customer["email"] if customer else None, who if "@" in who else None) if row}
    folded = {emails.folded(one) for one in addresses}
    own = _orders(db, customer)
    spoken = tuple(sorted(_conversations(db, customer["id"] if customer else None, folded)))
    hashes = tuple(sorted(keyed.of(LEARNED, one) for one in folded)) if keyed else ()
    taught = select(learned_sources.c.ticket).where(learned_sources.c.who.in_(hashes))
    if customer is None and not spoken and not db.execute(taught.limit(1)).first():
        raise UnknownSubject(f"nothing is held of {'this address' if '@' in who else f'customer {who}'}")
    words = {*(_words(customer) if customer else ()), *_streets(orders, own)}
    theirs = (word for word in words if len(word) >= 5 and not _shared(db, word, customer))
    return Subject(
        str(customer["id"]) if customer else None,
        tuple(sorted(addresses)),
        tuple(sorted({*addresses, *folded, *theirs})),
        own,
        spoken,
        f"erased:{secrets.token_hex(6)}",
        hashes,
    )


def _customer(db: Connection, who: str) -> Mapping[str, Any] | None:
    known = select(tables.customers).where(
        or_(tables.customers.c.id == who, tables.customers.c.email_folded == emails.folded(who))
    )
    row = db.execute(known).mappings().first()
    return dict(row) if row else None


def _orders(db: Connection, customer: Mapping[str, Any] | None) -> tuple[OrderId, ...]:
    if customer is None:
        return ()
    rows = db.execute(select(tables.orders.c.id).where(tables.orders.c.customer_id == customer["id"]))
    return tuple(OrderId(row) for row in rows.scalars())


def _words(customer: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(customer[name]) for name in ("name", "email", "phone") if customer[name])
    address = customer["address"] or {}
    yield from (str(address[name]) for name in ("line1", "line2") if address.get(name))


def _streets(orders: Orders, own: tuple[OrderId, ...]) -> Iterator[str]:
    for order in map(orders.order, own):
        yield from (line for line in (order.address.line1, order.address.line2) if line)


def _shared(db: Connection, word: str, customer: Mapping[str, Any] | None) -> bool:
    """Somebody else lives in this street, or is called so: the word tells nobody apart."""
    own = str(customer["id"]) if customer else ""
    people, sold = tables.customers, tables.orders
    held = or_(*(_holds(column, word) for column in (people.c.name, people.c.phone, people.c.address)))
    others = select(people.c.id).where(people.c.id != own, held)
    elsewhere = select(sold.c.id).where(sold.c.customer_id != own, _holds(sold.c.address, word))
    return any(db.execute(query.limit(1)).first() for query in (others, elsewhere))


def _holds(column: Column[Any], word: str) -> ColumnElement[bool]:
    return func.lower(cast(column, String)).contains(word.lower(), autoescape=True)


def _conversations(db: Connection, customer: str | None, folded: set[str]) -> Iterator[str]:
    """Where they were proven, where their address was typed, and where an approval was theirs."""
    yield from _spoken(db, customer, folded)
    for row in db.execute(select(conversations.c.id, conversations.c.state)).mappings():
        if emails.folded(json.loads(row["state"]).get("claimed") or "") in folded:
            yield row["id"]
    if customer is not None:
        for held in (approvals, proofs, codes):
            yield from db.execute(select(held.c.conversation).where(held.c.customer == customer)).scalars()
    for row in db.execute(select(inbox.c.conversation, inbox.c.source, inbox.c.body)).mappings():
        if any(address in row["body"].casefold() for address in folded):
            yield f"{row['source']}:{row['conversation']}"


def _spoken(db: Connection, customer: str | None, folded: set[str]) -> Iterator[str]:
    for conversation, body in db.execute(select(journal_private.c.conversation, journal_private.c.body)):
        private = json.loads(body)
        theirs = customer is not None and private.get("customer") == customer
        if theirs or emails.folded(private.get("email") or "") in folded:
            yield conversation


def open_work(db: Connection, orders: Orders, subject: Subject) -> tuple[str, ...]:
    """What still needs the person's data (GDPR Art. 17(3)(b) and (e)): each in a sentence that names no person."""
    found = [problem for order in map(orders.order, subject.orders) for problem in _open(order)]
    waiting = select(approvals.c.id).where(
        approvals.c.state.in_(("waiting", "offered")), approvals.c.conversation.in_(subject.conversations)
    )
    found += [f"approval {one} waits for a decision" for one in db.execute(waiting).scalars()]
    return tuple(found)


def _open(order: Order) -> Iterator[str]:
    if order.lifecycle not in OVER and order.fulfilment not in {FulfilmentAxis.DELIVERED, FulfilmentAxis.LOST}:
        yield f"order {order.number} is not delivered yet"
    if any(refund.state not in SETTLED for refund in order.refunds):
        yield f"a refund of order {order.number} is not settled yet"
    if any(one.state not in RETURNED for one in order.returns):
        yield f"a return of order {order.number} is open"
    if any(tender.open_dispute for tender in order.tenders):
        yield f"a dispute about order {order.number} is open"
