"""Every order fact in the words that were sent equals the ledger at that moment.

Amounts, dates, ids, items and carriers are read from the finished text and held against the orders: the right value of
the right order, told as what it is. What is said to have happened is judged by agent.checking.states over a record made
from the ledger alone; its words are shared with the agent's own check, so a statement in words that those do not know
escapes both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from agent.checking import Context, Record, check_text
from agent.checking.record import records_of
from eval.grading import reading, words
from eval.grading.effects import allowed, every_quote, sums
from eval.grading.evidence import HOLDS, Evidence, Turn, Verdict
from eval.grading.policy import wishes
from eval.grading.reading import Said, Span, plain
from tools.orders.agreement import Action
from tools.orders.model import Order
from tools.orders.terms import Terms
from tools.views import order_fact

STATES = frozenset({"false_status", "negated_status"})
OPEN = "nothing in the record bears out"
"""How the check says that it found no state to hold a statement against."""
CARRIERS = re.compile(
    r"(?<!\w)(?:DHL|UPS|FedEx|GLS|DPD|Colissimo|Chronopost|Mondial Relay|La Poste|USPS|Royal Mail|Evri|TNT)(?!\w)"
)
SMALL = 3
"""Digits: a longer figure is an id or an amount, and never a quantity."""


def facts(evidence: Evidence) -> Verdict:
    told = [turn for turn in evidence.turns if turn.reply.strip()]
    if not told:
        return Verdict(None, "no reply to read")
    found: list[str] = []
    unsure: list[str] = []
    for number, turn in enumerate(told):
        found += _of_turn(turn, evidence, told[: number + 1])
        for why, sure in _states(turn, told[: number + 1], evidence):
            (found if sure else unsure).append(why)
    if found:
        return Verdict(False, "; ".join(dict.fromkeys(found)))
    return Verdict(None, unsure[0]) if unsure else HOLDS


def _of_turn(turn: Turn, evidence: Evidence, so_far: Sequence[Turn]) -> Iterator[str]:
    ledger = Ledger(turn, evidence, " ".join(one.message for one in so_far))
    text = _without(turn.reply, turn.passages)
    taken = [*reading.amounts(text)]
    dates = [one for one in reading.dates(text, turn.language, ledger.today) if not _overlaps(one, taken)]
    ids = reading.ids(text, [*taken, *dates])
    undated = _blanked(text, dates)
    before: tuple[int, list[Order]] = (-1, [])
    for paragraph, sentence in reading.sentences(text):
        named = _named(undated[slice(*sentence)], turn.after)
        orders = named or (before[1] if before[0] == paragraph else []) or list(turn.after)
        before = (paragraph, named or (before[1] if before[0] == paragraph else []))
        yield from _amounts(text, sentence, taken, orders, ledger)
        yield from _dates(text, sentence, dates, orders, ledger)
        yield from _ids(text, sentence, ids, orders, ledger)
        yield from _names_of_things(text[slice(*sentence)], named or before[1], ledger)


def _without(reply: str, passages: Iterable[str]) -> str:
    """What is quoted from the help centre word for word speaks of nobody's order."""
    for passage in passages:
        for line in filter(None, map(str.strip, passage.splitlines())):
            reply = reply.replace(line, " " * len(line)) if len(line) > SMALL else reply
    return reply


def _overlaps(one: Said, others: Iterable[Said]) -> bool:
    return any(one.start < other.end and other.start < one.end for other in others)


def _blanked(text: str, said: Iterable[Said]) -> str:
    """The year of a date is no order's number."""
    for one in said:
        text = f"{text[: one.start]}{' ' * (one.end - one.start)}{text[one.end :]}"
    return text


def _named(words_: str, orders: Iterable[Order]) -> list[Order]:
    return [one for one in orders if re.search(rf"(?<![\w-])#?{re.escape(one.number.lstrip('#'))}(?![\w-])", words_)]


class Ledger:
    """What may be said in a turn, by order."""

    def __init__(self, turn: Turn, evidence: Evidence, messages: str) -> None:
        self.turn, self.evidence = turn, evidence
        self.terms: Terms = evidence.policy.terms
        self.zone = ZoneInfo(self.terms.timezone)
        self.today = turn.at.astimezone(self.zone).date()
        self.quoted = " ".join(turn.passages)
        self.echoed = {plain(found[0]) for found in reading.ID.finditer(messages)}
        self._before = {order.id: order for order in turn.before}

    def money(self, order: Order, role: str) -> set[int]:
        then = self._before.get(order.id, order)
        total = {order.total.minor, sum(one.captured.minor for one in order.tenders)}
        refunds = [one.amount.minor for one in order.refunds]
        new = refunds[len(then.refunds) :]
        paid = sum(one.amount.minor for one in order.refunds if one.state == "succeeded")
        back = {*new} if new else {*refunds, sum(refunds), paid, *sums(then, self.terms, self.turn.at)}
        fees = {self.terms.return_label_fee, self.terms.restocking_fee}
        fees |= {self.terms.return_label_fee + self.terms.restocking_fee}
        prices = {line.unit_price.minor for line in order.lines}
        others = {abs(one - price) * n for one in self.evidence.prices for price in prices for n in (1, 2, 3)}
        swaps = others | {abs(one.difference) for one in order.exchanges} | self.evidence.prices
        named = {"total": total, "refund": back | swaps, "fee": fees, "charge": swaps}
        return named[role] if role in named else total | back | fees | prices | swaps

    def days(self, order: Order, role: str) -> set[date]:
        parcels, refunds = order.shipments, order.refunds
        rulings = (quote.ruling.until for quote in every_quote(order, self.terms, self.turn.at))
        held: dict[str, Iterable[datetime | None]] = {
            "promised": (order.promised_at,),
            "delivered": (order.delivered_at, *(one.delivered_at for one in parcels)),
            "placed": (order.placed_at,),
            "shipped": tuple(one.shipped_at for one in parcels),
            "cancelled": (order.cancelled_at, *(one.requested_at for one in refunds)),
            "scan": tuple(scan.at for one in parcels for scan in one.events),
            "refund": tuple(at for one in refunds for at in (one.requested_at, one.settled_at)),
            "until": tuple(rulings),
        }
        chosen = held[role] if role in held else [at for every in held.values() for at in every]
        return {at.astimezone(self.zone).date() for at in chosen if at}

    def ids(self, order: Order) -> set[str]:
        """Every piece of the order that holds a digit."""
        pieces = [order.number, order.address.one_line(), *(line.name for line in order.lines)]
        pieces += [value for line in order.lines for value in line.options.values()]
        pieces += [one.tracking_number for one in order.shipments] + [one.number for one in order.returns]
        pieces += [*(str(one.id) for one in order.returns), *(str(one.id) for one in order.refunds)]
        found = {plain(match[0]) for piece in pieces for match in reading.ID.finditer(piece)}
        return found | {str(units) for line in order.lines for units in range(1, line.quantity + 1)}

    @property
    def common(self) -> set[str]:
        """Figures that are of no order: the shop's terms, small ones that the customer wrote, what was cited;

        and the parts of a new address."""
        terms = {str(value) for value in self.terms.model_dump().values() if isinstance(value, int)}
        shop = f"{self.evidence.policy.shop.name} {self.evidence.policy.voice.signature} {self.quoted}"
        moves = any(one.action == Action.CHANGE_ADDRESS for one in self.turn.actions)
        short = {one for one in self.echoed if len(one) <= SMALL or moves}
        return terms | short | {plain(found[0]) for found in reading.ID.finditer(shop)}


def _inside(sentence: Span, said: Iterable[Said]) -> Iterator[Said]:
    return (one for one in said if sentence[0] <= one.start < sentence[1])


def _amounts(text: str, sentence: Span, said: Sequence[Said], orders: Sequence[Order], ledger: Ledger) -> Iterator[str]:
    for one in _inside(sentence, said):
        written, role = text[one.start : one.end], reading.meant(text, one.start, sentence, words.MONEY)
        if not any(one.value in ledger.money(order, role) for order in orders) and written not in ledger.quoted:
            yield f"{written} is not {f'the {role}' if role else 'an amount'} of {_of(orders)}"


def _dates(text: str, sentence: Span, said: Sequence[Said], orders: Sequence[Order], ledger: Ledger) -> Iterator[str]:
    for one in _inside(sentence, said):
        written, role = text[one.start : one.end], reading.meant(text, one.start, sentence, words.DATES)
        assert isinstance(one.value, tuple)
        days = {day for order in orders for day in ledger.days(order, role)}
        if not any(reading.is_day(day, one.value) for day in days) and written not in ledger.quoted:
            yield f"{written} is not {f'when it was {role}' if role else 'a date'} of {_of(orders)}"


def _ids(text: str, sentence: Span, said: Sequence[Said], orders: Sequence[Order], ledger: Ledger) -> Iterator[str]:
    unknown = ledger.echoed if _denies(text[slice(*sentence)]) else frozenset[str]()
    common = ledger.common | unknown
    own = {value for order in orders for value in ledger.ids(order)}
    for one in _inside(sentence, said):
        if one.value in own or one.value in common or _is_reference(str(one.value), ledger):
            continue
        if any(one.value in ledger.ids(order) for order in ledger.turn.after):
            yield f"{one.value} belongs to another order than {_of(orders)}"
        else:
            yield f"{one.value} stands in no order of the customer"


def _denies(sentence: str) -> bool:
    """A number that is none of theirs may be repeated to say so, or to ask; nothing may be told of it."""
    return sentence.rstrip().endswith("?") or bool(words.UNKNOWN.search(sentence))


def _is_reference(value: str, ledger: Ledger) -> bool:
    """An approval's number, told to a customer who waits for it."""
    return value.startswith("A-") and ledger.turn.disposition == "queued"


def _names_of_things(sentence: str, named: Sequence[Order], ledger: Ledger) -> Iterator[str]:
    """Items and carriers of an order that is named."""
    if not named:
        return
    held = {line.name.casefold() for order in named for line in order.lines}
    then = [order for order in ledger.turn.before if order.id in {one.id for one in named}]
    held |= {line.name.casefold() for order in then for line in order.lines}
    others = {line.name for order in ledger.turn.after for line in order.lines} - {""}
    for name in sorted(others):
        if name.casefold() not in held and name.casefold() in sentence.casefold():
            yield f"{name} is not in {_of(named)}"
    carriers = {(parcel.carrier or "").casefold() for order in named for parcel in order.shipments}
    for found in CARRIERS.finditer(sentence):
        if found[0].casefold() not in carriers:
            yield f"{found[0]} does not carry {_of(named)}"


def _of(orders: Sequence[Order]) -> str:
    return ", ".join(order.number for order in orders[:3]) if orders else "any order of the customer"


# -- what is said to have happened -----------------------------------------------------------------------------


def _states(turn: Turn, so_far: Sequence[Turn], evidence: Evidence) -> Iterator[tuple[str, bool]]:
    """Against the record, and whether it is sure: what the record does not know of is left open."""
    for problem in check_text(_without(turn.reply, turn.passages), _context(turn, so_far, evidence)):
        sure = OPEN not in problem.says
        if problem.code in STATES and (sure or not words.IDLE.search(problem.text)):
            yield f"{problem.text!r}: {problem.says}", sure


def _context(turn: Turn, so_far: Sequence[Turn], evidence: Evidence) -> Context:
    """Of the orders that the reply names, else of all: a day that several share does not tell which is meant."""
    today = turn.at.astimezone(ZoneInfo(evidence.policy.terms.timezone)).date()
    said = _blanked(turn.reply, reading.dates(turn.reply, turn.language, today))
    about = _named(said, turn.after) or turn.after
    told = [replace(order_fact(order), id=f"F{place}") for place, order in enumerate(about, 1)]
    made = [quote for order in about for quote in every_quote(order, evidence.policy.terms, turn.at)]
    records = records_of(told, (), turn.at, made)
    first = {order.id: order for one in reversed(so_far) for order in one.before}
    for order in about:
        states = _changed(first.get(order.id, order), order) | _claimable(order, turn, so_far, evidence)
        record = records[order.number]
        records[order.number] = Record(order.number, record.values, {**record.states, **states})
    return Context(
        turn.language,
        evidence.policy.terms.timezone,
        {fact.id: fact.fields for fact in told},
        {fact.id: order.number for fact, order in zip(told, about, strict=True)},
        records,
        turn.passages,
        person=True,
    )


def _claimable(order: Order, turn: Turn, so_far: Sequence[Turn], evidence: Evidence) -> dict[str, bool]:
    """Who tells of damage or loss may be refunded where others first send the goods back: while the rules allow it."""
    told = any(words.DAMAGE.search(past.message) or _harmed(past, evidence) for past in so_far)
    claims = told and allowed(order, "missing_or_damaged", evidence.policy.terms, turn.at)
    return {"can_refund": True} if claims else {}


def _harmed(turn: Turn, evidence: Evidence) -> bool:
    return any(one.intent == "missing_or_damaged" for one in wishes(turn, evidence))


def _changed(before: Order, after: Order) -> dict[str, bool]:
    """What only a comparison tells."""
    tenders = {one.payment_id for one in before.tenders} != {one.payment_id for one in after.tenders}
    return {"address_changed": before.address != after.address, "payment_changed": tenders}
