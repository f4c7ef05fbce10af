"""The words that give a place its meaning, by language. A language without a file can not be checked, and says so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from agent.replies.templates import FOLDER

MACRO = re.compile(r"<(\w+)>")
Cues = Mapping[str, re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`cues` by category (money, date, id, term, word) and meaning; `states` by what they say has happened."""

    cues: Mapping[str, Cues]
    states: Cues
    negation: re.Pattern[str]
    unless: re.Pattern[str]
    numbers: re.Pattern[str]
    days: re.Pattern[str]
    months: Mapping[str, int]
    promises: re.Pattern[str]
    people: re.Pattern[str]
    personal: re.Pattern[str]
    greeting: re.Pattern[str]
    nobody: frozenset[str]


@cache
def lexicon(language: str) -> Lexicon | None:
    path = FOLDER / language / "checking.toml"
    if not path.exists():
        return None
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    words, macros = table["words"], table["macros"]
    _each, _any = partial(_patterns, macros), partial(_pattern, macros)
    return Lexicon(
        cues={category: _each(table[category]) for category in ("money", "date", "id", "term", "word")},
        states=_each(table["states"]),
        negation=_any(words["negation"]),
        unless=_any(words["unless"]),
        numbers=_any(words["numbers"]),
        days=_any(words["days"]),
        months={name: number for number, names in enumerate(words["months"], 1) for name in names},
        promises=_any(words["promises"]),
        people=_any(words["people"]),
        personal=_any(words["personal"]),
        greeting=re.compile(rf"(?im)^\s*(?:{'|'.join(words['greeting'])})\s+([^\W\d_][\w'’-]*)"),
        nobody=frozenset(words["nobody"]),
    )


def _patterns(macros: Mapping[str, str], table: Mapping[str, Sequence[str]]) -> Cues:
    return {meaning: _pattern(macros, patterns) for meaning, patterns in table.items()}


def _pattern(macros: Mapping[str, str], patterns: Sequence[str]) -> re.Pattern[str]:
    """One expression of all: whole words, upper and lower case alike, `<name>` replaced by the macro of that name."""
    whole = MACRO.sub(lambda name: macros[name[1]], "|".join(patterns))
    return re.compile(rf"(?i)(?<![\w])(?:{whole})(?![\w])")
