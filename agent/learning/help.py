"""Does the help centre say already what people answer?"""

from __future__ import annotations

from agent.gaps.grouping import Meanings
from knowledge.search import Searcher

SAID = 0.62
"""Least cosine of the answer and a passage."""
LOOKED_AT = 4


class HelpCentre:
    def __init__(self, search: Searcher, meanings: Meanings) -> None:
        self._search = search
        self._meanings = meanings

    def says(self, question: str, answer: str, language: str) -> bool:
        """Found by question or answer, in any language, and near to the answer in meaning."""
        found = [hit for query in (question, answer) for hit in self._search.search(query, LOOKED_AT, language)]
        if not found:
            return False
        mine, *passages = self._meanings.of([answer, *(hit.text for hit in found)])
        return max(float(mine @ one) for one in passages) >= SAID
