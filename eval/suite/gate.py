"""What lets a change through: rates overall and by group, and nothing that passed before may fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eval.suite.results import Run, rate

LEAST = 0.95


class BadGate(ValueError):
    """A threshold or a baseline that cannot be used; says what would be accepted."""


def thresholds(given: Sequence[str]) -> dict[str, float]:
    """`0.95` for all, `GROUP=0.9` for a group. Raises `BadGate`."""
    found = {"": LEAST}
    for one in given:
        group, _, least = one.rpartition("=")
        try:
            found[group] = float(least)
        except ValueError:
            raise BadGate(f"--min {one}: write a share from 0 to 1, or GROUP=SHARE") from None
        if not 0 <= found[group] <= 1:
            raise BadGate(f"--min {one}: a share lies between 0 and 1")
    return found


def failures(run: Run, least: Mapping[str, float], baseline: Mapping[str, Any] | None) -> Iterator[str]:
    """Why the gate stays shut, a sentence each; none: it opens."""
    for group, wanted in sorted(least.items()):
        if group and group not in run.groups:
            yield f"no case of group {group} was run"
            continue
        reached = rate(run.counts(group or None))
        if reached < wanted:
            yield f"{group or 'all groups'}: {reached:.1%} pass, at least {wanted:.1%} must"
    if baseline is not None:
        yield from _fell(run, baseline)


def _fell(run: Run, baseline: Mapping[str, Any]) -> Iterator[str]:
    try:
        passed = {one["id"] for one in baseline["results"] if one["status"] in {"passed", "fixed"}}
    except (KeyError, TypeError):
        raise BadGate("the baseline is no run: make one with wismo eval --out RUN.json") from None
    for one in run.standings:
        if one.case.id in passed and one.status not in {"passed", "fixed"}:
            yield f"{one.case.id} passed in the baseline and does not now"
