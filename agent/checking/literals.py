"""What a draft says in its own words: no figure, date, link, number word or promise that no cited passage holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from agent.checking.finding import dates_in
from agent.checking.lexicon import Lexicon
from agent.checking.problem import Code, Problem
from agent.checking.record import Context

FIGURE = re.compile(r"\d(?:[\d.,:/]*\d)?")
LINK = re.compile(
    r"(?i)\b[a-z][a-z0-9+.-]*://[^\s)\]>]+|\bjavascript:|\bwww\.[^\s)\]>]+|[\w.+-]+@[\w-]+\.[\w.-]+"
    r"|\b(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s)\]>]*)?"
)
ABBREVIATED = frozenset({"e.g", "i.e", "p.ex", "a.m", "p.m"})


def unsupported(literal: str, words: Lexicon, context: Context) -> Iterator[Problem]:
    """`literal` is the text without its facts."""
    yield from _hidden(literal)
    yield from _unquoted("unsupported_link", "no cited passage holds this address", _links(literal), context)
    dates = [(start, end) for start, end, _ in dates_in(literal, words)]
    said = (literal[start:end] for start, end in dates)
    yield from _unquoted("unsupported_date", "no fact and no cited passage holds this date", said, context)
    figures = {figure for passage in context.passages for figure in FIGURE.findall(passage)} | context.figures
    for found in FIGURE.finditer(literal):
        if found[0] not in figures and not any(start <= found.start() < end for start, end in dates):
            yield Problem("unsupported_figure", found[0], "no fact and no cited passage holds this figure")
    numbers = (found[0] for found in words.numbers.finditer(literal))
    yield from _unquoted("unsupported_figure", "a number in words that no cited passage holds", numbers, context)
    days = (found[0] for found in words.days.finditer(literal))
    yield from _unquoted("unsupported_date", "a day that no cited passage holds", days, context)


def _unquoted(code: Code, says: str, found: Iterable[str], context: Context) -> Iterator[Problem]:
    quoted = [passage.lower() for passage in context.passages]
    for text in found:
        if not any(_holds(passage, text.lower()) for passage in quoted):
            yield Problem(code, text, says)


def _links(literal: str) -> Iterator[str]:
    return (found[0] for found in LINK.finditer(literal) if found[0].lower() not in ABBREVIATED)


def promised(literal: str, words: Lexicon, context: Context) -> Iterator[Problem]:
    """What nobody will do, or nobody decided, is not promised; a person's answer only where one takes over."""
    made = (found[0] for found in words.promises.finditer(literal))
    yield from _unquoted("promise", "nothing that was decided bears out this promise", made, context)
    if not context.person:
        for found in words.people.finditer(literal):
            yield Problem("promise", found[0], "no person takes over or decides in this turn")


def misnamed(literal: str, words: Lexicon, context: Context) -> Iterator[Problem]:
    """A customer is greeted by their own name or by none."""
    for found in words.greeting.finditer(literal):
        if found[1].lower() not in words.nobody and found[1].lower() not in context.names and found[1][0].isupper():
            yield Problem("unsupported_name", found[1], "this is not the caller's name")


def _hidden(literal: str) -> Iterator[Problem]:
    """Characters that are not seen, and digits and letters that only look like ours."""
    for letter in dict.fromkeys(literal):
        kind = unicodedata.category(letter)
        odd_digit = kind in {"Nd", "Nl", "No"} and letter not in "0123456789°"
        if kind in {"Cf", "Co", "Cn"} or odd_digit or "FULLWIDTH" in unicodedata.name(letter, ""):
            yield Problem("hidden_characters", letter, unicodedata.name(letter, "a character without a name"))
    for word in re.findall(r"[^\W\d_]+", literal):
        scripts = {unicodedata.name(letter, "?").split()[0] for letter in word} & {"LATIN", "CYRILLIC", "GREEK"}
        if len(scripts) > 1:
            yield Problem("hidden_characters", word, "letters of several scripts in one word")


def _holds(passage: str, words: str) -> bool:
    """As whole words: "4" is not held by "14.90"."""
    return bool(re.search(rf"(?<![\w.,]){re.escape(words)}(?![\w]|[.,]\d)", passage))
