"""Does the help centre say already what people answer?"""

from __future__ import annotations

from collections.abc import Iterator

from agent.gaps.grouping import Meanings
from agent.learning.wording import sentences
from knowledge.search import Searcher

SAID = 0.68
"""Least mean, over the answer's sentences, of the cosine with the nearest sentence of the passages found.

Seven answers from the demo help centre and paraphrases: .67 to 1.00 where their article was there, .57 to .66 where it
was taken out; the cosine of whole answer and passage did not tell them apart (.65 to .97, .62 to .89).
"""
LOOKED_AT = 4
SHORTEST = 15


class HelpCentre:
    def __init__(self, search: Searcher, meanings: Meanings) -> None:
        self._search = search
        self._meanings = meanings

    def says(self, question: str, answer: str, language: str) -> bool:
        """Found by question or answer, in any language, and sentence by sentence near in meaning."""
        found = {hit.text for query in (question, answer) for hit in self._search.search(query, LOOKED_AT, language)}
        there = [one for text in sorted(found) for one in _told(text)]
        mine = [*_told(answer)]
        if not there or not mine:
            return False
        near = self._meanings.of(mine) @ self._meanings.of(there).T
        return float(near.max(axis=1).mean()) >= SAID


def _told(text: str) -> Iterator[str]:
    return (one for one in sentences(text) if len(one) >= SHORTEST)
