"""Teaching the classifier the packaged examples; done once, by `make setup`. Serving does not come here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from agent.brains.classifier import Embed, IntentModel, Written, examples
from agent.brains.reading import mask
from agent.policy import Policy


def train(path: Path, embedder: Embed, progress: Callable[[str], None]) -> None:
    """An up-to-date model is left alone: the stamp beside it names the examples and this code."""
    taught = list(examples())
    stamp, wanted = path.with_suffix(".sha256"), _stamp(taught)
    if path.exists() and stamp.exists() and stamp.read_text() == wanted:
        progress(f"intent classifier is up to date ({len(taught):,} examples)")
        return
    progress(f"training the intent classifier on {len(taught):,} examples")
    policy = Policy()
    texts = [Written(mask(text, policy), language) for text, language, _ in taught]
    IntentModel.train(embedder, texts, [label for *_, label in taught]).save(path)
    stamp.write_text(wanted)
    progress("intent classifier trained")


def _stamp(taught: list[tuple[str, str, str]]) -> str:
    import sklearn

    code = b"".join(
        Path(__file__).with_name(f"{name}.py").read_bytes() for name in ("classifier", "glossary", "reading", "train")
    )
    return hashlib.sha256(repr((sklearn.__version__, taught)).encode() + code).hexdigest()
