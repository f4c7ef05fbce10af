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
    """`cues` by category (money, date, id, term, word) and meaning. `subjects` and `predicates` make claims together,

    `alone` by themselves (agent.checking.states).
    """

    cues: Mapping[str, Cues]
    subjects: Cues
    predicates: Cues
    alone: Cues
    clause_end: re.Pattern[str]
    negation: re.Pattern[str]
    unless: re.Pattern[str]
    modals: re.Pattern[str]
    of: re.Pattern[str]
    after: re.Pattern[str]
    harmless: re.Pattern[str]
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
    each, one = partial(_patterns, macros), partial(_pattern, macros)
    return Lexicon(
        cues={category: each(table[category]) for category in ("money", "date", "id", "term", "word")},
        subjects=each(table["subjects"]),
        predicates=each(table["predicates"]),
        alone=each(table["alone"]),
        clause_end=re.compile(rf"(?i)[;:]|,(?!\d)|\s[–—-]\s|\s(?:{'|'.join(words['joins'])})\s"),
        negation=one(words["negation"]),
        unless=one(words["unless"]),
        modals=one(words["modals"]),
        after=one(words["after"]),
        of=re.compile(rf"(?i)\b(?:{'|'.join(words['of'])})\s+(?:{'|'.join(words['articles'])})?$"),
        harmless=one(words["harmless"]),
        numbers=one(words["numbers"]),
        days=one(words["days"]),
        months={name: number for number, names in enumerate(words["months"], 1) for name in names},
        promises=one(words["promises"]),
        people=one(words["people"]),
        personal=one(words["personal"]),
        greeting=re.compile(rf"(?im)^\s*(?:{'|'.join(words['greeting'])})\s+([^\W\d_][\w'’-]*)"),
        nobody=frozenset(words["nobody"]),
    )


def _patterns(macros: Mapping[str, str], table: Mapping[str, Sequence[str]]) -> Cues:
    return {meaning: _pattern(macros, patterns) for meaning, patterns in table.items()}


def _pattern(macros: Mapping[str, str], patterns: Sequence[str]) -> re.Pattern[str]:
    """One expression of all: whole words, upper and lower case alike, `<name>` replaced by the macro of that name."""
    whole = MACRO.sub(lambda name: macros[name[1]], "|".join(patterns))
    return re.compile(rf"(?i)(?<![\w])(?:{whole})(?![\w])")
