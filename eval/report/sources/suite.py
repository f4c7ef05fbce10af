"""The report of `wismo eval --json`: how many cases hold, by group, and each that does not with its transcript.

The cases are a chosen list, no sample of anything: their pass rate has no interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from eval.report.contents import (
    Breakdown,
    Case,
    Difference,
    Figure,
    Group,
    Report,
    Said,
    Turned,
    Verdict,
)
from eval.report.sources.rates import Kept, readings
from eval.report.sources.summary import with_summary
from eval.report.wording import plain

SAYS = {
    "passed": "all came as expected",
    "failed": "something came otherwise",
    "known": "fail, and are marked as a known issue",
    "fixed": "are marked as a known issue and pass: take the mark away",
}
NOTES = (
    "How customers of this shop would fare: the cases are a chosen list, no sample of its tickets. "
    "wismo simulate answers past tickets instead.",
)


def from_suite(kept: Kept) -> Report:
    """With `summary` (a Summary of its conversations) and `read` ({expected, read, count}) where the run tells them."""
    wrong = [one for one in kept["results"] if one["status"] in {"failed", "known"}]
    report = Report(
        title=f"Test cases: {kept['suite']}",
        source="suite",
        seed=kept["seed"],
        hashes=kept["digests"],
        figures=tuple(_figures(kept)),
        breakdowns=(_groups(kept["groups"]), *_graders(kept.get("graders", {}))),
        confusion=readings("the cases", kept.get("read")),
        worst=tuple(map(_case, sorted(wrong, key=_badness))),
        worst_of=len(wrong),
        not_measured=NOTES,
    )
    return with_summary(report, kept["summary"]) if kept.get("summary") else report


def _figures(kept: Kept) -> Iterator[Figure]:
    yield Figure("Cases that hold", kept["rate"], n=kept["cases"] - kept["known"], says="known issues left out")
    for name, says in SAYS.items():
        yield Figure(f"Cases: {name}", kept[name], unit="count", says=says)
    for k, value in kept["pass_all"].items():
        if kept["trials"] > 1:
            yield Figure(f"pass^{k}", value, says=f"the chance that {k} trials of a case all pass")


def _groups(kept: Kept) -> Breakdown:
    return Breakdown("group of cases", tuple(_group(name, one) for name, one in kept.items()), "cases")


def _group(name: str, kept: Kept) -> Group:
    counts = (Figure(status, kept.get(status, 0), unit="count") for status in ("failed", "known"))
    return Group(name, kept["cases"], (Figure("hold", kept["rate"]), *counts))


def _graders(kept: Mapping[str, Kept]) -> Iterator[Breakdown]:
    """What the graders say of the cases that pass."""
    if kept:
        groups = (_grader(name, one) for name, one in kept.items())
        yield Breakdown("grader, of the cases that pass", tuple(groups), "judged")


def _grader(name: str, kept: Kept) -> Group:
    counts = (Figure(plain(each), kept[each], unit="count") for each in ("objects", "open"))
    return Group(plain(name), kept["holds"] + kept["objects"], (Figure("approves", kept["rate"]), *counts))


def _badness(kept: Kept) -> tuple[bool, bool, int, str]:
    """What nobody knew of first, then money and end states before words, then by how much came otherwise."""
    differences = kept.get("differences", [])
    on_words = all(one["what"] in {"must_say", "must_not_say"} for one in differences)
    return kept["status"] == "known", on_words, -len(differences), kept["id"]


def _case(kept: Kept) -> Case:
    lines = kept.get("transcript", [])
    said = tuple(Said(one["who"], one["text"], one["note"]) for one in lines)
    issue = kept.get("known_issue", "")
    differences = tuple(_difference(one) for one in kept.get("differences", []))
    first = differences[0].what if differences else "failed"
    return Case(kept["id"], f"{kept['id']}: {first}", differences=differences, known_issue=issue, transcript=said)


def _difference(kept: Mapping[str, str]) -> Difference:
    return Difference(kept["where"], kept["what"].replace("_", " "), kept["expected"], kept["got"])


def turned(before: Kept, now: Kept) -> tuple[Turned, ...]:
    """Cases of either run that end otherwise, those that got worse first; one that was not run is neither."""
    then, ends = ({one["id"]: one["status"] for one in each["results"]} for each in (before, now))
    changed = (_turned(name, then.get(name), ends.get(name)) for name in sorted({*then, *ends}))
    order = ("worse", "better", "other")
    return tuple(sorted((one for one in changed if one.before != one.now), key=lambda one: order.index(one.verdict)))


def _turned(name: str, before: str | None, now: str | None) -> Turned:
    held, holds = before in {"passed", "fixed"}, now in {"passed", "fixed"}
    both = before is not None and now is not None
    verdict: Verdict = "other" if not both or held == holds else "better" if holds else "worse"
    return Turned(name, before or "not run", now or "not run", verdict)
