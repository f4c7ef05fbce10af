"""The right fact in the right place: the words around a value say what it is taken for, and it must be that.

A figure with no such word near it is refused where the record holds another of its kind that differs: nobody could
tell which one is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from agent.checking.lexicon import Lexicon
from agent.checking.problem import Problem
from agent.checking.reading import Mention, Span, inside, paragraphs, sentences
from agent.checking.record import Context
from tools.contract import Value
from tools.orders.money import Money

MEANINGS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "money": {
        "total": frozenset({"total", "payment"}),
        "paid": frozenset({"paid"}),
        "amount": frozenset({"refund"}),
        "refund": frozenset({"refund"}),
        "refunded": frozenset({"refund"}),
        "fee": frozenset({"fee"}),
        "charge": frozenset({"charge"}),
    },
    "date": {
        "placed": frozenset({"placed"}),
        "promised": frozenset({"promised"}),
        "delivered": frozenset({"delivered"}),
        "cancelled": frozenset({"cancelled"}),
        "shipped": frozenset({"shipped"}),
        "scan": frozenset({"scan"}),
        "refund_asked": frozenset({"refunding", "asked"}),
        "refund_settled": frozenset({"refunding", "refunded"}),
        "until": frozenset({"until"}),
    },
    "id": {
        "number": frozenset({"number"}),
        "order": frozenset({"number"}),
        "tracking": frozenset({"tracking"}),
        "rma": frozenset({"rma"}),
        "reference": frozenset({"rma", "reference"}),
        "approval": frozenset({"reference"}),
    },
    "term": {
        "status": frozenset({"status"}),
        "refund_state": frozenset({"refund_state"}),
        "return_state": frozenset({"return_state"}),
    },
    "word": {
        "carrier": frozenset({"carrier"}),
        "scan_place": frozenset({"scan_place"}),
        "city": frozenset({"city"}),
        "address": frozenset({"city"}),
        "items": frozenset({"items"}),
    },
}
NEEDS_A_CUE = frozenset({"money", "date"})
PLACES = frozenset({"address", "city", "scan_place"})
AFTER, BEYOND, FAR = 8, 40, 85
"""Characters: what a word after its value, or beyond another value, counts as farther; what is too far for a name."""


@dataclass(frozen=True, slots=True)
class Cue:
    start: int
    end: int
    meaning: str


def category_of(name: str) -> str | None:
    return next((category for category, fields in MEANINGS.items() if name in fields), None)


def misplaced(text: str, mentions: Sequence[Mention], words: Lexicon, context: Context) -> Iterator[Problem]:
    for paragraph in paragraphs(text):
        before: dict[str, Cue] = {}
        named = {one.category for one in mentions if inside(paragraph, one)}
        for sentence in sentences(text, paragraph):
            for category in (one for one in MEANINGS if one in named):
                found = [one for one in mentions if one.category == category and inside(sentence, one)]
                cues = _cues(text, sentence, words.cues[category], mentions)
                cues = [cue for cue in cues if category != "date" or _is_held(cue, context)]
                taken = _subjects(found, cues) if category == "term" else _paired(found, cues)
                for mention in found:
                    yield from _judged(text, mention, taken.get(mention.start) or before.get(category), context)
                if cues:
                    before[category] = cues[-1]


def _is_held(cue: Cue, context: Context) -> bool:
    """Whether the record has a date of this meaning: "went through" is of no refund where there is none."""
    meant = {name for name, meanings in MEANINGS["date"].items() if meanings & set(cue.meaning.split("|"))}
    return any(meant & fields.keys() for fields in context.sources.values())


def stale(text: str, mentions: Sequence[Mention], context: Context) -> Iterator[Problem]:
    """What was read before an action of this turn changed it."""
    for one in mentions:
        if one.means and context.stale.issuperset(one.means):
            yield Problem("wrong_place", text[one.start : one.end], "this was read before it was changed in this turn")


def mixed(text: str, mentions: Sequence[Mention], context: Context) -> Iterator[Problem]:
    """One order at a time: what is said beside or after its number is of that order, until another is named."""
    for paragraph in paragraphs(text):
        current: str | None = None
        for sentence in sentences(text, paragraph):
            held = sorted((one for one in mentions if inside(sentence, one)), key=lambda one: one.start)
            named = {owner for one in held if _names_an_order(one) for owner in _owners(one, context)}
            current = next(iter(named)) if len(named) == 1 else current
            for mention in held:
                owners = _owners(mention, context)
                if (_names_an_order(mention) or current is None) and len(owners) == 1:
                    current = next(iter(owners))
                elif owners and current and current not in owners:
                    yield Problem("two_orders", text[mention.start : mention.end], f"this is not of order {current}")


def _names_an_order(mention: Mention) -> bool:
    return any(name in {"number", "order"} for _, name in mention.means)


def _owners(mention: Mention, context: Context) -> set[str]:
    return {context.order_of[source] for source, _ in mention.means if source in context.order_of}


def order_at(place: int, mentions: Sequence[Mention], context: Context, paragraph: Span) -> str | None:
    """The order that is spoken of at a place: the last one named before it, else the next, else the only one."""
    named = [
        (one.start, context.order_of[one.means[0][0]])
        for one in mentions
        if one.means and one.means[0][0] in context.order_of and paragraph[0] <= one.start < paragraph[1]
    ]
    before = [number for start, number in named if start < place]
    after = [number for start, number in named if start >= place]
    alone = next(iter(context.records)) if len(context.records) == 1 else None
    return before[-1] if before else (after[0] if after else alone)


def same(one: Value | None, other: Value | None, timezone: str) -> bool:
    """Equal as a reader sees them: moments by their day in the shop's time zone."""
    return one is not None and other is not None and _seen(one, timezone) == _seen(other, timezone)


def _seen(value: Value, timezone: str) -> object:
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(timezone)).date()
    return value


def _cues(text: str, sentence: Span, table: Mapping[str, Any], mentions: Sequence[Mention]) -> list[Cue]:
    """Longest first where they overlap; never inside a value."""
    found = [
        Cue(match.start(), match.end(), meaning)
        for meaning, pattern in table.items()
        for match in pattern.finditer(text, *sentence)
    ]
    kept: list[Cue] = []
    for cue in sorted(found, key=lambda one: one.start - one.end):
        taken = any(cue.start < other.end and other.start < cue.end for other in kept)
        if not taken and not any(one.start <= cue.start < one.end for one in mentions):
            kept.append(cue)
    return sorted(kept, key=lambda one: one.start)


def _paired(found: Sequence[Mention], cues: Sequence[Cue]) -> dict[int, Cue]:
    """The word of each value, by the value's start: nearest pairs first, each word for one value while words last."""
    pairs = sorted(
        ((_distance(mention, cue, found), mention.start, cue) for mention in found for cue in cues),
        key=lambda pair: (pair[0], pair[1], pair[2].start),
    )
    pairs = [pair for pair in pairs if pair[0] <= FAR or found[0].category not in {"id", "word"}]
    taken: dict[int, Cue] = {}
    for once in (True, False):
        for _, start, cue in pairs:
            if start not in taken and not (once and cue in taken.values()):
                taken[start] = cue
    return taken


def _distance(mention: Mention, cue: Cue, found: Sequence[Mention]) -> int:
    """In characters. A word after its value counts as farther, one beyond another value as much farther."""
    begin, end = (cue.end, mention.start) if cue.end <= mention.start else (mention.end, cue.start)
    between = sum(begin <= one.start < end for one in found if one is not mention)
    return end - begin + (AFTER if cue.start >= mention.end else 0) + BEYOND * between


def _subjects(found: Sequence[Mention], cues: Sequence[Cue]) -> dict[int, Cue]:
    """Whose state it is: the last thing named before, whatever stands between."""
    before = {one.start: [cue for cue in cues if cue.end <= one.start] for one in found}
    return {start: named[-1] for start, named in before.items() if named}


def _judged(text: str, mention: Mention, cue: Cue | None, context: Context) -> Iterator[Problem]:
    said = text[mention.start : mention.end]
    if cue is None:
        if any(name in PLACES for _, name in mention.means) and said.startswith("{"):
            yield Problem("wrong_place", said, "nothing beside it says what it is")
        if mention.category in NEEDS_A_CUE and _could_be_another(mention, context):
            yield Problem("wrong_place", said, "nothing beside it says what it is")
        return
    if not any(_fits(source, name, cue.meaning, mention.category, context) for source, name in mention.means):
        fields = " or ".join(dict.fromkeys(name for _, name in mention.means))
        yield Problem("wrong_place", said, f"the record's {fields}, told as {cue.meaning}")


def _fits(source: str, name: str, meaning: str, category: str, context: Context) -> bool:
    """By its own meaning, or because what is meant has the same value."""
    fields = MEANINGS[category]
    wanted = set(meaning.split("|"))
    if name not in fields or wanted & fields[name]:
        return True
    value = context.sources.get(source, {}).get(name)
    if name == "paid" and "payment" in wanted and isinstance(value, Money) and value.minor:
        return True
    meant = (other for other, meanings in fields.items() if wanted & meanings)
    return any(same(value, _of_order(source, other, context), context.timezone) for other in meant)


def _of_order(source: str, name: str, context: Context) -> Value | None:
    number = context.order_of.get(source)
    record = context.records.get(number) if number else None
    return context.sources.get(source, {}).get(name) or (record.values.get(name) if record else None)


def _could_be_another(mention: Mention, context: Context) -> bool:
    """Whether the record holds a value of this kind that is not this one."""
    values = [context.sources.get(source, {}).get(name) for source, name in mention.means]
    kinds = (Money,) if mention.category == "money" else (date, datetime)
    others = [value for held in context.sources.values() for value in held.values() if isinstance(value, kinds)]
    return any(not any(same(one, value, context.timezone) for value in values) for one in others)
