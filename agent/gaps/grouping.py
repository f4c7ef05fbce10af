"""Observations of one kind that mean the same, as one gap with its size, its cost and what would mend it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from agent.gaps.kinds import Kind, bucket, remedy_for
from agent.gaps.observing import Observation
from agent.policy import CostTable
from knowledge.embed import Embedder, FloatArray
from knowledge.glossing import in_english

NEAR = 0.55
"""Least average cosine within a group. At .50, .55, .60 the adjusted Rand index over intents of public questions was
.40, .46, .48 (banking) and .56, .50, .44 (general); a group of mixed questions can not be closed, so not lower."""
LINKED = 3_000
"""Texts of one kind that are linked pairwise (memory grows with their square); further ones join the nearest group."""
EXAMPLES, LONGEST = 3, 160
BATCH = 64
REMEMBERED = 50_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Cost:
    """`handoffs` are tickets that people took over, `money` their time in cents; None where the shop named no price."""

    handoffs: int
    minutes: int
    money: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """`label` is the most central of its texts. `share`: of the period's tickets. `examples` are the newest tickets."""

    id: str
    kind: Kind
    told: bool
    label: str
    observations: tuple[Observation, ...]
    tickets: int
    conversations: int
    first: date
    last: date
    share: float
    cost: Cost
    rules: Mapping[str, int]
    intents: Mapping[str, int]
    languages: Mapping[str, int]
    examples: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.observations)

    @property
    def remedy(self) -> str:
        return remedy_for(self.kind, next(iter(self.rules)))


class Meanings:
    """Vectors of texts, each computed once; kept under a digest, so that no words stay in memory."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: dict[bytes, FloatArray] = {}

    def of(self, texts: Sequence[str], on_progress: Progress = lambda *_: None) -> FloatArray:
        read = [meaning(text) for text in texts]
        keys = [hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in read]
        if len(self._kept) > REMEMBERED:
            self._kept.clear()
        new = [(key, text) for key, text in dict(zip(keys, read, strict=True)).items() if key not in self._kept]
        new.sort(key=lambda one: len(one[1]))
        for start in range(0, len(new), BATCH):
            part = new[start : start + BATCH]
            vectors = self._embedder.embed([text for _, text in part])
            self._kept |= {key: vector for (key, _), vector in zip(part, vectors, strict=True)}
            on_progress(start + len(part), len(new))
        return np.stack([self._kept[key] for key in keys])


def meaning(text: str) -> str:
    """What is embedded: lower case, French in English words, without the masks of numbers."""
    return " ".join(in_english(text.lower().replace("#1234", " ").replace("-", " ")).split())[:500]


def grouped(
    observations: Iterable[Observation],
    meanings: Meanings,
    tickets: int,
    cost: CostTable,
    on_progress: Progress = lambda *_: None,
) -> tuple[Group, ...]:
    """The largest first. `tickets` are the period's, of which the shares are told."""
    every = tuple(observations)
    texts = sorted({one.words for one in every if one.words})
    vectors = dict(zip(texts, meanings.of(texts, on_progress), strict=True)) if texts else {}
    made = [
        _group(members, label, tickets, cost)
        for same in _alike(every, lambda one: (one.kind, one.told, bucket(one.kind, one.rule)))
        for members, label in _by_meaning(same, vectors)
    ]
    return tuple(sorted(made, key=lambda one: (-one.count, one.kind, one.label, one.id)))


def _by_meaning(same: list[Observation], vectors: Mapping[str, FloatArray]) -> Iterator[tuple[list[Observation], str]]:
    """Those without words stand in groups by intent and rule."""
    for silent in _alike((one for one in same if not one.words), lambda one: (one.intent, one.rule, one.erased)):
        yield silent, ""
    said = Counter(one.words for one in same if one.words)
    texts = sorted(said, key=lambda text: (-said[text], text))
    if not texts:
        return
    numbers = clusters(np.stack([vectors[text] for text in texts]))
    place = dict(zip(texts, numbers, strict=True))
    for members in _alike((one for one in same if one.words), lambda one: (int(place[one.words]),)):
        yield members, _central(Counter(one.words for one in members), vectors)


def clusters(vectors: FloatArray, least: float = NEAR) -> NDArray[np.int64]:
    """A group's number for each row, by average linkage of the cosine; the same rows give the same groups."""
    head = _linked(vectors[:LINKED], least)
    centres = [_unit(vectors[:LINKED][head == number].sum(axis=0)) for number in range(head.max() + 1)]
    rest: list[int] = []
    for vector in vectors[LINKED:]:
        near = np.stack(centres) @ vector
        best = int(near.argmax())
        if near[best] < least:
            best = len(centres)
            centres.append(vector)
        rest.append(best)
    return np.concatenate([head, np.array(rest, np.int64)])


def _linked(vectors: FloatArray, least: float) -> NDArray[np.int64]:
    if len(vectors) == 1:
        return np.zeros(1, np.int64)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    apart = np.clip(1.0 - vectors @ vectors.T, 0.0, 2.0)
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), "average")
    return np.asarray(fcluster(tree, 1.0 - least, "distance") - 1, np.int64)


def _central(said: Counter[str], vectors: Mapping[str, FloatArray]) -> str:
    centre = np.sum([vectors[text] * times for text, times in said.items()], axis=0)
    best = min(said, key=lambda text: (-round(float(vectors[text] @ centre), 4), len(text), text))
    return best if len(best) <= LONGEST else best[: LONGEST - 1] + "…"


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / (np.linalg.norm(vector) or 1.0), np.float32)


def _group(members: list[Observation], label: str, tickets: int, cost: CostTable) -> Group:
    first, last = members[0], members[-1]
    held = {one.ticket for one in members}
    newest = dict.fromkeys(one.ticket for one in reversed(members))
    return Group(
        _id(first),
        first.kind,
        first.told,
        label or _unnamed(first),
        tuple(members),
        len(held),
        len({one.conversation for one in members}),
        first.day,
        last.day,
        round(len(held) / tickets, 4) if tickets else 0.0,
        _cost(members, cost),
        _counted(one.rule for one in members),
        _counted(one.intent for one in members),
        _counted(one.language for one in members),
        tuple(newest)[:EXAMPLES],
    )


def _unnamed(one: Observation) -> str:
    return f"({'words erased' if one.erased else 'no words'}) {one.intent.replace('_', ' ')}, rule {one.rule}"


def _id(oldest: Observation) -> str:
    """Of its oldest question: it stays while new ones come."""
    named = f"{oldest.kind}|{oldest.rule}|{oldest.ticket}|{oldest.index}"
    return f"G-{hashlib.sha256(named.encode()).hexdigest()[:8]}"


def _cost(members: Iterable[Observation], cost: CostTable) -> Cost:
    handoffs = len({one.ticket for one in members if one.handed_off})
    minutes = handoffs * cost.handoff_minutes
    return Cost(handoffs, minutes, round(minutes * cost.person_hour / 60) if cost.person_hour else None)


def _counted(values: Iterable[str]) -> Mapping[str, int]:
    return dict(Counter(values).most_common())


def _alike(
    observations: Iterable[Observation], key: Callable[[Observation], tuple[object, ...]]
) -> list[list[Observation]]:
    found: dict[tuple[object, ...], list[Observation]] = {}
    for one in observations:
        found.setdefault(key(one), []).append(one)
    return list(found.values())
