"""How often the right article of the demo help centre is found, by questions written apart from it.

questions/search.jsonl: `tuned` were looked at while the search was made; `heldout` were written afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from knowledge.search import Hit

HELP = Path(__file__).parent / "world" / "help"
QUESTIONS = Path(__file__).parent / "questions" / "search.jsonl"


class Searches(Protocol):
    def search(self, query: str, k: int = 10, language: str | None = None) -> tuple[Hit, ...]: ...


@dataclass(frozen=True, slots=True)
class Question:
    """`article` is the file's name without its ending; its twin in another language is not the answer."""

    language: str
    article: str
    query: str
    part: str


def questions() -> Iterator[Question]:
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        yield Question(**json.loads(line))


def recalled(searcher: Searches, asked: Sequence[Question], *, told_language: bool = True) -> dict[str, Any]:
    """Shares of the questions whose article is first, and among the first five; by language and part."""
    groups: dict[str, list[int]] = {}
    for one in asked:
        hits = searcher.search(one.query, 5, one.language if told_language else None)
        names = [Path(hit.source).stem if hit.language == one.language else "" for hit in hits]
        groups.setdefault(f"{one.language} {one.part}", []).append(_rank(names, one.article))
    return {
        name: {
            "questions": len(ranks),
            "first": round(sum(rank == 1 for rank in ranks) / len(ranks), 4),
            "among_five": round(sum(rank > 0 for rank in ranks) / len(ranks), 4),
        }
        for name, ranks in groups.items()
    }


def _rank(names: Sequence[str], wanted: str) -> int:
    """From 1; 0 where it is not among them."""
    return names.index(wanted) + 1 if wanted in names else 0
