"""What a run of the suite came to: a result a trial, a standing a case, the sums. Nothing is played here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import takewhile
from math import comb
from typing import Any, Literal

from pydantic import TypeAdapter

from eval.conversation import Conversation, Grades
from eval.metrics.summary import Summary, summarise
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

    @property
    def grades(self) -> Grades:
        """Nothing is known of a case that broke."""
        return self.conversation.grades if self.conversation else Grades()


RESULT = TypeAdapter(Result)
GRADERS = ("facts", "end_state", "policy", "wording", "answered")


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

    @property
    def objections(self) -> Mapping[str, str]:
        """By grader, why it objects to a trial: to the first that it objects to."""
        found: dict[str, str] = {}
        for trial in self.trials:
            for name in GRADERS:
                if getattr(trial.grades, name) is False:
                    found.setdefault(name, trial.grades.why.get(name, ""))
        return found


@dataclass(frozen=True, slots=True)
class Graded:
    """What a grader said of the trials that pass; `open`: it could not tell."""

    holds: int
    objects: int
    open: int

    @property
    def rate(self) -> float:
        told = self.holds + self.objects
        return round(self.holds / told, 6) if told else 1.0


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

    def summary(self) -> Summary:
        """The figures that a shop is told, over these conversations: chosen ones, so no forecast."""
        return summarise(
            _alone(one.conversation, one.trial)
            for standing in self.standings
            for one in standing.trials
            if one.conversation
        )

    def counts(self, group: str | None = None) -> Counter[Status]:
        return Counter(one.status for one in self.standings if group in {None, one.case.group})

    def graded(self, grader: str) -> Graded:
        """Over trials that pass: what fails is counted as failed, and here is told what the cases do not see."""
        passing = (trial for one in self.standings for trial in one.trials if trial.passed)
        said = Counter(getattr(trial.grades, grader) for trial in passing)
        return Graded(said[True], said[False], said[None])

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
            "graders": {name: self._graded(name) for name in GRADERS},
            "digests": dict(self.digests),
            "summary": self.summary().as_json(timed=False),
            "read": [*self._read()],
            "results": [_told(one) for one in self.standings],
        }

    def _read(self) -> Iterator[dict[str, Any]]:
        """Which first wish of a message was taken for which, over the messages of which cases say it."""
        pairs = Counter(
            pair for standing in self.standings for one in standing.trials for pair in _pairs(standing.case, one)
        )
        for (expected, read), count in sorted(pairs.items()):
            yield {"expected": expected, "read": read, "count": count}

    def _graded(self, grader: str) -> dict[str, Any]:
        told = self.graded(grader)
        return {**asdict(told), "rate": told.rate}

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
        "objections": dict(one.objections),
    }
    if one.case.known_issue:
        told["known_issue"] = one.case.known_issue
    if not shown.passed:
        told["differences"] = [asdict(each) for each in shown.differences]
        told["transcript"] = [asdict(each) for each in shown.transcript]
    return told


def _alone(one: Conversation, trial: int) -> Conversation:
    """Every case is a world of its own: its Ana and its order 1001 are nobody's of another case."""
    name = f"{one.id}:{trial}"
    turns = tuple(replace(turn, orders=_own(turn.orders, name)) for turn in one.turns)
    customer, orders = f"{name}:{one.customer}", _own(one.orders, name)
    return replace(one, id=name, turns=turns, customer=customer, orders=orders, test=False)


def _own(orders: Sequence[str], name: str) -> tuple[str, ...]:
    return tuple(f"{name}:{order}" for order in orders)


def _pairs(case: Case, played: Result) -> Iterator[tuple[str, str]]:
    """Up to a scripted customer, whose turns nobody counts beforehand. The order of several wishes does not matter."""
    turns = {turn.ticket: turn for turn in played.conversation.turns} if played.conversation else {}
    said = 0
    for step in takewhile(lambda one: one.customer is None, case.turns):
        said += step.say is not None and not (step.again and said)
        turn = turns.get(f"case:{case.id}:{said}")
        if step.say is not None and not step.again and step.expect.intents and turn and turn.requests:
            expected, read = step.expect.intents, turn.requests[0].intent
            yield (read if read in expected else str(expected[0])), read


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1.0
