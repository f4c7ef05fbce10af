"""Teaching the classifier the packaged examples; done once, by `make setup`. Serving does not come here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import sklearn
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from agent.brains.classifier import DENSE, Embed, Taught, Written, examples
from agent.brains.lexical import LONGEST, SHORTEST, WORD, terms
from agent.brains.reading import mask
from agent.policy import Policy

PARTS_OF_THE_MODEL = ("classifier.py", "glossary.py", "lexical.py", "reading.py", "train.py", "words/glossary_fr.toml")


def train(folder: Path, embedder: Embed, progress: Callable[[str], None]) -> None:
    """An up-to-date model is left alone: the stamp beside it names the examples and this code."""
    taught = list(examples())
    stamp, wanted = folder / "stamp", _stamp(taught)
    if stamp.exists() and stamp.read_text() == wanted and (folder / "names.json").exists():
        progress(f"intent classifier is up to date ({len(taught):,} examples)")
        return
    progress(f"training the intent classifier on {len(taught):,} examples")
    policy = Policy()
    texts = [Written(mask(text, policy), language) for text, language, _ in taught]
    teach(embedder, texts, [label for *_, label in taught]).save(folder)
    stamp.write_text(wanted)
    progress("intent classifier trained")


def teach(embedder: Embed, texts: Sequence[Written], labels: Sequence[str]) -> Taught:
    """Settings chosen by cross-validation on the packaged examples."""
    characters, words = vectorizers()
    dense = embedder.embed([text.in_english for text in texts])
    lexical = [text.lexical for text in texts]
    features = hstack([csr_matrix(dense * DENSE), characters.fit_transform(lexical), words.fit_transform(lexical)])
    model = LogisticRegression(C=12.0, max_iter=400, class_weight="balanced").fit(features.tocsr(), labels)
    return Taught(
        labels=[str(label) for label in model.classes_],
        characters=terms(characters.vocabulary_),
        words=terms(words.vocabulary_),
        idf=np.concatenate([characters.idf_, words.idf_]).astype(np.float32),
        coefficients=np.ascontiguousarray(model.coef_.T, np.float32),
        intercept=model.intercept_.astype(np.float32),
        examples=dense,
    )


def vectorizers() -> tuple[TfidfVectorizer, TfidfVectorizer]:
    sizes = (SHORTEST, LONGEST)
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=sizes, min_df=2, sublinear_tf=True, max_features=60_000
    )
    return characters, TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD.pattern)


def _stamp(taught: list[tuple[str, str, str]]) -> str:
    code = b"".join((Path(__file__).parent / name).read_bytes() for name in PARTS_OF_THE_MODEL)
    return hashlib.sha256(repr((sklearn.__version__, taught)).encode() + code).hexdigest()
