"""`Orders`: the one door to the core. Reads see a snapshot; each command is one transaction with its key.

What may be asked of an order is `quote`d first and then `execute`d: the same rules judge twice, the second time
inside the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection

from tools.orders import commands, events, quotes, store
from tools.orders.actions import address, cancel, fulfilment, refunds, returns
from tools.orders.actions.place import PlaceOrder, place
from tools.orders.database import Database
from tools.orders.importing import ImportReport, merge, readers, shape
from tools.orders.model import (
    Action,
    Actor,
    Clock,
    Customer,
    CustomerId,
    Event,
    Evidence,
    LineId,
    Order,
    OrderId,
    Outcome,
    Quote,
    Result,
    ReturnId,
    TrackingEvent,
    Wish,
)
from tools.orders.terms import Terms

OUTCOME = TypeAdapter(Outcome)
Verb = Callable[[Connection, Order, Quote, Actor, str, datetime], tuple[str, bool]]
VERBS: Mapping[Action, Verb] = {
    Action.CANCEL_ORDER: cancel.cancel,
    Action.CHANGE_ADDRESS: address.change_address,
    Action.REQUEST_RETURN: returns.request,
    Action.REFUND: refunds.start,
}


class Orders:
    def __init__(self, database: Database, terms: Callable[[], Terms], now: Clock) -> None:
        self._database = database
        self._terms = terms
        self._now = now

    # -- reads ---------------------------------------------------------------------------------------------

    def customer_by_email(self, email: str) -> Customer | None:
        with self._database.read() as db:
            return store.customer_by_email(db, email)

    def customer(self, customer: CustomerId) -> Customer | None:
        with self._database.read() as db:
            return store.customer(db, customer)

    def orders_of(self, customer: CustomerId) -> tuple[Order, ...]:
        """Newest first."""
        with self._database.read() as db:
            return store.of_customer(db, customer)

    def order_of(self, customer: CustomerId, number: str) -> Order | None:
        """None for a missing order and for another customer's alike (SCP-1)."""
        with self._database.read() as db:
            return store.one_of_customer(db, customer, number)

    def order(self, order: OrderId) -> Order:
        """Raises KeyError."""
        with self._database.read() as db:
            return store.by_id(db, order)

    def order_by_number(self, number: str) -> Order | None:
        """For people of the shop; never for a caller."""
        with self._database.read() as db:
            return store.by_number(db, number)

    def events(self, order: OrderId) -> tuple[Event, ...]:
        with self._database.read() as db:
            return events.of(db, order)

    def count(self) -> int:
        with self._database.read() as db:
            return store.count(db)

    # -- quote, then execute -------------------------------------------------------------------------------

    def quote(self, order: Order, wish: Wish) -> Quote:
        return quotes.quote(order, wish, self._terms(), self._now())

    def execute(self, quote: Quote, *, key: str, actor: Actor, evidence: Evidence) -> Outcome:
        """Do exactly what was agreed to, once a key. Refused and changed quotes are outcomes, and leave no trace.

        Raises `IdempotencyConflict` when the key did something else before.
        """
        fingerprint = commands.fingerprint_of(quote.action, quote.digest)
        with self._database.write() as db:
            known = commands.earlier(db, key, fingerprint)
            if known is not None:
                return OUTCOME.validate_python(known)
            order, now = store.by_id(db, quote.order_id), self._now()
            fresh = quotes.quote(order, quotes.wish_of(quote), self._terms(), now)
            if not fresh.ruling.allowed:
                return Outcome(Result.REFUSED, fresh, fresh.ruling)
            if not evidence.digest == quote.digest == fresh.digest:
                return Outcome(Result.CHANGED, fresh, fresh.ruling)
            reference, settled = VERBS[quote.action](db, order, fresh, actor, key, now)
            outcome = Outcome(Result.DONE, fresh, fresh.ruling, reference, settled)
            kept = OUTCOME.dump_python(outcome, mode="json")
            commands.remember(db, key, fingerprint, quote.action, quote.order_id, kept, now)
            return outcome

    # -- the shop's own verbs ------------------------------------------------------------------------------

    def place(self, wanted: PlaceOrder, *, key: str, actor: Actor) -> tuple[OrderId, tuple[str, ...]]:
        """The order, and why it is on hold if it is. Raises `PlaceRefused` with every reason."""
        with self._once(key, "place", repr(wanted)) as (db, known, keep):
            if known is not None:
                return OrderId(known["order"]), tuple(known["reasons"])
            order, reasons = place(db, wanted, actor, self._now())
            keep(order, {"order": order, "reasons": list(reasons)})
            return order, reasons

    def hold(self, order: OrderId, reason: str, *, key: str, actor: Actor) -> None:
        with self._once(key, "hold", f"{order} {reason}") as (db, known, keep):
            if known is None:
                fulfilment.hold(db, store.by_id(db, order), reason, actor, self._now())
                keep(order, {})

    def start_fulfilment(self, order: OrderId, *, key: str, actor: Actor) -> None:
        with self._once(key, "start_fulfilment", order) as (db, known, keep):
            if known is None:
                fulfilment.start(db, store.by_id(db, order), actor, self._now())
                keep(order, {})

    def ship(self, order: OrderId, tracking: str, carrier: str | None, *, key: str, actor: Actor) -> str:
        with self._once(key, "ship", f"{order} {tracking}") as (db, known, keep):
            if known is not None:
                return str(known["parcel"])
            parcel = fulfilment.ship(db, store.by_id(db, order), tracking, carrier, actor, self._now())
            keep(order, {"parcel": parcel})
            return parcel

    def record_tracking(self, tracking: str, scan: TrackingEvent, actor: Actor) -> bool:
        """False for a scan that was known. Raises `NoSuchShipment`."""
        with self._database.write() as db:
            return fulfilment.record_scan(db, tracking, scan, actor, self._now())

    def receive_return(self, rma: ReturnId, units: Mapping[LineId, int], *, key: str, actor: Actor) -> None:
        with self._once(key, "receive_return", f"{rma} {dict(units)}") as (db, known, keep):
            if known is None:
                returns.receive(db, rma, units, actor, self._now())
                keep(None, {})

    def inspect_return(self, rma: ReturnId, accepted: Mapping[LineId, int], *, key: str, actor: Actor) -> None:
        with self._once(key, "inspect_return", f"{rma} {dict(accepted)}") as (db, known, keep):
            if known is None:
                returns.inspect(db, rma, accepted, actor, self._now())
                keep(None, {})

    def record_refund_result(self, allocation: str, succeeded: bool, psp_ref: str) -> None:
        """A provider's answer; a second one for the same part changes nothing. Raises `NoSuchAllocation`."""
        with self._database.write() as db:
            refunds.record_result(db, allocation, succeeded, psp_ref, self._now())

    def import_file(self, path: Path) -> ImportReport:
        """All of it or nothing. Raises `ImportRefused` with every error and its place."""
        given = shape.checked(readers.read(path))
        with self._database.write() as db:
            return merge.write(db, given, self._now())

    @contextmanager
    def _once(
        self, key: str, command: str, content: str
    ) -> Iterator[tuple[Connection, Mapping[str, Any] | None, Callable[[str | None, Mapping[str, Any]], None]]]:
        """A transaction, what the key did before, and how to remember what it does now."""
        fingerprint = commands.fingerprint_of(command, content)
        with self._database.write() as db:

            def keep(order: str | None, result: Mapping[str, Any]) -> None:
                commands.remember(db, key, fingerprint, command, order, result, self._now())

            yield db, commands.earlier(db, key, fingerprint), keep
