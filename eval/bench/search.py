"""`wismo bench search`: an index of generated passages, beside one Chroma query over the same vectors.

The vectors lie around a few thousand centres, as articles lie around topics, and the words follow Zipf's law, as words
do. What is measured runs in a process of its own, so that its memory is that of a shop that only searches.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench import Figure, interleaved, median
from eval.bench.process import peak_memory
from knowledge.chunk import Passage
from knowledge.embed import FloatArray
from knowledge.index import Index, build
from knowledge.search import Searcher

DIMENSIONS, TOPIC, PASSAGES_AN_ARTICLE, WORDS_A_PASSAGE = 384, 25, 4, 90
VOCABULARY = 30_000
SEED = 7
# How far a passage lies from its topic, in lengths of the topic's vector.
SPREAD = 0.7


class Generated:
    """Stands for an embedding model: a text that begins with a number has the vector of that number."""

    name = "generated-vectors"
    dimensions = DIMENSIONS

    def __init__(self, passages: int) -> None:
        random = np.random.default_rng(SEED)
        self._topics = random.standard_normal((max(1, passages // TOPIC), DIMENSIONS), np.float32)

    def embed(self, texts: Sequence[str]) -> FloatArray:
        rows = np.stack([self._vector(int(text.split(maxsplit=1)[0])) for text in texts])
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def _vector(self, number: int) -> FloatArray:
        own = np.random.default_rng([SEED, number]).standard_normal(DIMENSIONS, np.float32)
        return np.asarray(self._topics[number % len(self._topics)] + SPREAD * own, np.float32)


def bench(folder: Path, passages: int, rounds: int, say: Callable[[str], None]) -> list[Figure]:
    """Milliseconds of a search, seconds of the building, megabytes of the searching process at its largest."""
    embedder = Generated(passages)
    say(f"indexing {passages:,} generated passages")
    started = time.perf_counter()
    build(folder, [_passage(number) for number in range(passages)], embedder, _silent)
    built = time.perf_counter() - started
    say("searching")
    measured = _apart(folder, passages, rounds)
    floor, times = measured["floor"], sorted(measured["search"])
    return [
        Figure(f"search p50, {passages:,} passages", median(times), "ms", median(floor)),
        Figure("search p95", times[int(len(times) * 0.95)], "ms", sorted(floor)[int(len(floor) * 0.95)]),
        Figure("memory of the searching process", measured["memory"], "MB"),
        Figure("first search, opening the index", measured["first"], "ms"),
        Figure("indexing, without embedding", built, "s"),
    ]


def _silent(_done: int, _of: int) -> None:
    pass


def _apart(folder: Path, passages: int, rounds: int) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=_measured, args=(folder, passages, rounds, results))
    process.start()
    found: dict[str, Any] = json.loads(results.get())
    process.join()
    return found


def _measured(folder: Path, passages: int, rounds: int, results: Queue[str]) -> None:
    embedder = Generated(passages)
    index = Index.open(folder)
    searcher = Searcher(index, embedder)
    asked = iter(np.random.default_rng(SEED + 1).integers(passages, 2 * passages, 10 * rounds + 100))

    def search() -> object:
        text = _text(int(next(asked)), 8)
        return searcher.search(text, 10, "en", vector=embedder.embed([text])[0])

    def floor() -> object:
        vector = embedder.embed([_text(int(next(asked)), 8)])[0]
        with index.reading() as snapshot:
            return snapshot.by_chroma(vector, 64)

    started = time.perf_counter()
    search()
    first = (time.perf_counter() - started) * 1000
    times = interleaved({"floor": floor, "search": search}, rounds)
    results.put(json.dumps({**times, "first": first, "memory": peak_memory()}))


def _passage(number: int) -> Passage:
    article = number // PASSAGES_AN_ARTICLE
    source = f"article-{article}.md"
    return Passage(f"p{number}", f"a{article}", "bench", source, f"{number}", "", _text(number, WORDS_A_PASSAGE), "en")


def _text(number: int, words: int) -> str:
    drawn = np.random.default_rng([SEED, 1, number]).zipf(1.1, words) % VOCABULARY
    return " ".join([str(number), *(f"w{_letters(int(word))}" for word in drawn)])


def _letters(number: int) -> str:
    """A word of letters only: what holds a figure is a product code to the search."""
    return "".join(chr(97 + int(figure)) for figure in str(number))
