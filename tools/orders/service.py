"""`Orders`: the one door to the core. Reads see a snapshot; each command is one transaction with its key.

    quote, then execute    what is asked for a customer: the same rules judge twice, the second time in the transaction
    do                     the shop's own commands: stock, payment, warehouse, returns (actions/, listed in registry.py)
    as_of, audit           an order as it was; every invariant over the whole database

What the rules refuse is a value with its rule; an exception is a defect, an outage, or a key used for something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import TypeAdapter
from sqlalchemy import Connection

from tools.orders import audit as auditing
from tools.orders import (
    catalogue,
    commands,
    driver,
    events,
    fed,
    mastered,
    notices,
    published,
    quotes,
    records,
    registry,
    replay,
    rules,
    statement,
    store,
)
from tools.orders import work as works
from tools.orders.actions import baskets, disputes, fulfilment, labels, levels, preferences
from tools.orders.agreement import Evidence, Outcome, Quote, Result, Ruling, Wish
from tools.orders.alerts import told
from tools.orders.commands import VERBS, Command, Done, Refusal
from tools.orders.database import Database
from tools.orders.importing import ImportReport, checking, merge, readers
from tools.orders.model import Actor, Clock, Customer, CustomerId, Event, Order, OrderId, Shipment, TrackingEvent
from tools.orders.rows import fetch
from tools.orders.states import IllegalTransition
from tools.orders.tables import variants
from tools.orders.terms import Terms
from tools.orders.work import Conflict, Refused, Work

OUTCOME = TypeAdapter(Outcome)
ATTEMPTS = 6
"""How often a command that lost a race on PostgreSQL is tried; on SQLite writers queue and none is lost."""

T = TypeVar("T")
Permit = Callable[[Connection, Quote], Ruling | None]


class Orders:
    def __init__(
        self,
        database: Database,
        terms: Callable[[], Terms],
        now: Clock,
        feeds: Callable[[], Sequence[fed.Feed]] = tuple,
    ) -> None:
        """`feeds` are the other systems that are told of changes."""
        self._database = database
        self._terms = terms
        self._now = now
        self._feeds = feeds

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

    def newest(self, limit: int = 20, lifecycle: str | None = None, number: str | None = None) -> tuple[Order, ...]:
        with self._database.read() as db:
            return store.newest(db, limit, lifecycle, number)

    def events(self, order: OrderId) -> tuple[Event, ...]:
        with self._database.read() as db:
            return events.of(db, order)

    def wants(self, customer: CustomerId, step: str) -> bool:
        """Whether the customer wants to be told of such a step."""
        with self._database.read() as db:
            return preferences.wants(db, customer, step)

    def told(self, orders: Sequence[OrderId]) -> Mapping[str, told.Told]:
        """What the customers of these orders were told before they asked."""
        with self._database.read() as db:
            return told.last(db, orders)

    def payment_by_reference(self, psp: str, reference: str) -> tuple[OrderId, str] | None:
        """The order and the payment that a provider calls so."""
        with self._database.read() as db:
            return disputes.by_reference(db, psp, reference)

    def under_way(self, carriers: Sequence[str]) -> tuple[Shipment, ...]:
        """Parcels of these carriers that are still to arrive."""
        with self._database.read() as db:
            return store.under_way(db, carriers)

    def statement(self, order: OrderId) -> tuple[statement.Posting, ...]:
        """Its ledger, oldest first."""
        with self._database.read() as db:
            return statement.of_order(db, order)

    def count(self) -> int:
        with self._database.read() as db:
            return store.count(db)

    def balances(self, customer: CustomerId, currency: str) -> Mapping[str, int | None]:
        """The customer's payment methods; minor units for gift cards and store credit, None for a provider's."""
        with self._database.read() as db:
            return {one.id: one.balance for one in catalogue.methods(db, customer, currency)}

    def account(self, customer: CustomerId, currency: str) -> catalogue.Account:
        """The address on file and the means of payment."""
        with self._database.read() as db:
            found = store.customer(db, customer)
            kept = catalogue.methods(db, customer, currency)
        return catalogue.Account(customer, found.address if found else None, kept)

    def variants_beside(self, skus: Iterable[str]) -> tuple[catalogue.Variant, ...]:
        """All variants of the products that these are of."""
        with self._database.read() as db:
            return catalogue.variants_beside(db, skus)

    def labels(self, order: OrderId) -> list[dict[str, Any]]:
        """What was issued for its parcels, oldest first; `void` ones too."""
        with self._database.read() as db:
            return labels.labels_of(db, order)

    def grams(self, skus: Iterable[str]) -> Mapping[str, int | None]:
        """What a unit weighs; None where nobody said it."""
        with self._database.read() as db:
            return {row["sku"]: row["grams"] for row in fetch(db, variants, sku=sorted(set(skus)))}

    def available(self, sku: str) -> int:
        """Units that can be sold now, over all locations."""
        with self._database.read() as db:
            return levels.available(db, sku)

    def as_of(self, order: OrderId, moment: datetime) -> Order | None:
        """The order as it was; None before it was placed. Raises KeyError for an order that never was."""
        with self._database.read() as db:
            return replay.order_at(db, order, moment)

    def audit(self, aggregates: Sequence[str] | None = None) -> auditing.Audit:
        """Every invariant, over the whole database or over some aggregates."""
        with self._database.read() as db:
            return auditing.audit(db, aggregates)

    def key_of(self, number: str) -> store.OrderKey | None:
        """What somebody who knows the order can name, for proving a caller; never told."""
        with self._database.read() as db:
            return store.key_of(db, number)

    # -- quote, then execute -------------------------------------------------------------------------------

    def quote(self, order: Order, wish: Wish) -> Quote:
        """What was decided about a wish stands for `terms.quote_minutes` (R16)."""
        with self._database.read() as db:
            known = catalogue.known(db, order, wish)
        return quotes.quote(order, wish, self._terms(), self._now(), known)

    def again(self, quote: Quote) -> Quote:
        """The same wish computed anew: its digest says whether anything changed. Raises KeyError."""
        return self.quote(self.order(quote.order_id), quotes.wish_of(quote))

    def execute(
        self, quote: Quote, *, key: str, actor: Actor, evidence: Evidence, permit: Permit | None = None
    ) -> Outcome:
        """Do exactly what was agreed to, once a key. Refused and changed quotes are outcomes, and leave no trace.

        `permit` has the last word, inside the transaction: a ruling of it refuses, and what it wrote is undone.

        A quote that expired is CHANGED by QUO-1, whatever it says: compute it `again`, and the evidence still counts
        where the digest is the same (R16). Raises `IdempotencyConflict` when the key did something else before.
        """

        def run(db: Connection) -> Outcome:
            return self._executed(db, quote, key, actor, evidence, permit)

        try:
            return self._transaction(run)
        except _Stopped as stopped:
            return stopped.outcome
        except Refused as refused:
            return Outcome(Result.REFUSED, quote, refused.ruling)
        except IllegalTransition as illegal:
            return Outcome(Result.REFUSED, quote, _illegal(illegal))

    def _executed(
        self, db: Connection, quote: Quote, key: str, actor: Actor, evidence: Evidence, permit: Permit | None
    ) -> Outcome:
        fingerprint = commands.fingerprint_of(quote.action, quote.digest)
        known = commands.earlier(db, key, fingerprint)
        if known is not None:
            return OUTCOME.validate_python(known)
        now = self._now()
        work = works.on_order(db, quote.order_id, actor, now, key)
        work.terms = self._terms()
        order, wish = store.by_id(db, quote.order_id), quotes.wish_of(quote)
        fresh = quotes.quote(order, wish, work.terms, now, catalogue.known(db, order, wish))
        _must_still_hold(quote, fresh, evidence, now)
        refused = permit(db, fresh) if permit else None
        if refused:
            raise _Stopped(Outcome(Result.REFUSED, fresh, refused))
        reference, settled = registry.EXECUTED[quote.action](work, order, fresh)
        work.finish()
        self._told(work)
        outcome = Outcome(Result.DONE, fresh, fresh.ruling, reference, settled)
        kept = OUTCOME.dump_python(outcome, mode="json")
        commands.remember(db, key, fingerprint, quote.action.value, quote.order_id, kept, now)
        return outcome

    # -- other systems -------------------------------------------------------------------------------------

    def record(self, message: Mapping[str, Any]) -> records.Record:
        """What a message of a feed speaks of. Raises `records.NoSuchRecord`."""
        with self._database.read() as db:
            return records.of_message(db, message)

    def records(self, what: fed.What, limit: int, since: datetime | None = None) -> list[records.Record]:
        """As they are now."""
        with self._database.read() as db:
            return list(records.newest(db, what, limit, since))

    # -- the shop's own commands ---------------------------------------------------------------------------

    def do(self, command: Command, *, key: str, actor: Actor) -> Done | Refusal:
        """One command, once a key: again with the same key, the same answer. A refusal leaves no trace.

        Raises `IdempotencyConflict` when the key did something else before, `KeyMissing` without one.
        """
        fingerprint = commands.fingerprint_of(command.name, command.model_dump(mode="json"))

        def run(db: Connection) -> Done:
            known = commands.earlier(db, key, fingerprint)
            if known is not None:
                return Done(known["result"], tuple(known["events"]))
            now = self._now()
            work = command.open(db, actor, now, key)
            work.terms = self._terms()
            result = VERBS[type(command)](work, command)
            work.finish()
            self._told(work)
            done = Done(result, tuple(event["type"] for event in work.events))
            kept = {"result": result, "events": list(done.events)}
            commands.remember(db, key, fingerprint, command.name, work.aggregate, kept, now)
            return done

        try:
            return self._transaction(run)
        except Refused as refused:
            return Refusal(refused.ruling)
        except IllegalTransition as illegal:
            return Refusal(_illegal(illegal))
        except KeyError as missing:
            return Refusal(rules.refuse("FND-1", "not_found", accepts=f"{missing.args[0]} is not there"))

    def _told(self, work: Work) -> None:
        """What must leave because of it, in the same transaction."""
        notices.put(work)
        published.put(work)
        mastered.put(work)
        fed.put(work, self._feeds())

    def expire_holds(self) -> int:
        """Gives back what baskets held for too long; for a periodic job."""
        with self._database.read() as db:
            late = baskets.skus_with_late_holds(db, self._now())
        moment = works.moment(self._now())
        for sku in late:
            self.do(baskets.ExpireHolds(sku=sku), key=f"expire:{sku}:{moment}", actor=Actor("system", "holds"))
        return len(late)

    def record_tracking(self, tracking: str, scan: TrackingEvent, actor: Actor) -> Done | Refusal:
        """A carrier's scan needs no key of its own: what was known already is told as not `fresh`."""
        command = fulfilment.RecordScan(tracking=tracking, code=scan.code, at=scan.at, place=scan.place)
        return self.do(command, key=f"scan:{uuid4()}", actor=actor)

    def import_file(self, path: Path, progress: merge.Progress = merge.silent) -> ImportReport:
        """All of it or nothing. Raises `ImportRefused` with every error and its place."""
        given = checking.checked(readers.read(path))
        with self._database.write() as db:
            return merge.write(db, given, self._now(), progress)

    def _transaction(self, run: Callable[[Connection], T]) -> T:
        """Tried again where another process was first: only PostgreSQL lets two writers begin."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._database.write() as db:
                    return run(db)
            except Exception as error:
                lost = isinstance(error, Conflict) or driver.lost_a_race(error)
                if attempt == ATTEMPTS or self._database.path or not lost:
                    raise
        raise AssertionError("unreachable")


class _Stopped(Exception):
    """Carries an outcome out of the transaction that it rolls back."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.result.value)
        self.outcome = outcome


def _must_still_hold(quote: Quote, fresh: Quote, evidence: Evidence, now: datetime) -> None:
    """Raises `_Stopped` with what is refused, expired or changed."""
    if not fresh.ruling.allowed:
        raise _Stopped(Outcome(Result.REFUSED, fresh, fresh.ruling))
    if quote.expires_at and now > quote.expires_at:
        late = rules.refuse("QUO-1", "quote_expired", accepts=fresh.digest)
        raise _Stopped(Outcome(Result.CHANGED, fresh, late))
    if not evidence.digest == quote.digest == fresh.digest:
        raise _Stopped(Outcome(Result.CHANGED, fresh, fresh.ruling))


def _illegal(illegal: IllegalTransition) -> Ruling:
    allowed = ", ".join(illegal.allowed) or "nothing"
    return rules.refuse("TRN-1", "illegal_transition", accepts=f"next: {allowed}")
