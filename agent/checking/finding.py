"""What a reply mentions: placeholders in a draft; in finished text the figures, dates and ids that facts hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from agent.checking.lexicon import Lexicon
from agent.checking.places import category_of
from agent.checking.problem import Problem
from agent.checking.reading import Mention
from agent.checking.record import Context
from agent.replies.templates import PLACEHOLDER
from tools.contract import Value
from tools.orders.model import Address
from tools.orders.money import Money

SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "euro": "EUR", "euros": "EUR", "dollars": "USD", "pounds": "GBP"}
AMOUNT = r"\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})*(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
UNIT = r"€|\$|£|(?:EUR|USD|GBP|CHF|CAD|euros?|dollars|pounds)\b"
MONEY = re.compile(
    rf"(?i)(?P<before>{UNIT})[ \u00a0\u202f]?(?P<a>{AMOUNT})|(?P<b>{AMOUNT})[ \u00a0\u202f]?(?P<after>{UNIT})"
)
ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?")
SLASHED = re.compile(r"\b(\d{1,2})(?:/(\d{1,2})(?:/(\d{2,4}))?|\.(\d{1,2})\.(\d{2,4})?)(?!\w)")
Found = Iterator[Mention]


def placeholders(text: str, context: Context) -> tuple[list[Mention], list[Problem]]:
    found, unknown = [], []
    for match in PLACEHOLDER.finditer(text):
        source, name = match[1], match[2]
        if name not in context.sources.get(source, {}):
            unknown.append(Problem("unknown_placeholder", match[0], "no fact of this case has it"))
        found.append(Mention(match.start(), match.end(), category_of(name) or "other", ((source, name),)))
    return found, unknown


def in_text(text: str, lexicon: Lexicon, context: Context) -> list[Mention]:
    """Longest first where they overlap: the 12 of "12 November" is not a figure of its own."""
    every = [*_money(text, context), *_dates(text, lexicon, context), *_words(text, context)]
    kept: list[Mention] = []
    for one in sorted(every, key=lambda each: each.start - each.end):
        if not any(one.start < other.end and other.start < one.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def _money(text: str, context: Context) -> Found:
    for match in MONEY.finditer(text):
        unit = (match["before"] or match["after"]).lower()
        value = _minor(match["a"] or match["b"])
        currency = SIGNS.get(unit, unit.upper())
        means = tuple(
            (source, name)
            for source, name, held in _values(context)
            if isinstance(held, Money) and (held.minor, held.currency) == (value, currency)
        )
        if means:
            yield Mention(match.start(), match.end(), "money", means)


def _minor(written: str) -> int | None:
    """A comma or a full stop before two or one last digits is the decimal mark; every other mark groups thousands."""
    marked = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}))?", written.strip())
    if marked is None:
        return None
    whole = re.sub(r"\D", "", marked[1])
    try:
        return int(Decimal(f"{whole}.{marked[2] or 0}") * 100)
    except InvalidOperation:
        return None


def _dates(text: str, lexicon: Lexicon, context: Context) -> Found:
    for start, end, days in dates_in(text, lexicon):
        means = tuple(
            (source, name)
            for source, name, held in _values(context)
            if isinstance(held, date) and any(_is_day(held, one, context.timezone) for one in days)
        )
        if means:
            yield Mention(start, end, "date", means)


def dates_in(text: str, lexicon: Lexicon) -> Iterator[tuple[int, int, list[tuple[int | None, int, int]]]]:
    """Places where a date stands, with what it may be: (year or None, month, day)."""
    for match in ISO.finditer(text):
        yield match.start(), match.end(), [(int(match[1]), int(match[2]), int(match[3]))]
    for match in SLASHED.finditer(text):
        written = match[3] or match[5]
        year = (int(written) + (2000 if len(written) < 3 else 0)) if written else None
        first, second = int(match[1]), int(match[2] or match[4])
        yield match.start(), match.end(), [(year, second, first), (year, first, second)]
    names = "|".join(sorted(map(re.escape, lexicon.months), key=len, reverse=True))
    for pattern in (
        rf"(?i)\b(?P<d>\d{{1,2}})(?:er|st|nd|rd|th|\.)?(?: of| de)? (?P<m>{names})\b\.?"
        rf"(?:,? (?:de )?(?P<y>\d{{4}}))?",
        rf"(?i)\b(?P<m>{names})\b\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y>\d{{4}}))?",
    ):
        for match in re.finditer(pattern, text):
            year = int(match["y"]) if match["y"] else None
            yield match.start(), match.end(), [(year, lexicon.months[match["m"].lower()], int(match["d"]))]


def _is_day(held: date, given: tuple[int | None, int, int], timezone: str) -> bool:
    day = held.astimezone(ZoneInfo(timezone)).date() if isinstance(held, datetime) else held
    year, month, number = given
    return (day.month, day.day) == (month, number) and year in {None, day.year}


def _words(text: str, context: Context) -> Found:
    """Ids, names and places, as the record writes them. States are judged by what they say (agent.checking.states)."""
    folded = text.lower()
    spoken: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for source, name, held in _values(context):
        category = category_of(name) or "other"
        for written in _as_words(held):
            spoken.setdefault((written.lower(), category), []).append((source, name))
    for (written, category), means in spoken.items():
        for match in re.finditer(rf"(?<![\w-]){re.escape(written)}(?![\w-]|[.,]\d)", folded):
            yield Mention(match.start(), match.end(), category, tuple(means))


def _as_words(held: Value) -> Iterator[str]:
    match held:
        case Address():
            yield held.one_line()
        case tuple():
            yield from held
        case str() if held:
            yield held
            if held.startswith("#"):
                yield held[1:]
        case int() if not isinstance(held, bool):
            yield str(held)


def _values(context: Context) -> Iterator[tuple[str, str, Value]]:
    held: Mapping[str, Value]
    for source, held in context.sources.items():
        for name, value in held.items():
            yield source, name, value
