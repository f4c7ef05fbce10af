"""How far a grader agrees with people: Cohen's kappa, with its interval.

kappa = (po − pe) / (1 − pe): the agreement seen, above the agreement that two who judge blindly at these rates would
reach. J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960).
The interval is kappa ± 1.96 standard errors, by the formula for large samples of J. L. Fleiss, J. Cohen and
B. S. Everitt, "Large sample standard errors of kappa and weighted kappa", Psychological Bulletin 72 (1969).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

Z = 1.96
"""95 % of a normal distribution lies within so many standard errors."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """`n` judged by both; `unsure` are labelled cases that the grader left open, and count in nothing else.

    `kappa` is None where it is not defined: nothing judged, or both know one verdict only. `missed`: a person says that
    it does not hold, the grader that it does; `alarms` the other way round.
    """

    n: int
    agree: int
    missed: int
    alarms: int
    unsure: int
    kappa: float | None
    low: float | None
    high: float | None

    def as_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in ("n", "agree", "missed", "alarms", "unsure")}
        return told | {
            name: None if value is None else round(value, 4)
            for name, value in (("kappa", self.kappa), ("low", self.low), ("high", self.high))
        }


def agreement(pairs: Iterable[tuple[bool, bool | None]]) -> Agreement:
    """Pairs of a person's label and the grader's verdict."""
    every = list(pairs)
    judged = [(label, verdict) for label, verdict in every if verdict is not None]
    cells = {(one, other): judged.count((one, other)) for one in (True, False) for other in (True, False)}
    kappa, error = _kappa(cells, len(judged))
    return Agreement(
        n=len(judged),
        agree=cells[True, True] + cells[False, False],
        missed=cells[False, True],
        alarms=cells[True, False],
        unsure=len(every) - len(judged),
        kappa=kappa,
        low=None if kappa is None else max(kappa - Z * error, -1.0),
        high=None if kappa is None else min(kappa + Z * error, 1.0),
    )


def _kappa(cells: Mapping[tuple[bool, bool], int], n: int) -> tuple[float | None, float]:
    """With its standard error; None where chance alone explains everything (pe = 1)."""
    if not n:
        return None, 0.0
    share = {cell: count / n for cell, count in cells.items()}
    rows = {one: share[one, True] + share[one, False] for one in (True, False)}
    columns = {one: share[True, one] + share[False, one] for one in (True, False)}
    seen = share[True, True] + share[False, False]
    chance = sum(rows[one] * columns[one] for one in (True, False))
    if chance >= 1:
        return None, 0.0
    kappa = (seen - chance) / (1 - chance)
    a = sum(share[one, one] * (1 - (rows[one] + columns[one]) * (1 - kappa)) ** 2 for one in (True, False))
    b = (1 - kappa) ** 2 * sum(share[i, not i] * (columns[i] + rows[not i]) ** 2 for i in (True, False))
    c = (kappa - chance * (1 - kappa)) ** 2
    return kappa, sqrt(max(a + b - c, 0.0)) / ((1 - chance) * sqrt(n))
