"""Which run a JSON is of, and its report. Extra: an earlier run to hold it against, the classifier's calibration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from eval.report.contents import KIND, BadReport, Changes, Report, from_json
from eval.report.sources.calibration import from_calibration
from eval.report.sources.changes import since
from eval.report.sources.live import from_live
from eval.report.sources.simulation import from_simulation
from eval.report.sources.suite import from_suite, turned

Kept = Mapping[str, Any]


def read(kept: Any, earlier: Any = None, calibration: Kept | None = None) -> Report:
    """Raises `BadReport`."""
    report = _one(kept)
    if earlier is not None:
        report = replace(report, changes=_changes(earlier, kept, report))
    if calibration is not None:
        report = replace(report, risk=from_calibration(calibration))
    return report


def _one(kept: Any) -> Report:
    if not isinstance(kept, dict):
        raise BadReport("a run is one JSON object")
    make, name = _source(kept)
    try:
        return from_json(make(kept).as_json())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, BadReport):
            raise
        raise BadReport(f"no JSON of {name}: {_missing(error)}") from None


def _changes(earlier: Any, kept: Kept, report: Report) -> Changes:
    before = _one(earlier)
    cases = turned(earlier, kept) if "results" in earlier and "results" in kept else ()
    return since(before, report, cases)


def _source(kept: Kept) -> tuple[Callable[[Kept], Report], str]:
    if kept.get("kind") == KIND:
        return from_json, "a report"
    for sign, make, name in (
        ("results", from_suite, "wismo eval --json"),
        ("predicted", from_simulation, "wismo simulate --json"),
        ("populations", from_live, "wismo report --json"),
    ):
        if sign in kept:
            return make, name
    raise BadReport("no run: make one with wismo eval --json, wismo simulate --json or wismo report --json")


def _missing(error: Exception) -> str:
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error)
