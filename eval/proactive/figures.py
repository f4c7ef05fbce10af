"""The figures of a period, counted from the tables anew each time: nothing is counted on the side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from agent import journal
from agent.policy import Policy
from agent.proactive import messages
from agent.proactive.messages import Message
from eval.metrics.contacts import utc
from eval.metrics.from_journal import TRIED
from eval.metrics.summary import Period
from eval.proactive.holdout import Customer, Effect, effect
from eval.proactive.judging import Judged, Named, Promise, judge
from tools.orders import emails, tables
from tools.orders.alerts import store
from tools.orders.alerts.kinds import Kind
from tools.orders.alerts.store import Alert

FORESEEN = frozenset({Kind.PREDICTED_LATE, Kind.PROMISE_AT_RISK})
HeldOut = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Figures:
    """`alerts` by kind, then by what became of them for the customer."""

    period: Period
    alerts: Mapping[str, Mapping[str, int]]
    messages: int
    drafts: int
    held_back: int
    per_100_orders: float | None
    opened: int
    stopped: int
    effect: Effect
    judged: Judged

    def as_json(self) -> dict[str, Any]:
        return {
            "since": self.period.since.isoformat(),
            "until": self.period.until.isoformat(),
            "alerts": {kind: dict(words) for kind, words in self.alerts.items()},
            "messages": self.messages,
            "drafts": self.drafts,
            "held_back": self.held_back,
            "messages_per_100_orders": self.per_100_orders,
            "opened": self.opened,
            "opted_out": self.stopped,
            "contacts": self.effect.as_json(),
            "watch": self.judged.as_json(),
        }


def figures(db: Connection, period: Period, policy: Policy, held_out: HeldOut, now: datetime) -> Figures:
    since, until = utc(period.since), utc(period.until)
    sent = messages.between(db, since, until)
    found = store.between(db, since, until)
    compared = arms(db, period, held_out)
    told = [one for one in sent if one.mode == "sent"]
    orders = compared.told.orders
    return Figures(
        period,
        _by_kind(found),
        len(told),
        sum(one.mode == "draft" for one in sent),
        sum(one.arm == "holdout" for one in sent),
        round(100 * len(told) / orders, 4) if orders else None,
        sum(one.opened_at is not None for one in told),
        sum(one.stopped_at is not None for one in told),
        compared,
        judge(
            tuple(promises(db, since, min(until, now))),
            tuple(_named(db, told)),
            ZoneInfo(policy.terms.timezone),
            now,
        ),
    )


def _by_kind(found: tuple[Alert, ...]) -> Mapping[str, Mapping[str, int]]:
    counted: dict[str, Counter[str]] = {}
    for one in found:
        counted.setdefault(one.kind.value, Counter())[one.word] += 1
    return {kind: dict(words) for kind, words in sorted(counted.items())}


# -- both arms -----------------------------------------------------------------------------------------------


def arms(db: Connection, period: Period, held_out: HeldOut) -> Effect:
    """All customers by lot, whatever was found of their orders: so nothing is chosen by what was told."""
    orders, contacts = _orders(db, period), _contacts(db, period)
    groups: tuple[list[Customer], list[Customer]] = ([], [])
    for customer in orders.keys() | contacts.keys():
        groups[held_out(customer)].append(Customer(orders.get(customer, 0), contacts.get(customer, 0)))
    return effect(*groups)


def _orders(db: Connection, period: Period) -> Mapping[str, int]:
    columns = tables.orders.c
    placed = select(columns.customer_id, func.count()).where(
        columns.placed_at >= utc(period.since), columns.placed_at < utc(period.until)
    )
    return {row[0]: row[1] for row in db.execute(placed.group_by(columns.customer_id))}


def _contacts(db: Connection, period: Period) -> Mapping[str, int]:
    """Conversations that a known customer began or came back to in the period; those that the shop tried are none."""
    who: dict[str, str] = {}
    address_of: dict[str, str] | None = None
    for entry in journal.between(db, utc(period.since), utc(period.until)):
        if entry.body["kind"] != "message" or entry.ticket.startswith(TRIED) or entry.private is None:
            continue
        customer = entry.private.get("customer")
        if not customer and entry.private.get("email"):
            address_of = _addresses(db) if address_of is None else address_of
            customer = address_of.get(emails.folded(entry.private["email"]))
        if customer:
            who[entry.conversation] = customer
    return Counter(who.values())


def _addresses(db: Connection) -> dict[str, str]:
    rows = db.execute(select(tables.customers.c.email_folded, tables.customers.c.id))
    return {row[0]: row[1] for row in rows}


# -- what came true ------------------------------------------------------------------------------------------


def promises(db: Connection, since: datetime, until: datetime) -> Iterator[Promise]:
    """Of orders that were not cancelled, and whose promise ended in the period."""
    order, parcel, found = tables.orders.c, tables.shipments.c, tables.alerts.c
    foreseen = (
        select(found.order_id, func.min(found.at).label("at"), found.promised_at)
        .where(found.kind.in_([one.value for one in FORESEEN]))
        .group_by(found.order_id, found.promised_at)
        .subquery()
    )
    arrived = (
        select(
            parcel.order_id,
            func.max(parcel.delivered_at).label("at"),
            func.count().label("parcels"),
            func.count(parcel.delivered_at).label("here"),
        )
        .group_by(parcel.order_id)
        .subquery()
    )
    rows = (
        select(order.id, order.promised_at, arrived.c.at, arrived.c.parcels, arrived.c.here, foreseen.c.at)
        .select_from(
            tables.orders.outerjoin(arrived, arrived.c.order_id == order.id).outerjoin(
                foreseen, (foreseen.c.order_id == order.id) & (foreseen.c.promised_at == order.promised_at)
            )
        )
        .where(order.promised_at >= since, order.promised_at < until)
        .where(order.lifecycle.not_in(["cancelled", "rejected", "abandoned"]))
    )
    for name, promised, at, parcels, here, flagged in db.execute(rows.execution_options(yield_per=5_000)):
        yield Promise(name, promised, at if parcels and parcels == here else None, flagged)


def _named(db: Connection, told: list[Message]) -> Iterator[Named]:
    """Days that were named, by the alert of each order that named them."""
    parcel = tables.shipments.c
    for message in told:
        for one in store.of_message(db, message.id):
            if one.earliest and one.latest:
                at = db.execute(select(func.max(parcel.delivered_at)).where(parcel.order_id == one.order_id)).scalar()
                yield Named(one.earliest, one.latest, at)
