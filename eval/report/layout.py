"""The report read top to bottom: which sections there are, in which order, and what stands where one is empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from eval.report import stories, tables
from eval.report.contents import Counterfactual, Report, Source
from eval.report.parts import Note, Section, Table
from eval.report.wording import plain

MOST = 50
"""Cases, and pairs, that are told whole."""

SOURCES: dict[Source, str] = {
    "suite": "A run of test cases: each conversation is played in a small shop of its own.",
    "simulation": "A simulation: past tickets answered again, with the orders as they were then. Nothing was sent.",
    "live": "Live conversations, read from the journal.",
}


def sections(report: Report) -> tuple[Section, ...]:
    """In the order of a lead's questions; a section that does not belong to the source is left out."""
    return tuple(each for make in MAKERS for each in make(report))


def about(report: Report) -> tuple[str, ...]:
    """What stands under the title."""
    seed = f"Seed {report.seed}." if report.seed is not None else ""
    period = f"Period: {report.period}." if report.period else ""
    return tuple(one for one in (SOURCES[report.source], period, seed) if one)


def _headline(report: Report) -> Iterator[Section]:
    yield Section(
        "headline",
        "Headline",
        "Each share with its 95% interval (the thin line over the bar) and what it was counted over.",
        (tables.headline(report.figures),) if report.figures else (),
        "No figures: nothing was run or nothing was received in the period.",
    )


def _changes(report: Report) -> Iterator[Section]:
    changes = report.changes
    if report.source == "live" and changes is None:
        return
    yield Section(
        "changes",
        "What changed since the last run",
        f"Held against {changes.since}." if changes else "",
        tables.changes(changes) if changes else (),
        "Nothing to compare with: name an earlier run with --baseline.",
    )


def _counterfactual(report: Report) -> Iterator[Section]:
    if report.source != "simulation":
        return
    two = report.counterfactual
    yield Section(
        "pairs",
        "The same tickets under two configurations",
        _compared(two) if two else "",
        (*tables.moved(two.figures), *stories.pairs(two)) if two else (),
        "One configuration was simulated. A second one: wismo simulate EXPORT --with shop.new.toml",
    )


def _compared(two: Counterfactual) -> str:
    both = f"{two.tickets:,} tickets under {two.before} and again under {two.after}"
    return f"{both}; {two.all_that_differ:,} came otherwise, of which {len(two.pairs):,} are told here."


def _funnel(report: Report) -> Iterator[Section]:
    yield Section(
        "populations",
        "Who is counted",
        "Each population lies within the one above it; every rate says which of them it is a share of.",
        (tables.funnel(report.funnel),) if report.funnel else (),
        "Not counted: a run of test cases has no populations."
        if report.source == "suite"
        else "No conversations were received.",
    )


def _definitions(report: Report) -> Iterator[Section]:
    yield Section(
        "definitions",
        "The same conversations under other rules",
        "Vendors count resolutions by rules of their own. These are the same conversations under each; "
        "no row is a claim about a vendor's product.",
        (tables.definitions(report.definitions),) if report.definitions else (),
        "Not computed for this run.",
    )


def _breakdowns(report: Report) -> Iterator[Section]:
    filled = [one for one in report.breakdowns if one.groups]
    for place, one in enumerate(filled, 1):
        yield Section(f"by-{place}", f"By {plain(one.by)}", "", tables.breakdown(one, f"by-{place}-drawn"))
    if not filled:
        yield Section("by-1", "By intent", empty="Not computed for this run.")


def _confusion(report: Report) -> Iterator[Section]:
    confusion = report.confusion
    yield Section(
        "confusion",
        "What was read as what",
        f"Down: what {confusion.told_by} say. Across: what was read." if confusion else "",
        tables.confusion(confusion) if confusion and confusion.cells else (),
        "This run does not tell it." if report.source == "suite" else "Needs labels by people: wismo eval label",
    )


def _risk(report: Report) -> Iterator[Section]:
    yield Section(
        "risk",
        "Risk and coverage",
        "The surer a reading must be, the fewer messages are answered and the more of those are right. "
        "A ring is where the dial of an intent stands ([understanding.precision] in shop.toml).",
        tables.risk(report.risk) if report.risk and report.risk.points else (),
        "No held-out readings: wismo triage --calibrate tells them of the packaged classifier.",
    )


def _latency(report: Report) -> Iterator[Section]:
    yield Section(
        "latency",
        "How long it takes",
        "",
        tables.latency(report.latency),
        "Not measured: a run that must give the same bytes holds no clock times."
        if report.source != "live"
        else "Nobody measured it in this period.",
    )


def _costs(report: Report) -> Iterator[Section]:
    yield Section(
        "cost",
        "What it costs",
        "Each line with what it was computed from.",
        (tables.costs(report.costs),) if report.costs else (),
        "No prices are known: give them in shop.toml.",
    )


def _worst(report: Report) -> Iterator[Section]:
    among = f"{len(report.worst):,} of {report.worst_of or 0:,}, worst first. Open one to see all of it."
    if report.source == "simulation":
        title, nothing = "Where the agent and people differ", "They did the same in every ticket."
        among = f"{among} A difference is not yet a mistake: people err too, and words are judged apart from deeds."
    else:
        title, nothing = "What went wrong", "Nothing went wrong."
    unknown = "Not graded: nobody looked at single conversations."
    empty = nothing if report.worst_of == 0 else unknown
    yield Section("worst", title, among, stories.worst(report.worst), empty)


def _gaps(report: Report) -> Iterator[Section]:
    yield Section(
        "gaps",
        "What is missing",
        "What kept the agent from answering, dearest first.",
        (tables.gaps(report.gaps),) if report.gaps else (),
        "No gaps were found." if report.gaps == () else "Not looked for in this run; of live conversations: wismo gaps",
    )


def _not_measured(report: Report) -> Iterator[Section]:
    notes = tuple(Note(one) for one in report.not_measured)
    yield Section("unmeasured", "What this report does not tell", "", notes, "Nothing was named.")


def _hashes(report: Report) -> Iterator[Section]:
    rows = tuple((plain(name), value) for name, value in report.hashes.items())
    table = Table("What was run, by the hash of its content", ("part", "hash"), rows)
    yield Section(
        "run",
        "What was run",
        "Two reports with the same hashes and seed hold the same figures.",
        (table,) if rows else (),
        "No hashes were recorded.",
    )


MAKERS: tuple[Callable[[Report], Iterator[Section]], ...] = (
    _headline,
    _changes,
    _counterfactual,
    _funnel,
    _definitions,
    _breakdowns,
    _confusion,
    _risk,
    _latency,
    _costs,
    _worst,
    _gaps,
    _not_measured,
    _hashes,
)


def trimmed(report: Report) -> Report:
    """The worst of each, so that a page stays readable; how many there are in all is told beside them."""
    two = report.counterfactual
    fewer = replace(two, pairs=two.pairs[:MOST], differ=two.all_that_differ) if two else None
    wrong = report.worst_of if report.worst_of is not None else len(report.worst) or None
    return replace(report, worst=report.worst[:MOST], worst_of=wrong, counterfactual=fewer)
