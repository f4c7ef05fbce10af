"""Correct drafts and their mutations, for the proof of the check step.

Sentences are written by hand (drafts/*.toml), each with its denial; half of them by somebody who had not seen the
lexicon. Situations give them an order, a quote and an outcome with values of their own; mutations change one thing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from agent.checking import Context
from agent.checking.places import category_of, same
from agent.checking.record import records_of, stale_after
from agent.replies.render import say
from agent.replies.sources import quote_fields
from agent.replies.templates import PLACEHOLDER
from tools.contract import Value
from tools.orders.agreement import Action, Outcome, Quote, QuoteLine, Result, Ruling
from tools.orders.model import (
    Address,
    CustomerId,
    FulfilmentAxis,
    Lifecycle,
    Line,
    LineId,
    Order,
    OrderId,
    PaymentAxis,
    Refund,
    RefundId,
    Return,
    ReturnAxis,
    ReturnId,
    RuleId,
    Shipment,
    ShipmentState,
    Tender,
    TrackingEvent,
)
from tools.orders.money import Money
from tools.views import order_fact

FOLDER = Path(__file__).parent / "drafts"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ZONE = "Europe/Paris"
GONE = {"shipped", "delivered", "refunding", "refunded", "returning", "lost", "refused_cancel", "done_return"}
ARRIVED = {"delivered", "refunding", "refunded", "returning", "done_return", "done_refund"}


@dataclass(frozen=True)
class Sentence:
    """A sentence that is true in its situation, and one that is not."""

    situation: str
    say: str
    deny: str


@dataclass(frozen=True)
class Drafted:
    """`kind` is "correct" or the mutation."""

    kind: str
    situation: str
    text: str
    context: Context


def lines_of(language: str, half: str) -> dict[str, list[Sentence]]:
    """By situation. `half` is "written" or "heldout"."""
    name = f"{language}.toml" if half == "written" else f"heldout_{language}.toml"
    table = tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
    found: dict[str, list[Sentence]] = {}
    for situation, held in table.items():
        for one in held["lines"]:
            where = one.get("in", situation)
            found.setdefault(where, []).append(Sentence(where, one["say"], one.get("deny", "")))
    return found


# -- situations ------------------------------------------------------------------------------------------------


class Situations:
    """Orders, quotes and outcomes with values that differ from each other, from a seed."""

    def __init__(self, seed: int, language: str) -> None:
        self.random = Random(seed)
        self.language = language

    def context(self, situation: str, two_orders: bool) -> tuple[Context, dict[str, str]]:
        """The context, and which source stands for order, quote and outcome."""
        order = self.order(situation)
        facts = [replace(order_fact(order), id="F1")]
        if two_orders:
            facts.append(
                replace(order_fact(self.order("delivered" if situation != "delivered" else "shipped")), id="F2")
            )
        quote, outcome = self.quote(situation, order), None
        sources: dict[str, Mapping[str, Value]] = {fact.id: fact.fields for fact in facts}
        order_of = {fact.id: fact.order.number for fact in facts if fact.order}
        if quote:
            outcome = _outcome(situation, quote)
            sources["P1"] = quote_fields(quote)
            order_of["P1"] = quote.order_number
        if outcome:
            sources["OR1"] = {
                **quote_fields(outcome.quote),
                **({"reference": outcome.reference} if outcome.reference else {}),
            }
            order_of["OR1"] = outcome.quote.order_number
        sources["caller"] = {"name": "Ana"}
        records = records_of(facts, [outcome] if outcome else [], NOW, [quote] if quote else [])
        overtaken = frozenset(stale_after([outcome] if outcome else [], order_of, facts))
        context = Context(self.language, ZONE, sources, order_of, records, names=frozenset({"ana"}), stale=overtaken)
        return context, {"order": "F1", "quote": "P1", "outcome": "OR1"}

    def order(self, situation: str) -> Order:
        money = self.random.sample(range(1_100, 90_000), 3)
        placed = NOW - timedelta(days=self.random.randrange(30, 60))
        shipped, delivered = placed + timedelta(days=3), placed + timedelta(days=11)
        number = f"#{self.random.randrange(100_000, 999_999)}"
        total = Money(money[0], "EUR")
        paid = 0 if situation == "unpaid" else total.minor
        lines = (_line(self.random, 1), _line(self.random, 2))
        gone, arrived = situation in GONE, situation in ARRIVED
        tender = Tender("pay", "card", Money(paid, "EUR"), Money(0, "EUR"), Money(0, "EUR"))
        city, place = self.random.sample(["Lyon", "Nantes", "Lille", "Rennes", "Dijon", "Reims"], 2)
        return Order(
            OrderId(f"o{number}"),
            number,
            CustomerId("ana"),
            "EUR",
            placed,
            NOW + timedelta(days=self.random.randrange(2, 9)) if not arrived else placed + timedelta(days=9),
            placed + timedelta(days=5) if situation == "cancelled" else None,
            delivered if arrived else None,
            True,
            total,
            Money(0, "EUR"),
            Money(0, "EUR"),
            Address("8 rue Pasteur", city, "69007", "FR"),
            Lifecycle.CANCELLED if situation == "cancelled" else Lifecycle.CONFIRMED,
            PaymentAxis.UNPAID if situation == "unpaid" else PaymentAxis.PAID,
            _fulfilment(situation),
            ReturnAxis.REQUESTED if situation == "returning" else ReturnAxis.NONE,
            None,
            lines,
            (self.parcel(situation, shipped, delivered, place),) if gone else (),
            self.returns(situation, delivered),
            self.refunds(situation, placed, money[1]),
            (tender,),
            1,
        )

    def parcel(self, situation: str, shipped: datetime, delivered: datetime, place: str) -> Shipment:
        state = {"lost": ShipmentState.LOST}.get(situation, ShipmentState.IN_TRANSIT)
        scan = TrackingEvent(shipped + timedelta(days=2), "in_transit", place=place)
        arrived = situation in ARRIVED
        return Shipment(
            "s1",
            self.random.choice(["DHL", "UPS", "Colissimo"]),
            f"7{self.random.randrange(10**10, 10**11)}",
            ShipmentState.DELIVERED if arrived else state,
            shipped,
            delivered if arrived else None,
            {},
            (scan,),
        )

    def returns(self, situation: str, delivered: datetime) -> tuple[Return, ...]:
        if situation != "returning":
            return ()
        number = f"RMA-{self.random.randrange(10_000, 99_999)}"
        return (Return(ReturnId("r1"), number, "approved", delivered + timedelta(days=2), {}),)

    def refunds(self, situation: str, placed: datetime, minor: int) -> tuple[Refund, ...]:
        states = {"refunding": "pending", "refunded": "succeeded", "cancelled": "succeeded"}
        if situation not in states:
            return ()
        asked = placed + timedelta(days=14)
        settled = asked + timedelta(days=4) if states[situation] == "succeeded" else None
        return (Refund(RefundId("f1"), states[situation], Money(minor, "EUR"), asked, settled, None, ()),)

    def quote(self, situation: str, order: Order) -> Quote | None:
        what, _, verb = situation.partition("_")
        if what not in {"offer", "done", "refused"}:
            return None
        actions = {
            "cancel": Action.CANCEL_ORDER,
            "return": Action.REQUEST_RETURN,
            "refund": Action.REFUND,
            "address": Action.CHANGE_ADDRESS,
        }
        ruling = Ruling(RuleId("CAN-2"), False, "shipped") if what == "refused" else Ruling(RuleId("CAN-1"), True, "ok")
        amount = Money(0 if verb == "address" or what == "refused" else self.random.randrange(500, 1_050), "EUR")
        lines = tuple(QuoteLine(one.id, one.name, one.quantity, amount) for one in order.lines)
        return Quote(
            actions[verb],
            order.id,
            order.number,
            amount,
            lines if verb == "cancel" else lines[:1] if verb != "address" else (),
            "",
            ruling,
            Address("12 rue Neuve", "Metz", "57000", "FR") if verb == "address" else None,
        )


def _outcome(situation: str, quote: Quote) -> Outcome | None:
    if not situation.startswith("done"):
        return None
    reference = "RMA-70707" if quote.action is Action.REQUEST_RETURN else ""
    return Outcome(Result.DONE, quote, quote.ruling, reference=reference, settled=False)


def _fulfilment(situation: str) -> FulfilmentAxis:
    if situation == "lost":
        return FulfilmentAxis.LOST
    if situation in ARRIVED:
        return FulfilmentAxis.DELIVERED
    if situation in GONE:
        return FulfilmentAxis.SHIPPED
    return FulfilmentAxis.IN_WAREHOUSE if situation == "in_warehouse" else FulfilmentAxis.UNFULFILLED


def _line(random: Random, number: int) -> Line:
    name = random.choice(["Linen shirt", "Desk lamp", "Tea mug", "Wool scarf"]) + f" {'AB'[number - 1]}"
    zero = Money(0, "EUR")
    return Line(LineId(f"l{number}"), number, f"sku{number}", name, {}, 1, zero, zero, zero, True)


# -- drafts and their mutations ----------------------------------------------------------------------------------

OPENING = {"en": "Hello {caller.name},", "fr": "Bonjour {caller.name},"}
UNTRUE_IN = {
    "unpaid": ("cancelled", "lost"),
    "confirmed": ("cancelled", "lost"),
    "in_warehouse": ("cancelled", "lost"),
    "shipped": ("cancelled", "lost"),
    "delivered": ("cancelled", "lost"),
    "offer_cancel": ("done_cancel",),
    "refused_cancel": ("done_cancel",),
    "done_address": ("done_cancel",),
}
"""Situations whose statements are all untrue in this one: what was not done is told as done."""


class Drafts:
    """Correct drafts and mutated ones, of one language and one half of the sentences."""

    def __init__(self, language: str, half: str, seed: int) -> None:
        self.language = language
        self.lines = lines_of(language, half)
        self.random = Random(seed)
        self.made = Situations(seed, language)

    def correct(self, each: int) -> Iterator[tuple[Drafted, list[Sentence], dict[str, str]]]:
        """`each` drafts for every sentence: alone, and beside others of its situation."""
        for situation, lines in self.lines.items():
            if situation in {"promises", "cues"}:
                continue
            for line in lines:
                for number in range(each):
                    yield self._draft(
                        situation, [line, *self.random.sample(lines, min(number, len(lines)))] if number else [line]
                    )

    def _draft(self, situation: str, lines: list[Sentence]) -> tuple[Drafted, list[Sentence], dict[str, str]]:
        unique = list(dict.fromkeys(lines))
        unique.sort(key=lambda line: not _names_the_order(line.say))
        context, roles = self.made.context(situation, _names_the_order(unique[0].say) and self.random.random() < 0.5)
        text = self._written([line.say for line in unique], roles)
        return Drafted("correct", situation, text, context), unique, roles

    def mutated(self, drafted: Drafted, lines: list[Sentence], roles: dict[str, str]) -> Iterator[Drafted]:
        """Each kind once, where the draft has something of the kind."""
        for kind, text in (
            ("sibling fact", self._sibling(drafted)),
            ("other order", self._other_order(drafted)),
            ("negation", self._denied(lines, roles)),
            ("false promise", self._promised(lines, roles)),
            ("untrue outcome", self._untrue(drafted, lines, roles)),
            ("literal figure", self._literal(drafted)),
        ):
            if text and text != drafted.text:
                yield replace(drafted, kind=kind, text=text)

    def _written(self, sentences: list[str], roles: Mapping[str, str]) -> str:
        body = " ".join(PLACEHOLDER.sub(lambda m: f"{{{roles.get(m[1], m[1])}.{m[2]}}}", one) for one in sentences)
        return f"{OPENING[self.language]}\n\n{body}"

    def _sibling(self, drafted: Drafted) -> str | None:
        return self._swapped(drafted, lambda source, name: list(_siblings(drafted.context, source, name)))

    def _other_order(self, drafted: Drafted) -> str | None:
        if "F2" not in drafted.context.sources:
            return None
        return self._swapped(drafted, lambda source, name: list(_of_the_other(drafted.context, source, name)))

    def _swapped(self, drafted: Drafted, others: Any) -> str | None:
        places = [(m, others(m[1], m[2])) for m in PLACEHOLDER.finditer(drafted.text) if m[1] != "caller"]
        places = [(match, found) for match, found in places if found]
        if not places:
            return None
        match, found = self.random.choice(places)
        source, name = self.random.choice(found)
        return f"{drafted.text[: match.start()]}{{{source}.{name}}}{drafted.text[match.end() :]}"

    def _denied(self, lines: list[Sentence], roles: dict[str, str]) -> str | None:
        deniable = [line for line in lines if line.deny]
        if not deniable:
            return None
        chosen = self.random.choice(deniable)
        return self._written([line.deny if line is chosen else line.say for line in lines], roles)

    def _promised(self, lines: list[Sentence], roles: dict[str, str]) -> str:
        promise = self.random.choice(self.lines["promises"]).deny
        return self._written([*(line.say for line in lines), promise], roles)

    def _untrue(self, drafted: Drafted, lines: list[Sentence], roles: dict[str, str]) -> str | None:
        foreign = [
            line.say
            for situation in UNTRUE_IN.get(drafted.situation, ())
            for line in self.lines.get(situation, [])
            if line.deny and _known(line.say, roles, drafted.context)
        ]
        return self._written([*(line.say for line in lines), self.random.choice(foreign)], roles) if foreign else None

    def _literal(self, drafted: Drafted) -> str | None:
        """A figure of its own where a fact should stand, off by what a careless reader would miss."""
        places = [
            (match, value)
            for match in PLACEHOLDER.finditer(drafted.text)
            if isinstance(value := drafted.context.sources[match[1]].get(match[2]), Money | datetime)
        ]
        if not places:
            return None
        match, value = self.random.choice(places)
        wrong = Money(value.minor + 100, value.currency) if isinstance(value, Money) else value + timedelta(days=1)
        said = say(wrong, self.language, ZONE)
        return f"{drafted.text[: match.start()]}{said}{drafted.text[match.end() :]}"


def _names_the_order(text: str) -> bool:
    return "{order.number}" in text or "{quote.order}" in text


def _known(text: str, roles: Mapping[str, str], context: Context) -> bool:
    return all(name in context.sources.get(roles.get(role, role), {}) for role, name in PLACEHOLDER.findall(text))


def _siblings(context: Context, source: str, name: str) -> Iterator[tuple[str, str]]:
    """Fields of the same kind and the same order with another value."""
    order, value = context.order_of.get(source), context.sources[source][name]
    for other, fields in context.sources.items():
        if context.order_of.get(other) != order:
            continue
        for field, held in fields.items():
            if name == field == "items" or {name, field} == {"city", "address"}:  # both are true
                continue
            if category_of(field) == category_of(name) and not same(held, value, ZONE):
                yield other, field


def _of_the_other(context: Context, source: str, name: str) -> Iterator[tuple[str, str]]:
    if name not in {"number", "order"} and source != "F2":
        held, value = context.sources["F2"].get(name), context.sources[source][name]
        if held is not None and not same(held, value, ZONE):
            yield "F2", name
