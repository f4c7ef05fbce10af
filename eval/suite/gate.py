"""What lets a change through: rates by group and by grader, and nothing that held before may fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eval.suite.results import GRADERS, Run, rate

LEAST = 0.95
LEAST_GRADED: Mapping[str, float] = dict.fromkeys(("facts", "end_state", "policy", "wording"), 0.95)
"""`answered` has none of itself: many a case rightly ends with a question to the customer, which is no answer."""


class BadGate(ValueError):
    """A threshold or a baseline that cannot be used; says what would be accepted."""


@dataclass(frozen=True, slots=True)
class Least:
    """Shares that must be reached: of cases that pass, by group ("" for all), and of those that a grader approves."""

    passing: Mapping[str, float] = field(default_factory=lambda: {"": LEAST})
    approved: Mapping[str, float] = field(default_factory=lambda: LEAST_GRADED)


def least(passing: Sequence[str] = (), approved: Sequence[str] = ()) -> Least:
    """`0.95` for all, `GROUP=0.9` for a group; `GRADER=0.9`, or `0.9` for every grader. Raises `BadGate`."""
    graded = dict(LEAST_GRADED)
    for name, share in _shares("--grader", "GRADER", approved):
        if name and name not in GRADERS:
            raise BadGate(f"--grader {name}: there are {', '.join(GRADERS)}")
        graded |= {name: share} if name else dict.fromkeys(GRADERS, share)
    return Least({"": LEAST, **dict(_shares("--min", "GROUP", passing))}, graded)


def _shares(option: str, what: str, given: Sequence[str]) -> Iterator[tuple[str, float]]:
    for one in given:
        name, _, share = one.rpartition("=")
        try:
            found = float(share)
        except ValueError:
            raise BadGate(f"{option} {one}: write a share from 0 to 1, or {what}=SHARE") from None
        if not 0 <= found <= 1:  # nan neither
            raise BadGate(f"{option} {one}: a share lies between 0 and 1")
        yield name, found


def failures(run: Run, wanted: Least, baseline: Mapping[str, Any] | None) -> Iterator[str]:
    """Why the gate stays shut, a sentence each; none: it opens."""
    for group, share in sorted(wanted.passing.items()):
        if group and group not in run.groups:
            yield f"no case of group {group} was run"
            continue
        reached = rate(run.counts(group or None))
        if reached < share:
            yield f"{group or 'all groups'}: {reached:.1%} pass, at least {share:.1%} must"
    for grader, share in sorted(wanted.approved.items()):
        told = run.graded(grader)
        if told.rate < share:
            yield f"{grader}: the grader approves of {told.rate:.1%}, at least {share:.1%} must hold"
    if baseline is not None:
        yield from _fell(run, baseline)


def checked(baseline: Any) -> dict[str, Any]:
    """A run that another can be held against. Raises `BadGate`."""
    try:
        known = all(isinstance(one["id"], str) and isinstance(one["status"], str) for one in baseline["results"])
    except (KeyError, TypeError):
        known = False
    if not known:
        raise BadGate("the baseline is no run: make one with wismo eval --out RUN.json")
    return dict(baseline)


def _fell(run: Run, baseline: Mapping[str, Any]) -> Iterator[str]:
    """A baseline that was written before graders stood in it is held against by its cases alone."""
    before = {one["id"]: one for one in checked(baseline)["results"]}
    passed = {name for name, one in before.items() if one["status"] in {"passed", "fixed"}}
    objected = {name: set(one["objections"]) for name, one in before.items() if "objections" in one}
    for one in run.standings:
        name = one.case.id
        if name in passed and one.status not in {"passed", "fixed"}:
            yield f"{name} passed in the baseline and does not now"
        for grader, why in one.objections.items() if name in objected else ():
            if grader not in objected[name]:
                yield f"{name}: {grader} objects, and did not in the baseline: {why}"
