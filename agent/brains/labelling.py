"""A shop's own labels read from a message by a model that the shop trained: `wismo triage --model`. No playbooks."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from agent.brains import reading
from agent.brains.classifier import Guess, IntentModel, Written
from agent.brains.language import LanguageGuess
from agent.brains.own_words import plain
from agent.brains.train import Example
from agent.case import Intent
from agent.policy import Policy

LONGEST = 4_000
"""Characters of an example that are kept."""


class BadLabels(ValueError):
    """A file of labels that cannot be used; says the line and what would be accepted."""


class Labeller:
    """`least` is the confidence below which a message is none of the labels."""

    def __init__(self, model: IntentModel, language: LanguageGuess, policy: Policy, least: float) -> None:
        self._model = model
        self._language = language
        self._policy = policy
        self._least = least

    def __call__(self, text: str, subject: str = "") -> tuple[Guess, bool]:
        """The label, and whether it is in scope."""
        limit = self._policy.limits.message_characters
        parts = (plain(subject, 500), plain(text, limit))
        whole = "\n".join(part for part in parts if part)
        language = self._language(whole) or self._policy.shop.languages[0]
        guess = self._model.guess([Written(reading.mask(whole, self._policy)[:1_500], language)])[0]
        known = guess.label != Intent.OUT_OF_SCOPE.value and bool(whole.strip())
        return guess, known and guess.confidence >= self._least


def read_labels(path: Path, language: LanguageGuess, default: str) -> Iterator[Example]:
    """Rows of `text,intent` (and `language`, where it is known). Raises `BadLabels`, with the line's number."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as rows:
            reader = csv.DictReader(rows)
            if not {"text", "intent"} <= {(name or "").strip() for name in reader.fieldnames or ()}:
                raise BadLabels(f"{path.name}: the first line must name the columns text and intent")
            for row in reader:
                yield _example(row, reader.line_num, path.name, language, default)
    except UnicodeDecodeError:
        raise BadLabels(f"{path.name} is not text in UTF-8") from None
    except csv.Error as error:
        raise BadLabels(f"{path.name}: not readable as CSV: {error}") from None
    except OSError as error:
        raise BadLabels(f"cannot read {path}: {error.strerror}") from None


def _example(row: dict[str, str | None], line: int, name: str, language: LanguageGuess, default: str) -> Example:
    text, label = (row.get("text") or "").strip(), (row.get("intent") or "").strip()
    if not text or not label:
        missing = "text" if not text else "intent"
        raise BadLabels(f"{name}: line {line} has no {missing}; each line needs a text and an intent")
    return Example(text[:LONGEST], label, (row.get("language") or "").strip() or language(text) or default)
