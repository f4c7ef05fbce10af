"""Texts and labels to a `Taught`: the features and the linear model. Settings chosen by cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from agent.brains.calibration import Calibration
from agent.brains.classifier import DENSE, Taught, Written
from agent.brains.lexical import LONGEST, SHORTEST, WORD, Floats, terms

STRENGTH = 12.0
TOLERANCE = 1e-3


def teach(texts: Sequence[Written], labels: Sequence[str], dense: Floats, calibration: Calibration) -> Taught:
    """`dense` are the vectors of the texts, in their order."""
    characters, words = vectorizers()
    lexical = [text.lexical for text in texts]
    known = features_of(dense, characters.fit_transform(lexical), words.fit_transform(lexical))
    model = fitted(known, labels)
    coefficients, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one row stands for both
        coefficients, intercept = np.vstack([-coefficients, coefficients]), np.array([-intercept[0], intercept[0]])
    return Taught(
        labels=[str(label) for label in model.classes_],
        characters=terms(characters.vocabulary_),
        words=terms(words.vocabulary_),
        idf=np.concatenate([characters.idf_, words.idf_]).astype(np.float32),
        coefficients=np.ascontiguousarray(coefficients.T, np.float32),
        intercept=intercept.astype(np.float32),
        examples=dense,
        calibration=calibration,
    )


def features_of(dense: Floats, characters: Any, words: Any) -> Any:
    return hstack([csr_matrix(dense * DENSE), characters, words]).tocsr()


def fitted(known: Any, labels: Sequence[str]) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=200, tol=TOLERANCE, class_weight="balanced").fit(known, labels)


def vectorizers() -> tuple[TfidfVectorizer, TfidfVectorizer]:
    sizes = (SHORTEST, LONGEST)
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=sizes, min_df=2, sublinear_tf=True, max_features=60_000
    )
    return characters, TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD.pattern)
