"""A text as words that compare: lower case, no accents, no plural; and what the closed lists of a language hold."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "fr", "es", "de")
WORD = re.compile(r"\d+(?:[.,]\d+)?|[a-z]+")


def folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(char for char in plain if not unicodedata.combining(char))


@cache
def tokens(text: str) -> tuple[str, ...]:
    """Words and numbers apart ("500ml" is two), in the form that compares."""
    return tuple(map(stem, WORD.findall(folded(text))))


def stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ves"):
        return word[:-3] + "f"
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def places_of(wanted: tuple[str, ...], among: tuple[str, ...]) -> list[int]:
    """Where the words stand one after another."""
    size = len(wanted)
    return [at for at in range(len(among) - size + 1) if size and among[at : at + size] == wanted]


@cache
def listed(table: str, name: str) -> re.Pattern[str]:
    """One pattern of a closed list over all languages, for folded text; it matches nothing where no list has it."""
    patterns = [one for language in LANGUAGES for one in _lists(language).get(table, {}).get(name, ())]
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)") if patterns else re.compile(r"(?!)")


@cache
def counts() -> Mapping[str, int]:
    """Number words of all languages."""
    return {
        word: int(number)
        for language in LANGUAGES
        for number, words in _lists(language).get("counts", {}).items()
        for word in words
    }


@cache
def small() -> frozenset[str]:
    """Words that name no goods, in the form that compares."""
    return frozenset(
        stem(word) for language in LANGUAGES for word in _lists(language).get("small", {}).get("words", ())
    )


@cache
def _lists(language: str) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    path = Path(__file__).parent / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
