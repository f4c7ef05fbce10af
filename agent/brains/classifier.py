"""From masked text to intents: dense vectors, character n-grams and words in one linear model. No policy, no slots.

The model is taught by train.py and served from plain arrays. Raises `ModelMissing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from agent.brains.calibration import Calibration
from agent.brains.lexical import Floats, Weights, characters, columns, words
from agent.case import Intent
from knowledge.glossing import LANGUAGES as GLOSSED
from knowledge.glossing import in_english

# Each part has unit length, so none drowns the others; the dense part weighs twice (chosen by cross-validation).
DENSE = 2.0


class Embed(Protocol):
    def embed(self, texts: Sequence[str]) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Written:
    """A masked text and its language. The embedding sees English; the characters and words of both are seen."""

    text: str
    language: str

    @property
    def in_english(self) -> str:
        return in_english(self.text.lower(), self.language)

    @property
    def lexical(self) -> str:
        return f"{self.text.lower()} {self.in_english}" if self.language in GLOSSED else self.text.lower()


@dataclass(frozen=True, slots=True)
class Guess:
    """`confidence` is the share of held-out guesses like it that were right; `nearest` the cosine to an example.

    `probability` is the model's own.
    """

    label: str
    confidence: float
    nearest: float
    probability: float = 0.0


class ModelMissing(RuntimeError):
    """The trained classifier is not in the installation; `make setup` puts it there."""


@dataclass(frozen=True, slots=True)
class Taught:
    """What training leaves: `coefficients` has a row a feature (dense, characters, words) and a column a label."""

    labels: list[str]
    characters: list[str]
    words: list[str]
    idf: Floats
    coefficients: Floats
    intercept: Floats
    examples: Floats
    calibration: Calibration

    def save(self, folder: Path) -> None:
        """Written whole: the names file comes last, and without it there is no model."""
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(
            folder / "arrays.npz",
            idf=self.idf,
            coefficients=self.coefficients,
            intercept=self.intercept,
            examples=self.examples,
        )
        names = {
            "labels": self.labels,
            "characters": self.characters,
            "words": self.words,
            "calibration": self.calibration.as_json(),
        }
        draft = folder / "names.new"
        draft.write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
        draft.replace(folder / "names.json")

    @classmethod
    def load(cls, folder: Path) -> Taught:
        if not (folder / "names.json").exists():
            raise ModelMissing("the trained classifier is missing; run: make setup")
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        with np.load(folder / "arrays.npz") as arrays:
            kept = {name: arrays[name] for name in ("idf", "coefficients", "intercept", "examples")}
        calibration = Calibration.from_json(names["calibration"])
        return cls(names["labels"], names["characters"], names["words"], **kept, calibration=calibration)


class IntentModel:
    """Characters and words carry what the English embedding does not know: French, typos, turns of phrase."""

    def __init__(self, taught: Taught, embedder: Embed) -> None:
        size, cut = taught.examples.shape[1], len(taught.characters)
        self._embedder = embedder
        self._taught = taught
        self._dense = taught.coefficients[:size] * DENSE
        self._parts = (
            (Weights(characters, columns(taught.characters), taught.idf[:cut]), taught.coefficients[size : size + cut]),
            (Weights(words, columns(taught.words), taught.idf[cut:]), taught.coefficients[size + cut :]),
        )

    @property
    def labels(self) -> Sequence[str]:
        return self._taught.labels

    @property
    def calibration(self) -> Calibration:
        return self._taught.calibration

    @classmethod
    def load(cls, folder: Path, embedder: Embed) -> IntentModel:
        return cls(Taught.load(folder), embedder)

    def guess(self, texts: Sequence[Written]) -> list[Guess]:
        """One a text, in order."""
        if not texts:
            return []
        dense = self._embedder.embed([text.in_english for text in texts])
        # Row by row: a product of two matrices wakes BLAS's threads, 40 times slower on busy cores than these.
        nearest = [(self._taught.examples @ row).max() for row in dense]
        return [self._guess(text, row, float(near)) for text, row, near in zip(texts, dense, nearest, strict=True)]

    def near(self, phrases: Sequence[str], names: Sequence[str]) -> Floats:
        """Cosines: a row a phrase, a column a name. Names come back all day, and are remembered one by one."""
        named = np.concatenate([self._embedder.embed([name]) for name in names])
        nearness: Floats = self._embedder.embed(phrases) @ named.T
        return nearness

    def _guess(self, text: Written, dense: Floats, nearest: float) -> Guess:
        scores = dense @ self._dense + self._taught.intercept
        for weights, coefficients in self._parts:
            scores = scores + weights.score(text.lexical, coefficients)
        odds = np.exp(scores - scores.max())
        best = int(odds.argmax())
        probability = float(odds[best] / odds.sum())
        sure = self.calibration.confidence(probability, nearest)
        return Guess(self._taught.labels[best], sure, nearest, probability)


def examples() -> Iterator[tuple[str, str, str]]:
    """(text, language, intent) of every packaged example, in a fixed order."""
    for folder in sorted((Path(__file__).parent / "examples").iterdir()):
        for intent in Intent:
            path, language = folder / f"{intent}.txt", folder.name
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.strip():
                    yield line.strip(), language, intent.value
