"""Teaching the classifier: the packaged examples (`make setup`), or a shop's own labels (`wismo train`)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sklearn

from agent.brains.calibration import Judged
from agent.brains.classifier import Embed, Written, examples
from agent.brains.reading import mask
from agent.brains.teaching import teach
from agent.brains.validation import (
    FOLDS,
    calibrated,
    cross_validated,
    one_split,
    paraphrases,
    twins,
    with_unknown_labels,
)
from agent.policy import Policy
from knowledge import glossing

PARTS_OF_THE_MODEL = (
    "calibration.py",
    "classifier.py",
    "lexical.py",
    "reading.py",
    "teaching.py",
    "train.py",
    "validation.py",
)


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    label: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Trained:
    """What validation said: the held-out guesses, and the labels that had too few examples to be judged."""

    examples: int
    labels: int
    judged: tuple[Judged, ...]
    rare: tuple[str, ...]

    @property
    def macro_f1(self) -> float:
        """The mean over the labels of the harmonic mean of precision and recall."""
        names = sorted({one.truth for one in self.judged})
        return sum(map(self._f1, names)) / len(names) if names else 0.0

    def _f1(self, label: str) -> float:
        said_or_true = sum((one.label == label) + (one.truth == label) for one in self.judged)
        return 2 * sum(one.truth == label and one.right for one in self.judged) / said_or_true

    @property
    def accuracy(self) -> float:
        return sum(one.right for one in self.judged) / len(self.judged) if self.judged else 0.0


def train(folder: Path, embedder: Embed, progress: Callable[[str], None]) -> None:
    """An up-to-date model is left alone: the stamp beside it names the examples and this code."""
    taught = list(examples())
    stamp, wanted = folder / "stamp", _stamp(taught)
    if stamp.exists() and stamp.read_text() == wanted and (folder / "names.json").exists():
        progress(f"intent classifier is up to date ({len(taught):,} examples)")
        return
    progress(f"training the intent classifier on {len(taught):,} examples")
    texts, labels = _written([Example(text, label, tag) for text, tag, label in taught], Policy())
    dense = embedder.embed([text.in_english for text in texts])
    calibration, _ = calibrated(one_split(texts, labels, dense, twins(dense)))
    teach(texts, labels, dense, calibration).save(folder)
    stamp.write_text(wanted)
    progress("intent classifier trained")


def train_own(
    given: Sequence[Example],
    folder: Path,
    embedder: Embed,
    policy: Policy,
    progress: Callable[[str], None],
    *,
    apart: bool = False,
) -> Trained:
    """A shop's own labels, validated and saved. Raises ValueError for fewer than two labels.

    `apart`: paraphrases of one another are never in two folds.
    """
    texts, labels = _written(given, policy)
    counts = Counter(labels)
    if len(counts) < 2:
        raise ValueError("a classifier needs examples of at least two labels")
    progress(f"embedding {len(texts):,} examples")
    dense = embedder.embed([text.in_english for text in texts])
    unknown = with_unknown_labels(texts, labels, dense, progress)
    groups = paraphrases(dense) if apart else None
    calibration, judged = calibrated(cross_validated(texts, labels, dense, progress, groups=groups), unknown)
    progress("teaching the model")
    teach(texts, labels, dense, calibration).save(folder)
    rare = tuple(sorted(label for label, count in counts.items() if count < FOLDS))
    return Trained(len(texts), len(counts), tuple(judged), rare)


def _written(given: Sequence[Example], policy: Policy) -> tuple[list[Written], list[str]]:
    return [Written(mask(one.text, policy), one.language) for one in given], [one.label for one in given]


def _stamp(taught: list[tuple[str, str, str]]) -> str:
    glossaries = sorted(glossing.FOLDER.glob("*.toml"))
    parts = (*(Path(__file__).parent / name for name in PARTS_OF_THE_MODEL), Path(glossing.__file__), *glossaries)
    code = b"".join(part.read_bytes() for part in parts)
    return hashlib.sha256(repr((sklearn.__version__, taught)).encode() + code).hexdigest()
