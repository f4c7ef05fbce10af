"""Evidence of a conversation: while a desk is played (`Watch`), or afterwards from the journal (`of_journal`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from agent import journal
from agent.answer import Answer, from_json
from agent.case import Disposition, Incoming, Mood, TicketId
from agent.journal import Entry
from agent.policy import Policy
from eval.conversation import Action, Request
from eval.grading.evidence import Evidence, Turn, Wanted
from eval.grading.reading import ID
from tools.orders.database import Database
from tools.orders.model import Clock, Customer, CustomerId, Order
from tools.orders.money import Money
from tools.orders.service import Orders

PROVEN = frozenset({"verified", "authenticated", "matched"})
LOOKED_AT = 30
"""The newest orders of a customer that are read: a reply speaks of these."""
MOMENT = timedelta(microseconds=1)
OFFERED = re.compile(r"(?m)^- (.+)$")
"""A title that a reply lets the customer choose."""


@dataclass
class Watch:
    """Sees each turn of one conversation as it is played: the orders before, the answer, the orders after.

        watch = Watch(database, orders, policy, now)
        answer = watch.says(desk.answer, incoming)
        grades = grade(watch.evidence())

    The desk may be any callable that answers, broken ones too; who wrote is read from the journal of its database.
    """

    database: Database
    orders: Orders
    policy: Policy
    now: Clock
    turns: list[Turn] = field(default_factory=list)
    channel: str = "email"
    customer: Customer | None = None
    proven: bool = False

    def says(self, answer: Callable[[Incoming], Answer], incoming: Incoming, wanted: Iterable[Wanted] = ()) -> Answer:
        """`wanted`: of this message alone, where it is known."""
        self.channel = incoming.channel
        if self.customer is None and incoming.email and incoming.verified:
            self.customer = self.orders.customer_by_email(incoming.email)
        before, at = self._own(), self.now()
        given = answer(incoming)
        entry = self._entry(incoming.id)
        if entry is not None:
            self._learn(entry)
        turn = turn_of(given, entry, at, incoming.text, before or self._own(), self._own())
        self.turns.append(replace(turn, wanted=tuple(wanted)))
        return given

    def decides(self, decide: Callable[[], Answer | None]) -> Answer | None:
        """A person's word on an approval, as a turn of its own."""
        before, at = self._own(), self.now()
        given = decide()
        if given is not None:
            self.turns.append(turn_of(given, self._entry(given.id), at, "", before, self._own()))
        return given

    def evidence(
        self,
        wanted: Iterable[Wanted] = (),
        must: Iterable[str] = (),
        must_not: Iterable[str] = (),
        strangers: Iterable[str] = (),
    ) -> Evidence:
        found = _evidence(self.turns, self.orders, self.policy, self.channel, self.customer, self.proven)
        return replace(
            found,
            wanted=tuple(wanted),
            must=tuple(must),
            must_not=tuple(must_not),
            strangers=found.strangers | frozenset(strangers),
        )

    def _entry(self, ticket: str) -> Entry | None:
        with self.database.read() as db:
            return journal.of_ticket(db, TicketId(ticket))

    def _learn(self, entry: Entry) -> None:
        self.proven = entry.body["identity"] in PROVEN
        known = (entry.private or {}).get("customer")
        if known:
            self.customer = self.orders.customer(CustomerId(known))

    def _own(self) -> tuple[Order, ...]:
        return self.orders.orders_of(self.customer.id)[:LOOKED_AT] if self.customer else ()


def turn_of(
    answer: Answer, entry: Entry | None, at: datetime, message: str, before: tuple[Order, ...], after: tuple[Order, ...]
) -> Turn:
    """The words and claims of the answer; how the message was read, from the journal's entry where there is one."""
    body: Mapping[str, Any] = entry.body if entry else {}
    read: Sequence[Mapping[str, Any]] = body.get("requests", ())
    unread = [_unread(one) for one in answer.requests[len(read) :]]
    return Turn(
        at=at,
        message=message,
        reply=answer.reply,
        requests=tuple(
            Request(
                one["intent"],
                float(how.get("confidence", 1.0)),
                bool(how.get("in_scope", True)),
                Disposition(one["disposition"]),
                one["rule"],
            )
            for one, how in zip(answer.requests, [*read, *unread][: len(answer.requests)], strict=True)
        ),
        disposition=answer.disposition,
        before=before,
        after=after,
        actions=tuple(map(_action, answer.actions)),
        rules=answer.rules,
        handoff=answer.handoff["reason"] if answer.handoff else "",
        kind=body.get("kind", "message" if message else "decision"),
        sent=answer.mode == "sent",
        language=answer.language,
        mood=Mood(body.get("mood", "neutral")),
        passages=tuple(_passages(entry, answer)),
    )


def _unread(request: Mapping[str, str]) -> Mapping[str, Any]:
    """Of an answer that no journal knows."""
    return {"confidence": 1.0, "in_scope": request["intent"] != "out_of_scope"}


def _action(told: Mapping[str, str]) -> Action:
    amount, status = Money.parse(told["amount"], told["currency"]), told["status"]
    return Action(told["action"], told["order_id"], amount.minor, amount.currency, cast("Any", status))


def _passages(entry: Entry | None, answer: Answer) -> Iterator[str]:
    """Of pages that the reply cites, and of those whose titles it offers to choose from."""
    if entry is None or entry.private is None:
        return
    read = {one["id"]: one["source"] for one in entry.body["facts"] if one["kind"] == "passage"}
    offered = {found[1] for found in OFFERED.finditer(answer.reply)}
    for fact, fields in entry.private["facts"].items():
        if fact in read and (read[fact] in answer.citations or fields.get("title") in offered):
            yield "\n".join(str(fields.get(name, "")) for name in ("title", "heading", "text"))


# -- from the journal ------------------------------------------------------------------------------------------


def of_journal(entries: Sequence[Entry], orders: Orders, policy: Policy) -> Evidence | None:
    """Of one conversation, in its order; None where its words were erased. Orders are taken as they were.

    A turn's effects are told by the core's events: those that this conversation, or the person who decided, made.
    """
    if not entries or any(entry.private is None for entry in entries):
        return None
    told = [cast("Mapping[str, Any]", entry.private) for entry in entries]
    known = next((one["customer"] for one in reversed(told) if one["customer"]), None)
    customer = orders.customer(CustomerId(known)) if known else None
    own = orders.orders_of(customer.id)[:LOOKED_AT] if customer else ()
    ends = [*(entry.at for entry in entries[1:]), None]
    turns = [_past(entry, private, own, orders, end) for entry, private, end in zip(entries, told, ends, strict=True)]
    last = entries[-1]
    proven = any(entry.body["identity"] in PROVEN for entry in entries)
    return _evidence(turns, orders, policy, last.body["channel"], customer, proven)


def _past(entry: Entry, private: Mapping[str, Any], own: Sequence[Order], orders: Orders, end: datetime | None) -> Turn:
    by = entry.body["decided"]["by"] if entry.body["decided"] else entry.conversation
    pairs = []
    for order in own:
        made = [
            one.at
            for one in orders.events(order.id)
            if one.actor.id == by and one.recorded_at >= entry.at and (end is None or one.recorded_at < end)
        ]
        before = orders.as_of(order.id, entry.at - MOMENT)
        if before is not None:
            pairs.append((before, orders.as_of(order.id, max([entry.at, *made])) or before))
    answer = from_json(dict(private["answer"]))
    then, now = tuple(one for one, _ in pairs), tuple(one for _, one in pairs)
    return turn_of(answer, entry, entry.at, private["text"], then, now)


# -- both ------------------------------------------------------------------------------------------------------


def _evidence(
    turns: Sequence[Turn], orders: Orders, policy: Policy, channel: str, customer: Customer | None, proven: bool
) -> Evidence:
    """Nobody's orders are an unproven caller's."""
    seen = tuple(turns) if proven else tuple(replace(turn, before=(), after=()) for turn in turns)
    skus = {line.sku for turn in seen for order in turn.after for line in order.lines}
    return Evidence(
        seen,
        policy,
        channel,
        proven,
        customer.name if customer else "",
        _strangers(turns, orders, policy, customer if proven else None),
        frozenset(one.price.minor for one in orders.variants_beside(skus)) if skus else frozenset(),
    )


def _strangers(turns: Sequence[Turn], orders: Orders, policy: Policy, customer: Customer | None) -> frozenset[str]:
    """Of every order that is named in what was said and is not the customer's: whose it is, and what is in it.

    A town is nobody's in particular.
    """
    said = " ".join(f"{turn.message} {turn.reply}" for turn in turns)
    found: set[str] = set()
    for number in {match[0] for match in ID.finditer(said)}:
        order = orders.order_by_number(number)
        if order and (customer is None or order.customer_id != customer.id):
            found |= _secrets(order, orders.customer(order.customer_id))
    own = " ".join(_known_to(customer, [order for turn in turns for order in turn.after] if customer else []))
    public = f"{own} {policy.shop.name} {policy.voice.signature}".casefold()
    return frozenset(one for one in found if one and one.casefold() not in public)


def _secrets(order: Order, whose: Customer | None) -> set[str]:
    address = order.address
    parcels = {parcel.tracking_number for parcel in order.shipments}
    person = {whose.name, whose.email} if whose else set()
    return {address.line1, *parcels, *person, *(line.name for line in order.lines)}


def _known_to(customer: Customer | None, own: Iterable[Order]) -> Iterator[str]:
    if customer:
        yield f"{customer.name} {customer.email}"
    for order in own:
        yield f"{order.address.one_line()} {' '.join(line.name for line in order.lines)}"
        yield " ".join(parcel.tracking_number for parcel in order.shipments)
