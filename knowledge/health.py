"""What is wrong with a help centre by itself: articles grown old, and pairs that speak of the same with other figures.

Both are hints for a person to read, from the texts alone; no customer was needed to find them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from knowledge.chunk import Passage
from knowledge.index import EXACT, Snapshot

OLD = timedelta(days=365)
ALIKE = 0.72
"""Least cosine of two passages of one language that are about the same; at .95 they say the same (search.SAME)."""
MOST = 25
FIGURE = re.compile(
    r"\d+(?:[.,]\d+)?\s?(?:%|€|\$|£|EUR|USD|GBP|days?|hours?|weeks?|months?|jours?|heures?|Tage?n?|días?)", re.I
)


@dataclass(frozen=True, slots=True)
class Article:
    id: str
    source: str
    title: str
    language: str
    updated: str
    passages: int
    characters: int


@dataclass(frozen=True, slots=True)
class Clash:
    """Two passages about the same thing; the figures that only one of them has."""

    one: Passage
    other: Passage
    similarity: float
    only_one: tuple[str, ...]
    only_other: tuple[str, ...]


def articles(passages: Sequence[Passage]) -> tuple[Article, ...]:
    found: dict[str, list[Passage]] = {}
    for passage in passages:
        found.setdefault(passage.article_id, []).append(passage)
    return tuple(
        Article(
            name,
            of[0].source,
            of[0].title,
            of[0].language or "",
            of[0].updated or "",
            len(of),
            sum(len(one.text) for one in of),
        )
        for name, of in found.items()
    )


def stale(every: Sequence[Article], today: date) -> tuple[Article, ...]:
    """Not touched for a year, the oldest first; articles that do not say when are left out."""
    limit = (today - OLD).isoformat()
    return tuple(
        sorted((one for one in every if one.updated and one.updated[:10] < limit), key=lambda one: one.updated)
    )


def clashes(snapshot: Snapshot) -> tuple[Clash, ...]:
    """The most alike first; nothing for an index too large to compare pairwise (`EXACT` passages)."""
    if not 1 < len(snapshot.passages) <= EXACT:
        return ()
    near = np.triu(snapshot.vectors @ snapshot.vectors.T, 1)
    pairs = sorted(zip(*np.nonzero(near >= ALIKE), strict=True), key=lambda pair: -near[pair])
    found = _differing(snapshot, [(int(one), int(other), float(near[one, other])) for one, other in pairs])
    return tuple(clash for clash, _ in zip(found, range(MOST), strict=False))


def _differing(snapshot: Snapshot, pairs: Sequence[tuple[int, int, float]]) -> Iterator[Clash]:
    for first, second, similarity in pairs:
        one, other = snapshot.passages[first], snapshot.passages[second]
        if one.article_id == other.article_id or one.language != other.language:
            continue
        mine, theirs = figures(one.text), figures(other.text)
        if mine and theirs and mine != theirs:
            yield Clash(one, other, similarity, tuple(sorted(mine - theirs)), tuple(sorted(theirs - mine)))


def figures(text: str) -> frozenset[str]:
    """Numbers with a unit, written one way: "30 days", "5 €"."""
    return frozenset(" ".join(found.lower().split()).rstrip("s") for found in FIGURE.findall(text))
