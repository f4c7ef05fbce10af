"""Whether the words ask for something to be done with a thing that is none of an order's lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agent.case import Intent
from agent.meaning.items import means_everything, speaks_of
from agent.meaning.words import folded, listed, small, stem
from tools.orders.model import Line

WORD = re.compile(r"[^\W\d_]+|\S")
LONGEST = 3
"""Words of a thing's name that are looked at."""


def other_goods(text: str, lines: Sequence[Line], intent: Intent) -> bool:
    """A thing is named as what is to go back, or as what is wrong, and no line has a word of it."""
    if means_everything(text) or any(speaks_of(text, line.name) for line in lines):
        return False
    return any(_is_a_thing(words) for words in _named(folded(text), intent))


def _named(plain: str, intent: Intent) -> Iterator[list[str]]:
    """What stands behind "return the", "annuler la"; of a claim also what stands at the head of a sentence."""
    for found in listed("items", "object").finditer(plain):
        yield _head(plain[found.end() :])
    if intent is Intent.MISSING_OR_DAMAGED:
        for clause in re.split(r"[.,;:!?\n]+", plain):
            begins = listed("items", "subject").match(clause.strip())
            if begins:
                yield _head(clause.strip()[begins.end() :])


def _head(rest: str) -> list[str]:
    """Up to the first small word, that word included: "last order" is no thing of its own."""
    words: list[str] = []
    for word in WORD.findall(rest)[: LONGEST + 1]:
        if not word.isalpha():
            break
        words.append(word)
        if stem(word) in small():
            break
    return words


def _is_a_thing(words: Sequence[str]) -> bool:
    telling = [word for word in words if stem(word) not in small()]
    known = listed("items", "no_thing")
    return bool(telling) and not any(known.fullmatch(word) for word in words)
