"""How sure a guess is, and what it costs to want more: confidence fitted on held-out guesses, risk–coverage tables.

A guess is judged by two things: the classifier's own probability, and how near the message is to an example. Either
alone is fooled, by a strange message with one telling word, and by a familiar one that fits two labels.
Confidence is the share of held-out guesses like it that were right: logistic regression on both (Platt scaling with a
second feature). Kept as plain numbers; fitting is in validation.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

COVERAGES = (1.0, 0.98, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)


@dataclass(frozen=True, slots=True)
class Judged:
    """A held-out guess: what it said, how sure it was, whether it was right. `truth` is the label that was given."""

    label: str
    truth: str
    confidence: float

    @property
    def right(self) -> bool:
        return self.label == self.truth


@dataclass(frozen=True, slots=True)
class Row:
    """Of those at least `threshold` sure: the share of all (coverage), and the share of these that is right."""

    threshold: float
    coverage: float
    precision: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """`weights`: of the logit of the probability, of the nearness, the rest. `held` by label: (confidence, right)."""

    weights: tuple[float, float, float] = (1.0, 0.0, 0.0)
    held: Mapping[str, tuple[tuple[float, bool], ...]] = field(default_factory=dict)

    def confidence(self, probability: float, nearest: float) -> float:
        odds = min(max(probability, 1e-6), 1 - 1e-6)
        score = self.weights[0] * math.log(odds / (1 - odds)) + self.weights[1] * nearest + self.weights[2]
        return 1 / (1 + math.exp(-max(min(score, 30.0), -30.0)))

    def threshold(self, label: str, precision: float) -> float:
        """The least confidence from which on the label was right as often as wanted; 1.0 where it never was."""
        rows = table(self.held.get(label, ()))
        fitting = [row.threshold for row in rows if row.precision >= precision]
        return min(fitting, default=1.0)

    def coverage(self, label: str, threshold: float) -> float:
        """The share of the label's held-out guesses that is at least so sure."""
        held = self.held.get(label, ())
        return sum(sure >= threshold for sure, _ in held) / len(held) if held else 0.0

    def as_json(self) -> dict[str, Any]:
        held = {label: [[round(sure, 4), right] for sure, right in pairs] for label, pairs in self.held.items()}
        return {"weights": [round(one, 6) for one in self.weights], "held": held}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Calibration:
        first, second, third = kept["weights"]
        held = {
            label: tuple((float(sure), bool(right)) for sure, right in pairs) for label, pairs in kept["held"].items()
        }
        return cls((first, second, third), held)


def table(held: Sequence[tuple[float, bool]]) -> list[Row]:
    """One row a confidence that occurs, surest first: precision and coverage of all that are as sure or surer."""
    rows, right = [], 0
    ranked = sorted(held, key=lambda one: -one[0])
    for count, (sure, was_right) in enumerate(ranked, 1):
        right += was_right
        if count == len(ranked) or ranked[count][0] < sure:
            rows.append(Row(sure, count / len(ranked), right / count))
    return rows


def risk_coverage(judged: Iterable[Judged], coverages: Sequence[float] = COVERAGES) -> list[Row]:
    """The table that is printed: for each coverage the threshold that gives it and the precision there."""
    rows = table([(one.confidence, one.right) for one in judged])
    chosen = (next((row for row in rows if row.coverage >= wanted), None) for wanted in coverages)
    return list(dict.fromkeys(row for row in chosen if row is not None))
