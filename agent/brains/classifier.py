"""From masked text to intents: dense vectors and character n-grams into one calibrated model. No policy, no slots."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion

from agent.brains.glossary import in_english
from agent.case import Intent

Floats = NDArray[np.float32]


class Embed(Protocol):
    def embed(self, texts: Sequence[str]) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Written:
    """A masked text and its language. The embedding sees English; the characters and words of both are seen."""

    text: str
    language: str

    @property
    def in_english(self) -> str:
        return in_english(self.text.lower()) if self.language == "fr" else self.text.lower()

    @property
    def lexical(self) -> str:
        return f"{self.text.lower()} {self.in_english}" if self.language == "fr" else self.text.lower()


@dataclass(frozen=True, slots=True)
class Guess:
    """`confidence` is the model's probability; `nearest` the cosine to the closest example it was taught."""

    label: str
    confidence: float
    nearest: float
    scores: dict[str, float]


class ModelMissing(RuntimeError):
    """The trained classifier is not in the installation; `make setup` puts it there."""


class IntentModel:
    """Characters and words carry what the English embedding does not know: French, typos, turns of phrase."""

    def __init__(self, embedder: Embed, words: FeatureUnion, model: LogisticRegression, taught: Floats) -> None:
        self._embedder = embedder
        self._words = words
        self._model = model
        self._taught = taught

    @classmethod
    def train(cls, embedder: Embed, texts: Sequence[Written], labels: Sequence[str]) -> IntentModel:
        words = _lexical()
        dense = embedder.embed([text.in_english for text in texts])
        features = _features(dense, words.fit_transform([text.lexical for text in texts]))
        model = LogisticRegression(C=12.0, max_iter=400, class_weight="balanced")
        return cls(embedder, words, model.fit(features, labels), dense)

    def guess(self, texts: Sequence[Written]) -> list[Guess]:
        """One a text, in order."""
        if not texts:
            return []
        dense = self._embedder.embed([text.in_english for text in texts])
        lexical = self._words.transform([text.lexical for text in texts])
        scores = self._model.predict_proba(_features(dense, lexical))
        nearest = (dense @ self._taught.T).max(axis=1)
        return [self._guess(row, float(near)) for row, near in zip(scores, nearest, strict=True)]

    def _guess(self, row: Any, nearest: float) -> Guess:
        best = int(row.argmax())
        scores = dict(zip(self._model.classes_.tolist(), row.tolist(), strict=True))
        return Guess(self._model.classes_[best], float(row[best]), nearest, scores)

    def save(self, path: Path) -> None:
        """Written whole or not at all. Loaded only from the installation, never from data: it is a pickle."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        draft.write_bytes(pickle.dumps((self._words, self._model, self._taught)))
        draft.replace(path)

    @classmethod
    def load(cls, path: Path, embedder: Embed) -> IntentModel:
        if not path.exists():
            raise ModelMissing("the trained classifier is missing; run: make setup")
        words, model, taught = pickle.loads(path.read_bytes())
        return cls(embedder, words, model, taught)


def _lexical() -> FeatureUnion:
    """Settings chosen by cross-validation on the packaged examples."""
    characters = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 5),
        min_df=2,
        sublinear_tf=True,
        max_features=60_000,
        dtype=np.float32,
    )
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"[\w'#]+", dtype=np.float32)
    return FeatureUnion([("characters", characters), ("words", words)])


def _features(dense: Floats, words: csr_matrix) -> csr_matrix:
    """Each part has unit length, so none drowns the others; the dense part weighs twice."""
    return hstack([csr_matrix(dense * 2.0), words], format="csr")


def examples() -> Iterator[tuple[str, str, str]]:
    """(text, language, intent) of every packaged example, in a fixed order."""
    for language in ("en", "fr"):
        for intent in Intent:
            path = Path(__file__).parent / "examples" / language / f"{intent}.txt"
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.strip():
                    yield line.strip(), language, intent.value
