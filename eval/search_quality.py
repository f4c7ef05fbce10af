"""How often the right article of the demo help centre is found, and what is answered, asked back or left to a person.

questions/search.jsonl was written apart from the articles: `tuned` were looked at while the search was made, `heldout`
were written afterwards. No article answers what stands in questions/unanswered.jsonl.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from agent.answerability import Answered, Unclear, answerability
from agent.brains.searching import searched
from agent.policy import UnderstandingTable
from knowledge.search import Hit
from tools.views import passage_facts

HELP = Path(__file__).parent / "world" / "help"
QUESTIONS = Path(__file__).parent / "questions"


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
    yield from _read("search")


def unanswered() -> Iterator[Question]:
    yield from _read("unanswered")


def _read(name: str) -> Iterator[Question]:
    for line in (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
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


def decided(
    searcher: Searches,
    asked: Sequence[Question],
    understanding: UnderstandingTable,
    in_scope: Callable[[Question], bool],
) -> dict[str, dict[str, int]]:
    """Counts by language and part: answered (rightly), asked back (the article among the choices), left to a person."""
    groups: dict[str, Counter[str]] = {}
    for one in asked:
        group = groups.setdefault(f"{one.language} {one.part}", Counter())
        group["questions"] += 1
        group.update(_decided(searcher, one, understanding, in_scope(one)))
    names = ("questions", "answered", "rightly", "asked", "among_choices", "left")
    return {name: {key: counts[key] for key in names} for name, counts in groups.items()}


def _decided(searcher: Searches, one: Question, understanding: UnderstandingTable, in_scope: bool) -> Iterator[str]:
    hits = searcher.search(searched(one.query, one.language), 4, one.language)
    match answerability(passage_facts(hits), understanding, one.language, in_scope, one.query):
        case Answered(passage):
            yield "answered"
            if Path(passage.source).stem == one.article:
                yield "rightly"
        case Unclear(passages):
            yield "asked"
            if one.article in {Path(passage.source).stem for passage in passages}:
                yield "among_choices"
        case _:
            yield "left"
