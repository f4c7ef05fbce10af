"""Which words are anybody's: those of Wismo's own examples, and those that several customers' tickets hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from agent.brains.classifier import examples

COMMON = 3
"""A word that so many customers' tickets hold names none of them."""
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
BEGINS = re.compile(r"(?:^|[.!?:;\n>(\"“«-])\s*$")


class Vocabulary:
    def __init__(self) -> None:
        self._lower: dict[str, set[str]] = {}
        self._capital: dict[str, set[str]] = {}

    def add(self, who: str, text: str) -> None:
        """A text of the ticket of this customer, whoever wrote it."""
        for found in WORD.finditer(text):
            word = found[0]
            inside = not BEGINS.search(text[max(0, found.start() - 8) : found.start()])
            kept = self._lower if word[0].islower() else self._capital if inside else None
            if kept is not None:
                held = kept.setdefault(folded(word), set())
                if len(held) < COMMON:
                    held.add(who)

    def common(self, word: str) -> bool:
        """An ordinary word: said of it even where it begins a sentence or is shouted."""
        key = folded(word)
        return key in _packaged() or len(self._lower.get(key, ())) >= COMMON

    def told(self, word: str) -> bool:
        """May a capital letter stand? A product, a carrier, a weekday: the word of several customers."""
        key = folded(word)
        return len(key) == 1 or self.common(word) or len(self._capital.get(key, ())) >= COMMON

    def begins(self, word: str) -> bool:
        """The same at the beginning of a sentence, where every word has its capital."""
        return self.told(word) or folded(word) in self._lower


def folded(word: str) -> str:
    """Without case and accents: Zoé and ZOE are one."""
    bare = unicodedata.normalize("NFKD", word.replace("’", "'")).casefold()
    return "".join(char for char in bare if not unicodedata.combining(char))


def pieces(name: str) -> Iterable[str]:
    """The words of a name that are long enough to tell somebody apart."""
    return (folded(one) for one in re.split(r"[\W\d_]+", name) if len(one) >= 2)


@cache
def _packaged() -> frozenset[str]:
    return frozenset(folded(word) for text, *_ in examples() for word in WORD.findall(text))
