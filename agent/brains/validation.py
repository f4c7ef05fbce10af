"""What the classifier would have said of examples that it was not taught: cross-validation, and confidence from it.

Done by `make setup` for the packaged examples (one split) and by `wismo train` for a shop's labels (five folds, and
five in which a fifth of the labels is unknown: their messages stand for what is out of scope).
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from scipy.sparse.csgraph import connected_components
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, StratifiedKFold

from agent.brains.calibration import Calibration, Judged
from agent.brains.classifier import DENSE, Written
from agent.brains.lexical import Floats
from agent.brains.teaching import features_of, fitted, vectorizers
from agent.case import Intent

FOLDS = 5
TWIN = 0.9
"""Examples nearer than this are the same thing said twice: they stay in one fold."""
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Guessed:
    """A held-out guess before it is calibrated."""

    label: str
    truth: str
    probability: float
    nearest: float


def cross_validated(
    texts: Sequence[Written],
    labels: Sequence[str],
    dense: Floats,
    progress: Callable[[str], None],
    folds: int = FOLDS,
    groups: Sequence[int] | None = None,
) -> list[Guessed]:
    """Labels with fewer examples than folds are taught in each fold and judged in none.

    `groups`: examples of one group are never in two folds, so that nothing is judged by its own paraphrase.
    """
    counts = Counter(labels)
    judged = np.array([place for place, label in enumerate(labels) if counts[label] >= folds])
    rare = np.array([place for place, label in enumerate(labels) if counts[label] < folds], dtype=np.int64)
    if len(judged) == 0:
        return []
    kept = [labels[place] for place in judged]
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    apart = None if groups is None else [groups[place] for place in judged]
    split = kind(folds, shuffle=True, random_state=0).split(judged, kept, apart)
    found: list[Guessed] = []
    for number, (taught, held) in enumerate(split, 1):
        progress(f"validating: fold {number} of {folds}")
        found += _guesses(texts, labels, dense, np.concatenate([judged[taught], rare]), judged[held])
    return found


def with_unknown_labels(
    texts: Sequence[Written], labels: Sequence[str], dense: Floats, progress: Callable[[str], None]
) -> list[Guessed]:
    """Each label is once not taught; what is then guessed for its messages is always wrong."""
    names = sorted(set(labels) - {Intent.OUT_OF_SCOPE.value})
    found: list[Guessed] = []
    for number in range(FOLDS if len(names) > FOLDS else 0):
        progress(f"validating: unknown labels, {number + 1} of {FOLDS}")
        unknown = set(names[number::FOLDS])
        taught = np.array([place for place, label in enumerate(labels) if label not in unknown])
        held = np.array([place for place, label in enumerate(labels) if label in unknown])
        found += _guesses(texts, labels, dense, taught, held)
    return found


def one_split(texts: Sequence[Written], labels: Sequence[str], dense: Floats, groups: Sequence[int]) -> list[Guessed]:
    """A quarter held out, twins kept together."""
    taught, held = next(GroupKFold(4).split(dense, labels, groups))
    return list(_guesses(texts, labels, dense, taught, held))


def paraphrases(dense: Floats) -> list[int]:
    """A number for each example; those that a chain of near ones links have the same one."""
    rows, columns = [], []
    for start in range(0, len(dense), 500):
        near = np.argwhere(dense[start : start + 500] @ dense.T >= TWIN)
        rows.append(near[:, 0] + start)
        columns.append(near[:, 1])
    linked = (np.ones(sum(map(len, rows)), dtype=bool), (np.concatenate(rows), np.concatenate(columns)))
    _, group = connected_components(csr_matrix(linked, shape=(len(dense), len(dense))), directed=False)
    return [int(number) for number in group]


def twins(dense: Floats) -> list[int]:
    """A number for each example; those that say the same thing have the same one."""
    group = list(range(len(dense)))
    for start in range(0, len(dense), 500):
        near = dense[start : start + 500] @ dense.T >= TWIN
        for row in range(near.shape[0]):
            group[start + row] = group[int(near[row].argmax())]
    return group


def _guesses(
    texts: Sequence[Written], labels: Sequence[str], dense: Floats, taught: Places, held: Places
) -> Iterator[Guessed]:
    characters, words = vectorizers()
    lexical = [texts[place].lexical for place in taught]
    known = features_of(dense[taught], characters.fit_transform(lexical), words.fit_transform(lexical))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = fitted(known, [labels[place] for place in taught])
    asked = [texts[place].lexical for place in held]
    parts = [csr_matrix(dense[held] * DENSE), characters.transform(asked), words.transform(asked)]
    chances = model.predict_proba(hstack(parts).tocsr())
    nearest = (dense[held] @ dense[taught].T).max(axis=1)
    for place, row, near in zip(held, chances, nearest, strict=True):
        best = int(row.argmax())
        yield Guessed(str(model.classes_[best]), labels[place], float(row[best]), float(near))


def calibrated(guessed: Sequence[Guessed], unknown: Sequence[Guessed] = ()) -> tuple[Calibration, list[Judged]]:
    """Confidence fitted on all of them; the judged are those whose label was taught."""
    every = [*guessed, *unknown]
    right = [one.label == one.truth for one in guessed] + [False for _ in unknown]
    plain = Calibration()
    if not every or len(set(right)) < 2:
        return plain, [Judged(one.label, one.truth, one.probability) for one in guessed]
    odds = np.array([[_logit(one.probability), one.nearest] for one in every])
    fit = LogisticRegression(C=100.0).fit(odds, right)
    weights = (float(fit.coef_[0][0]), float(fit.coef_[0][1]), float(fit.intercept_[0]))
    scaled = Calibration(weights)
    judged = [Judged(one.label, one.truth, scaled.confidence(one.probability, one.nearest)) for one in guessed]
    strange = [Judged(one.label, "", scaled.confidence(one.probability, one.nearest)) for one in unknown]
    return Calibration(weights, _by_label([*judged, *strange])), judged


def _by_label(judged: Sequence[Judged]) -> dict[str, tuple[tuple[float, bool], ...]]:
    labels = sorted({one.label for one in judged})
    return {name: tuple((one.confidence, one.right) for one in judged if one.label == name) for name in labels}


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return float(np.log(bounded / (1 - bounded)))
