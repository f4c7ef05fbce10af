"""The ranking: meaning (cosine) and words (BM25) fused by z-scores, one passage an article."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from knowledge.embed import Embedder, FloatArray
from knowledge.glossing import in_english
from knowledge.index import Index, Snapshot
from knowledge.query import cleaned, language_of

# Enough for ten articles of a few passages each; more only when they do not yield k articles.
POOL = 64
# What one deviation in words is worth, in deviations of meaning. Tuned on 92 paraphrased questions of our own
# over 13 English and 10 French articles. English R@1: .65 by meaning alone, .67 here, .54 at 0.8. French, new
# to the model: .33 by meaning alone, .45 here.
WORDS = 0.3
# In other languages, read through a glossary; the same questions.
WORDS_ELSEWHERE = 0.5
WORDS_WITH_A_CODE = 1.5
# The same questions: 0.5 to 2 differ by one answer in 92.
SAME_LANGUAGE = 1.0
# The same article in another language, for questions in a language that the model hardly knows. On the tuned questions
# of eval/questions French R@1 went from .55 to .62; more costs English.
TWIN = 0.3
# Articles say the main thing first: among passages that fit alike, the opening one answers.
OPENING = 0.35
# The cosine of two passages that say the same: copies, and an article beside its older form.
SAME = 0.95


@dataclass(frozen=True)
class Hit:
    source: str
    title: str
    heading: str
    text: str
    score: float
    """What the hits are ordered by: deviations above this query's average candidate; no absolute meaning."""
    similarity: float
    """The cosine of query and passage, 0 to 1: comparable between queries of a language that the model knows.

    In our questions a right English passage has .3 to .5 and a strange question at most .2; in French both
    have about .45, so that there `words` must say whether the passage answers.
    """
    words: float
    """The BM25 score; 0 when query and passage share no telling word."""
    language: str | None
    article_id: str
    passage_id: str


class Searcher:
    def __init__(self, index: Index, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder

    def search(
        self,
        query: str,
        k: int = 10,
        language: str | None = None,
        *,
        vector: FloatArray | None = None,
        older: bool = False,
    ) -> tuple[Hit, ...]:
        """The k best articles, each by its best passage. `vector` spares the embedding of an embedded query.

        `language` prefers, and does not exclude. Of articles that say the same only the newest is a hit; with `older`
        the others come last, where there are no k without them. Raises OtherEmbedder (errors.py).
        """
        with self._index.reading() as snapshot:
            snapshot.must_be_of(self._embedder)
            if not snapshot.passages or k < 1:
                return ()
            asked = cleaned(query)
            spoken = language or language_of(asked)
            meaning = self._embedder.embed([in_english(asked, spoken)])[0] if vector is None else vector
            return _hits(snapshot, asked, meaning, k, spoken, older)


def _hits(
    snapshot: Snapshot, query: str, vector: FloatArray, k: int, language: str | None, older: bool
) -> tuple[Hit, ...]:
    words = snapshot.lexicon.scores(query)
    rows = _candidates(snapshot, vector, words, k)
    similarity = snapshot.similarity(rows, vector)
    plain = WORDS if language in {None, "en"} else WORDS_ELSEWHERE
    worth = WORDS_WITH_A_CODE if snapshot.lexicon.knows_a_code_of(query) else plain
    score = standard(similarity) + worth * standard(words[rows])
    score += SAME_LANGUAGE * np.array([_same(snapshot.passages[row].language, language) for row in rows])
    score += TWIN * standard(_twins(snapshot, rows, similarity))
    score += OPENING * np.array([_opens(snapshot, row) for row in rows])
    places = {row: place for place, row in enumerate(rows)}
    ranked_rows = [rows[place] for place in np.argsort(-score, kind="stable")]
    kept = _distinct(snapshot, ranked_rows, k)
    if older and len(kept) < k:
        kept = [*kept, *_left_out(snapshot, ranked_rows, kept)][:k]
    return tuple(
        _hit(snapshot, row, score[places[ranked]], similarity[places[row]], words[row]) for row, ranked in kept
    )


def _twins(snapshot: Snapshot, rows: list[int], similarity: FloatArray) -> FloatArray:
    """How near the file of the same name in another language is; its own nearness where there is none.

    The model knows one language far better than another, so the twin says more about the meaning than the article.
    """
    best: dict[tuple[str, str | None], float] = {}
    for row, near in zip(rows, similarity, strict=True):
        key = (PurePath(snapshot.passages[row].source).stem, snapshot.passages[row].language)
        best[key] = max(best.get(key, -1.0), float(near))
    found = []
    for row, near in zip(rows, similarity, strict=True):
        stem, own = PurePath(snapshot.passages[row].source).stem, snapshot.passages[row].language
        others = [value for (name, language), value in best.items() if name == stem and language != own]
        found.append(max(others, default=float(near)))
    return np.array(found, np.float32)


def _candidates(snapshot: Snapshot, vector: FloatArray, words: FloatArray, k: int) -> list[int]:
    """The nearest by meaning and the best by words; every passage when those are of fewer than k articles."""
    pool = max(POOL, 4 * k)
    rows = sorted({*snapshot.nearest(vector, pool), *_most(words, pool)})
    articles = {snapshot.passages[row].article_id for row in rows}
    return rows if len(articles) >= k else list(range(len(snapshot.passages)))


def standard(values: FloatArray) -> FloatArray:
    """Z-scores; all 0 where the values do not differ."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-6 else np.zeros_like(values)


def _opens(snapshot: Snapshot, row: int) -> bool:
    passages = snapshot.passages
    return row == 0 or passages[row - 1].article_id != passages[row].article_id


def _same(language: str | None, wanted: str | None) -> bool:
    return language is not None and language == wanted


def _hit(snapshot: Snapshot, row: int, score: float, similarity: float, words: float) -> Hit:
    passage = snapshot.passages[row]
    return Hit(
        source=passage.source,
        title=passage.title,
        heading=passage.heading,
        text=passage.text,
        score=round(float(score), 6),
        similarity=round(min(1.0, max(0.0, float(similarity))), 6),
        words=round(float(words), 6),
        language=passage.language,
        article_id=passage.article_id,
        passage_id=passage.id,
    )


def _most(words: FloatArray, wanted: int) -> list[int]:
    """The rows of the highest scores above 0, earlier rows first where they tie; sorts only what may be among them."""
    rows = np.flatnonzero(words > 0)
    if len(rows) > wanted:
        least = np.partition(words[rows], -wanted)[-wanted]
        rows = rows[words[rows] >= least]
    return [int(row) for row in rows[np.argsort(-words[rows], kind="stable")][:wanted]]


def _distinct(snapshot: Snapshot, ranked: Iterable[int], k: int) -> Sequence[tuple[int, int]]:
    """(row, the row whose score it has): the best passage of an article, and of articles that say the same the newest.

    The newest stands in the place of the best, with its score.
    """
    kept: list[tuple[int, int]] = []
    articles: set[str] = set()
    for row in ranked:
        if snapshot.passages[row].article_id in articles:
            continue
        same = next((place for place, (other, _) in enumerate(kept) if _says_the_same(snapshot, row, other)), None)
        if same is None and len(kept) == k:
            break
        articles.add(snapshot.passages[row].article_id)
        if same is None:
            kept.append((row, row))
        elif _day(snapshot, row) > _day(snapshot, kept[same][0]):
            kept[same] = (row, kept[same][1])
    return kept


def _left_out(snapshot: Snapshot, ranked: Sequence[int], kept: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The articles that say what one of the kept says; their scores go on downwards from the last of those."""
    articles = {snapshot.passages[row].article_id for row, _ in kept}
    last = ranked.index(kept[-1][1]) if kept else 0
    for place, row in enumerate(ranked):
        article = snapshot.passages[row].article_id
        if article not in articles:
            articles.add(article)
            yield row, ranked[max(place, last)]


def _day(snapshot: Snapshot, row: int) -> str:
    return snapshot.passages[row].updated or ""


def _says_the_same(snapshot: Snapshot, row: int, other: int) -> bool:
    one, two = snapshot.passages[row], snapshot.passages[other]
    return one.language == two.language and float(snapshot.vectors[row] @ snapshot.vectors[other]) >= SAME
