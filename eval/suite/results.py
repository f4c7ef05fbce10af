"""What a run of the suite came to: a result a trial, a standing a case, the sums. Nothing is played here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import comb
from typing import Any, Literal

from pydantic import TypeAdapter

from eval.conversation import Conversation
from eval.suite.case import Case
from eval.suite.expecting import Difference
from eval.suite.player import Line

Status = Literal["passed", "failed", "known", "fixed"]


@dataclass(frozen=True, slots=True)
class Result:
    """One trial of one case. `conversation` is None where the case could not be played to its end."""

    case: str
    trial: int
    differences: tuple[Difference, ...]
    transcript: tuple[Line, ...]
    conversation: Conversation | None

    @property
    def passed(self) -> bool:
        return not self.differences


RESULT = TypeAdapter(Result)


@dataclass(frozen=True, slots=True)
class Standing:
    """A case with its trials. `known`: it fails and was marked; `fixed`: it was marked and passes."""

    case: Case
    trials: tuple[Result, ...]

    @property
    def status(self) -> Status:
        passed = all(one.passed for one in self.trials)
        if self.case.known_issue:
            return "fixed" if passed else "known"
        return "passed" if passed else "failed"

    @property
    def shown(self) -> Result:
        """The first trial that failed, else the first."""
        return next((one for one in self.trials if not one.passed), self.trials[0])


@dataclass(frozen=True, slots=True)
class Run:
    """`digests` say what was run: model, replies, code, knowledge, policy, cases."""

    suite: str
    seed: int
    trials: int
    digests: Mapping[str, str]
    standings: tuple[Standing, ...]

    @property
    def conversations(self) -> tuple[Conversation, ...]:
        every = (one.conversation for standing in self.standings for one in standing.trials)
        return tuple(one for one in every if one)

    def counts(self, group: str | None = None) -> Counter[Status]:
        return Counter(one.status for one in self.standings if group in {None, one.case.group})

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.case.group for one in self.standings))

    def pass_all(self, k: int) -> float:
        """pass^k: the chance that k trials of a case all pass, over the cases (C(c,k)/C(n,k))."""
        return _mean([comb(sum(t.passed for t in one.trials), k) / comb(self.trials, k) for one in self.standings])

    def as_json(self) -> dict[str, Any]:
        """Without clock times, durations and random ids: the same seed gives the same bytes."""
        counts = self.counts()
        return {
            "suite": self.suite,
            "seed": self.seed,
            "cases": len(self.standings),
            "trials": self.trials,
            **{status: counts[status] for status in ("passed", "failed", "known", "fixed")},
            "rate": rate(counts),
            "pass_all": {str(k): round(self.pass_all(k), 6) for k in range(1, self.trials + 1)},
            "groups": {one: self._group(one) for one in self.groups},
            "digests": dict(self.digests),
            "results": [_told(one) for one in self.standings],
        }

    def _group(self, group: str) -> dict[str, Any]:
        counts = self.counts(group)
        return {"cases": sum(counts.values()), "rate": rate(counts), **dict(sorted(counts.items()))}


def rate(counts: Mapping[Status, int]) -> float:
    """The share that passes of those that should; known issues are left out of both."""
    good = counts.get("passed", 0) + counts.get("fixed", 0)
    should = good + counts.get("failed", 0)
    return round(good / should, 6) if should else 1.0


def _told(one: Standing) -> dict[str, Any]:
    shown = one.shown
    told: dict[str, Any] = {
        "id": one.case.id,
        "group": one.case.group,
        "status": one.status,
        "trials": [trial.passed for trial in one.trials],
    }
    if one.case.known_issue:
        told["known_issue"] = one.case.known_issue
    if not shown.passed:
        told["differences"] = [asdict(each) for each in shown.differences]
        told["transcript"] = [asdict(each) for each in shown.transcript]
    return told


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1.0
