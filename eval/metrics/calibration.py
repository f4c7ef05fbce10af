"""Predicted by the simulation against realised after launch, per intent: predicted - realised automation rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from eval.metrics.intervals import Rate, rate


@dataclass(frozen=True, slots=True)
class Compared:
    """`error` above zero: the simulation promised too much. `agrees`: the intervals overlap."""

    intent: str
    predicted: Rate
    realised: Rate

    @property
    def error(self) -> float | None:
        if self.predicted.share is None or self.realised.share is None:
            return None
        return self.predicted.share - self.realised.share

    @property
    def agrees(self) -> bool:
        return self.predicted.low <= self.realised.high and self.realised.low <= self.predicted.high

    def as_json(self) -> dict[str, Any]:
        error = None if self.error is None else round(self.error, 6)
        told = {"predicted": self.predicted.as_json(), "realised": self.realised.as_json()}
        return {"intent": self.intent, **told, "error": error, "agrees": self.agrees}


def compared(predicted: Mapping[str, Rate], realised: Mapping[str, Rate]) -> tuple[Compared, ...]:
    """Every intent of either, the largest of life first; one that only the other knows has a rate of nothing."""
    none = rate(0, 0)
    found = [Compared(one, predicted.get(one, none), realised.get(one, none)) for one in {*predicted, *realised}]
    return tuple(sorted(found, key=lambda one: (-one.realised.of, -one.predicted.of, one.intent)))


def predictions(summary: Mapping[str, Any]) -> Mapping[str, Rate]:
    """From what `wismo simulate --json` writes, or from the JSON of a Summary. Raises ValueError when it has none.

    Test cases are chosen, not drawn: a run of them predicts nothing.
    """
    try:
        return {name: _rate(one["automation"]) for name, one in _by_intent(summary)}
    except (KeyError, TypeError, AttributeError):
        raise ValueError("no prediction in it: make one with wismo simulate EXPORT --json") from None


def _by_intent(summary: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    inner = summary.get("predicted") or summary
    if "tables" in inner:
        return list(inner["tables"]["intent"].items())
    return [(one["name"], one) for one in inner["by"]["intent"]]


def _rate(kept: Mapping[str, Any]) -> Rate:
    return rate(int(kept["hits"]), int(kept["of"]))
