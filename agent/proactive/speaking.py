"""The run: what waits becomes messages, one a customer. Everything of a message is one transaction, or none of it.

A message's id follows from its alerts, an alert's word is set once, and the outbox takes a key once: so a process that
is killed anywhere leaves either nothing or the whole message, and a second process finds nothing to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, cast

import structlog
from sqlalchemy import Connection

from agent import conversations, journal, reached, switches
from agent.answer import Answer, answer_of
from agent.case import Case, ConversationId
from agent.identity.hashing import Keyed
from agent.policy import Policy
from agent.proactive import links, messages
from agent.proactive.choosing import Known, Verdict, choose, held_out, in_order
from agent.proactive.letter import About, case_of, kept, subject
from agent.proactive.links import Purpose
from agent.proactive.messages import Message
from agent.proactive.offers import offers
from agent.record import body_of, private_of
from agent.steps.check import check
from tools.orders import outbox
from tools.orders.actions import preferences
from tools.orders.alerts import store
from tools.orders.alerts.store import Alert
from tools.orders.database import Database
from tools.orders.model import Clock, Customer, CustomerId, Order, OrderId
from tools.orders.service import Orders

KIND, AT_HELPDESK, IN_CHAT = "proactive.mail", "proactive.helpdesk", "reply.widget"
NOWHERE = "no-mail.invalid"
MOST = 20_000
"""Alerts of one run."""
MEMORY, TALK = timedelta(days=8), timedelta(days=3)
STEP, DELAYED = "proactive", "delayed"
Reaches = Callable[[str, str], str]
"""Given a channel and a conversation: "widget" or "helpdesk" where the customer sees what is said there, else ""."""
log = structlog.get_logger()


class SaidMeanwhile(RuntimeError):
    """Another process told one of these alerts: the transaction is undone."""


@dataclass(slots=True)
class Spoken:
    """Messages by what became of them; `waiting` customers hear later, by quiet hours and caps."""

    told: int = 0
    drafts: int = 0
    held_out: int = 0
    waiting: int = 0
    unsaid: int = 0
    words: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Voice:
    """What speaking needs of the house."""

    database: Database
    orders: Orders
    policy: Callable[[], Policy]
    keyed: Keyed
    now: Clock
    reaches: Reaches = lambda *_: ""


class Speaking:
    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def run(self) -> Spoken:
        """Everything that may be said now. Nothing, while the shop is paused or [proactive] is off."""
        spoken = Spoken()
        policy = self._voice.policy()
        with self._voice.database.alone("proactive"):
            with self._voice.database.write() as db:
                store.stale(db, self._voice.now())
                waiting = store.waiting(db, MOST)
                silent = policy.proactive.mode == "off" or switches.paused(db)
            if silent:
                return spoken
            for customer, alerts in _by_customer(waiting):
                self._customer(customer, alerts, policy, spoken)
        return spoken

    def _customer(self, customer: str, alerts: Sequence[Alert], policy: Policy, spoken: Spoken) -> None:
        now, terms = self._voice.now(), policy.proactive
        who = self._voice.orders.customer(CustomerId(customer))
        orders = {one.order_id: self._voice.orders.order(OrderId(one.order_id)) for one in alerts}
        with self._voice.database.read() as db:
            known = self._known(db, customer, who, orders, now)
        verdict = _told_by_updates(choose(alerts, known, terms, policy.terms.timezone, now), policy)
        self._words(verdict, spoken)
        if verdict.wait:
            spoken.waiting += 1
        if not verdict.tell or who is None:
            return
        try:
            if held_out(self._voice.keyed, customer, terms.holdout):
                self._hold(customer, verdict.tell, now)
                spoken.held_out += 1
            else:
                self._tell(who, verdict.tell, orders, policy, spoken)
        except SaidMeanwhile:
            log.info("proactive.said_meanwhile")

    def _known(
        self, db: Connection, customer: str, who: Customer | None, orders: Mapping[str, Order], now: datetime
    ) -> Known:
        country = next(iter(orders.values())).address.country
        wants = preferences.wants(db, customer, STEP) and preferences.wants(db, customer, DELAYED)
        told = [
            one for order in orders for one in store.of_order(db, order) if one.word in {"told", "draft", "holdout"}
        ]
        reachable = bool(who and "@" in who.email and not who.email.endswith(f"@{NOWHERE}"))
        return Known(customer, country, reachable, wants, messages.lately(db, customer, now - MEMORY), told)

    def _words(self, verdict: Verdict, spoken: Spoken) -> None:
        if not verdict.words:
            return
        with self._voice.database.write() as db:
            for alert, word in verdict.words:
                spoken.words[word] = spoken.words.get(word, 0) + 1
                store.word(db, [alert.id], word, self._voice.now())

    def _hold(self, customer: str, alerts: Sequence[Alert], now: datetime) -> None:
        """Nothing is said; what would have been is kept, so that both arms can be compared."""
        made = _message(customer, alerts, "", "none", "holdout", "none", now)
        with self._voice.database.write() as db:
            _claimed(db, alerts, "holdout", made, now)

    # -- telling ---------------------------------------------------------------------------------------------

    def _tell(
        self, who: Customer, alerts: Sequence[Alert], orders: Mapping[str, Order], policy: Policy, spoken: Spoken
    ) -> None:
        now = self._voice.now()
        draft = policy.proactive.mode == "draft"
        channel, conversation = self._where(who.id, policy, now)
        made = _message(who.id, alerts, conversation, channel, "told", "draft" if draft else "sent", now)
        about = self._about(made, alerts, orders, policy)
        case = _worded(made.id, made, who, about, policy)
        if case["reply"].verdict != "sent":
            self._unsaid(alerts, case, spoken)
            return
        with ExitStack() as stack:
            stack.enter_context(self._voice.database.alone(f"conversation {made.conversation}"))
            with self._voice.database.write() as db:
                _claimed(db, alerts, "draft" if draft else "told", made, now)
                self._kept(db, made, case, about, policy)
        spoken.drafts += draft
        spoken.told += not draft

    def still_holds(self, message: str) -> bool:
        """Something of it is still so; and it was not moved into a mail meanwhile."""
        with self._voice.database.read() as db:
            made = messages.one(db, message)
            open_now = any(one.state == "open" for one in store.of_message(db, message))
        return made is not None and made.channel != "mail" and open_now

    def by_mail(self, message: str) -> None:
        """Where it was to be said it can not be said any more: the same by mail, once, if it still holds."""
        policy = self._voice.policy()
        with self._voice.database.read() as db:
            made = messages.one(db, message)
            alerts = [one for one in store.of_message(db, message) if one.state == "open"]
        who = self._voice.orders.customer(CustomerId(made.customer)) if made else None
        if made is None or who is None or not alerts:
            return
        orders = {one: self._voice.orders.order(OrderId(one)) for one in made.orders}
        place = made.orders.index
        alerts.sort(key=lambda one: place(one.order_id))
        made = replace(made, channel="mail", conversation=f"proactive:{made.id}", at=self._voice.now())
        about = self._about(made, in_order(alerts), orders, policy)
        case = _worded(f"{made.id}:mail", made, who, about, policy)
        if case["reply"].verdict != "sent":
            self._unsaid(alerts, case, Spoken())
            return
        with self._voice.database.write() as db:
            if messages.moved(db, made.id, made.channel, made.conversation):
                self._kept(db, made, case, about, policy)

    def _where(self, customer: str, policy: Policy, now: datetime) -> tuple[str, str]:
        """(channel, conversation): where the customer talks with us, as the shop wants it; else a mail of its own."""
        with self._voice.database.read() as db:
            for conversation, channel in reached.lately(db, customer, now - TALK):
                way = self._voice.reaches(channel, conversation)
                thread, _ = conversations.load(db, conversation)
                if way in policy.proactive.channels and not thread.with_person:
                    return channel, conversation
        return "mail", ""

    def _about(
        self, made: Message, alerts: Sequence[Alert], orders: Mapping[str, Order], policy: Policy
    ) -> tuple[About, ...]:
        told: list[About] = []
        for order, group in groupby(alerts, key=lambda one: one.order_id):
            own, place = tuple(group), made.orders.index(order)  # a link names its order by where the message has it
            can = offers(tuple(one.kind for one in own), orders[order], self._voice.orders, policy)
            urls = dict(self._urls(made, place, can, policy)) if can and made.channel == "mail" else {}
            told.append(About(orders[order], own, can, urls, self._stop(made, policy) if not told else ""))
        return tuple(told)

    def _urls(self, made: Message, place: int, can: Sequence[Purpose], policy: Policy) -> Iterator[tuple[Purpose, str]]:
        base = policy.proactive.links
        until = made.at + timedelta(hours=policy.proactive.link_hours)
        for purpose in can if base else ():
            yield purpose, f"{base}/chat/{links.sign(self._voice.keyed, made.id, place, purpose, until)}"

    def _kept(self, db: Connection, made: Message, case: Case, about: Sequence[About], policy: Policy) -> None:
        """Journal, thread and outgoing message, as of any other turn."""
        answer = replace(answer_of(case, policy, ""), mode="draft" if made.mode == "draft" else "sent")
        body = body_of(case, answer, policy) | {"kind": "proactive", "watch": kept(made.id, about)}
        name, ticket = ConversationId(made.conversation), case["ticket"]
        journal.append(db, journal.Record(ticket.id, name, made.at, body, private_of(case, answer)))
        thread, _ = conversations.load(db, name)
        numbers = tuple(one.order.number for one in about)
        after = replace(thread, about=numbers, turns=thread.turns + 1)
        conversations.save(db, name, made.channel, answer.language, after, made.at)
        kind = {"mail": KIND, "widget": IN_CHAT}.get(made.channel, AT_HELPDESK)
        outbox.put(db, ticket.id, kind, self._letter(made, answer, about, policy), made.at, str(name))

    def _letter(self, made: Message, answer: Answer, about: Sequence[About], policy: Policy) -> dict[str, Any]:
        """An answer as any other, and whose it is; of a mail also its subject, and how it is stopped with one click."""
        if made.channel != "mail":
            return answer.as_json() | {"customer": made.customer}
        stop = self._stop(made, policy)
        more = {"customer": made.customer, "subject": subject(about, answer.language, policy), "stop": stop}
        return answer.as_json() | more

    def _stop(self, made: Message, policy: Policy) -> str:
        base = policy.proactive.links
        if made.channel != "mail" or not base:
            return ""
        return f"{base}/stop/{links.sign(self._voice.keyed, made.id, 0, Purpose.STOP, made.at + links.STOP_LIVES)}"

    def _unsaid(self, alerts: Sequence[Alert], case: Case, spoken: Spoken) -> None:
        """Words that do not pass the check are said to nobody: the templates' defect, found by their test."""
        log.error("proactive.unsaid", problems=[problem.partition(":")[0] for problem in case["reply"].problems])
        with self._voice.database.write() as db:
            store.word(db, [one.id for one in alerts], "unsaid", self._voice.now())
        spoken.unsaid += 1


def _worded(name: str, made: Message, who: Customer, about: Sequence[About], policy: Policy) -> Case:
    """Drafted and checked. `name` is the turn's, once in the journal."""
    case = case_of(name, made.conversation, made.channel, who, about, policy, made.at)
    return cast("Case", {**case, **check(case, policy)})


def _by_customer(alerts: Iterable[Alert]) -> Iterator[tuple[str, tuple[Alert, ...]]]:
    found: dict[str, list[Alert]] = {}
    for one in alerts:
        found.setdefault(one.customer_id, []).append(one)
    yield from ((customer, tuple(own)) for customer, own in found.items())


def _told_by_updates(verdict: Verdict, policy: Policy) -> Verdict:
    """A delay that the letters about an order's steps tell anyway is not told twice."""
    if DELAYED not in policy.terms.customer_updates:
        return verdict
    twice = tuple(one for one in verdict.tell if one.facts.get("code") == DELAYED)
    left = tuple(one for one in verdict.tell if one not in twice)
    return replace(verdict, tell=left, words=(*verdict.words, *((one, "covered") for one in twice)))


def _message(
    customer: str, alerts: Sequence[Alert], conversation: str, channel: str, arm: messages.Arm, mode: Any, now: datetime
) -> Message:
    named = ",".join(str(one) for one in sorted(one.id for one in alerts))
    name = f"pro-{hashlib.sha256(named.encode()).hexdigest()[:16]}"
    orders = tuple(dict.fromkeys(one.order_id for one in alerts))
    kinds = tuple(dict.fromkeys(one.kind.value for one in alerts))
    where = conversation or (f"proactive:{name}" if arm == "told" else "")
    return Message(name, customer, where, channel, arm, mode, orders, kinds, now)


def _claimed(db: Connection, alerts: Sequence[Alert], word: str, made: Message, now: datetime) -> None:
    """All of them were still waiting, and are this message's now. Raises `SaidMeanwhile`."""
    if store.word(db, [one.id for one in alerts], word, now, made.id) != len(alerts):
        raise SaidMeanwhile(made.id)
    messages.add(db, made)
