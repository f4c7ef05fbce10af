"""What a finished text says: sentences, amounts, dates, ids, its language. No ledger, no verdicts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from agent.checking.finding import dates_in
from agent.checking.lexicon import Lexicon, lexicon
from eval.grading.words import SPOKEN

Span = tuple[int, int]
END = re.compile(r"[.!?…]+(?=\s|$)|\n+")
NUMBER = r"\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
SIGN = r"€|\$|£|(?:EUR|USD|GBP|CHF|CAD|euros?|dollars?|pounds?)\b"
AMOUNT = re.compile(rf"(?i)(?:(?:{SIGN})[ \u00a0\u202f]?({NUMBER})|({NUMBER})[ \u00a0\u202f]?(?:{SIGN}))")
ID = re.compile(r"#?[A-Za-z0-9]*\d[A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
RELATIVE: Mapping[str, Mapping[str, int]] = {
    "en": {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1},
    "fr": {"aujourd'hui": 0, "aujourd’hui": 0, "demain": 1, "hier": -1},
    "es": {"hoy": 0, "ayer": -1},
    "de": {"heute": 0, "gestern": -1},
}
"""By language: a French yesterday is a German here. Words that mean a part of the day too are not among them."""
RELATIVELY = {language: re.compile(rf"(?i)(?<!\w)(?:{'|'.join(words)})(?!\w)") for language, words in RELATIVE.items()}
ADDRESS = re.compile(r"\b\d{1,4}(?: ?(?:bis|ter|[a-d]))?,? [^\n.!?]{3,60}?\b\d{4,5}\b[^\n.!?]*")
"""House number to postcode and town."""


@dataclass(frozen=True, slots=True)
class Said:
    """A value in a text: `value` is minor units of an amount, the days that a date may be, or an id without its #."""

    start: int
    end: int
    value: int | tuple[tuple[int | None, int, int], ...] | str


def sentences(text: str) -> Iterator[tuple[int, Span]]:
    """With the number of the paragraph that each is in."""
    for number, paragraph in enumerate(re.finditer(r"(?s).+?(?:\n[ \t]*\n|\Z)", text)):
        start, end = paragraph.span()
        for mark in END.finditer(text, start, end):
            if text[start : mark.end()].strip():
                yield number, (start, mark.end())
            start = mark.end()
        if text[start:end].strip():
            yield number, (start, end)


def amounts(text: str) -> list[Said]:
    return [Said(*found.span(), minor(found[1] or found[2])) for found in AMOUNT.finditer(text)]


def minor(written: str) -> int:
    """A mark before one or two last digits is the decimal mark; every other one groups thousands."""
    whole, _, cents = re.sub(r"[.,](\d{1,2})$", r"|\1", written).partition("|")
    return int(re.sub(r"\D", "", whole) or 0) * 100 + int((cents or "0").ljust(2, "0"))


def dates(text: str, language: str, today: date) -> list[Said]:
    found = [Said(start, end, tuple(days)) for start, end, days in dates_in(text, _lexicon(language))]
    spoken = language if language in RELATIVE else "en"
    for word in RELATIVELY[spoken].finditer(text):
        day = today + timedelta(days=RELATIVE[spoken][word[0].lower()])
        found.append(Said(*word.span(), ((day.year, day.month, day.day),)))
    return [one for one in found if not any(_within(one, other) for other in found)]


def _lexicon(language: str) -> Lexicon:
    found = lexicon(language) or lexicon("en")
    assert found, "the words of English are in the house"
    return found


def _within(one: Said, other: Said) -> bool:
    shorter = one.end - one.start < other.end - other.start
    return shorter and other.start <= one.start and one.end <= other.end


def ids(text: str, taken: list[Said]) -> list[Said]:
    """Everything else that holds a digit: order and tracking numbers, quantities, figures."""
    every = (Said(*found.span(), plain(found[0])) for found in ID.finditer(text))
    return [one for one in every if not any(one.start < other.end and other.start < one.end for other in taken)]


def plain(number: str) -> str:
    return number.lstrip("#").upper()


def is_day(day: date, said: tuple[tuple[int | None, int, int], ...]) -> bool:
    return any((day.month, day.day) == (month, number) and year in {None, day.year} for year, month, number in said)


def meant(text: str, place: int, sentence: Span, cues: Mapping[str, re.Pattern[str]]) -> str:
    """What the nearest word says that a value is: the last one before it in its sentence, else the first after it."""
    found = [
        (match.start(), -match.end(), name)
        for name, pattern in cues.items()
        for match in pattern.finditer(text, *sentence)
    ]
    before = [one for one in found if one[0] < place]
    after = [one for one in found if one[0] > place]
    if before:
        return max(before, key=lambda one: (-one[1], -one[0]))[2]
    return min(after)[2] if after else ""


def language_of(text: str) -> str | None:
    """By the small words of each language; None where they do not say. A street's name is of its own country."""
    spoken = ADDRESS.sub(" ", text)
    counted = sorted(((len(small.findall(spoken)), name) for name, small in SPOKEN.items()), reverse=True)
    (most, name), (next_, _) = counted[:2]
    return name if most >= 2 and most >= 2 * next_ else None
