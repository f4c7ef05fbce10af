"""The five figures that a shop asks for: processing time, accuracy, cost saved, satisfaction, deflection.

All read from the journal and the order core, for any period, as often as asked; none is counted on the side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from agent import ratings
from eval.metrics.contacts import utc
from eval.metrics.deflection import Arm, Causal, causal
from eval.metrics.live import Reading, live
from eval.metrics.operations import MISTAKES, Accuracy, Processing, accuracy, processing
from eval.metrics.spending import Spending
from eval.metrics.summary import Period, Summary
from tools.orders import figures

Arms = Callable[[Connection, Period], tuple[Arm, Arm] | None]
"""Contacts and orders of (treated, held out) customers in a period; None while nobody is held out."""
SATISFIED = 4
"""Marks from here on are satisfied ones: the usual reading of a scale of five."""


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """`scores`: customers by mark, 1 to 5; the last mark of a conversation counts."""

    scores: Mapping[int, int]

    @property
    def rated(self) -> int:
        return sum(self.scores.values())

    @property
    def mean(self) -> float | None:
        return sum(mark * count for mark, count in self.scores.items()) / self.rated if self.rated else None

    @property
    def satisfied(self) -> float | None:
        """CSAT as a share."""
        good = sum(count for mark, count in self.scores.items() if mark >= SATISFIED)
        return good / self.rated if self.rated else None

    def as_json(self) -> dict[str, Any]:
        shares = {"mean": self.mean, "satisfied": self.satisfied}
        told = {name: None if value is None else round(value, 4) for name, value in shares.items()}
        return {**told, "rated": self.rated, "scores": {str(mark): self.scores.get(mark, 0) for mark in range(1, 6)}}


@dataclass(frozen=True, slots=True)
class Five:
    period: Period
    processing: Processing
    accuracy: Accuracy
    spending: Spending
    satisfaction: Satisfaction
    deflection: Causal

    def as_json(self) -> dict[str, Any]:
        return {
            "period": {"since": self.period.since.isoformat(), "until": self.period.until.isoformat()},
            "order_processing_time": self.processing.as_json(),
            "order_accuracy": self.accuracy.as_json(),
            "cost_saved": self.spending.as_json(),
            "customer_satisfaction": self.satisfaction.as_json(),
            "deflection": self.deflection.as_json(),
        }


def five(db: Connection, period: Period, reading: Reading, arms: Arms | None = None) -> Five:
    """`arms` brings the groups of whoever holds customers out; without it, those of [rollout] holdout.

    `reading.sample` 0 reads no conversation: none of the five needs grades.
    """
    summary = live(db, period, "72h", reading).summary
    sent = figures.sent(db, utc(period.since), utc(period.until), MISTAKES)
    return Five(
        period,
        processing(sent),
        accuracy(sent),
        summary.spending,
        _satisfaction(db, period),
        _deflection(db, period, summary, arms),
    )


def _deflection(db: Connection, period: Period, summary: Summary, arms: Arms | None) -> Causal:
    groups = arms(db, period) if arms else None
    return causal(*groups) if groups else summary.causal


def _satisfaction(db: Connection, period: Period) -> Satisfaction:
    given = ratings.between(db, utc(period.since), utc(period.until))
    return Satisfaction(Counter(given.values()))
