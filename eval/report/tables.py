"""The parts of a report that are figures: a table each, most with a chart of the same values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from eval.report import charts
from eval.report.charts import PER_CENT, Bar
from eval.report.contents import (
    Breakdown,
    Changes,
    Confusion,
    Cost,
    Definition,
    Dial,
    Figure,
    Gap,
    Group,
    Latency,
    Moved,
    Risk,
    Step,
)
from eval.report.parts import Chart, Figures, Note, Part, Table
from eval.report.wording import NONE, count, interval, milliseconds, money, number, of_figure, plain, share, step

MOST_NAMES = 16
"""Intents in the drawn confusion; the table below names the largest mistakes of all."""
MOST_MISTAKES = 25


def headline(figures: Sequence[Figure]) -> Figures:
    return Figures(tuple(figures), tuple(_gauge(one) for one in figures))


def _gauge(one: Figure) -> str:
    if one.unit != "share" or one.value is None:
        return ""
    return charts.gauge(_within(one.value), _bound(one.low), _bound(one.high))


def _within(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _bound(value: float | None) -> float | None:
    return None if value is None else _within(value)


def funnel(steps: Sequence[Step]) -> Chart:
    most = max(one.count for one in steps) or 1
    drawn = [Bar(plain(one.name), one.count / most, count(one.count)) for one in steps]
    rows = tuple((plain(one.name), count(one.count), share(one.count / most), one.says) for one in steps)
    table = Table(
        "Populations",
        ("population", "conversations", "of the first", "who"),
        rows,
        _set("conversations", "of the first"),
    )
    return Chart(charts.bars("funnel", "Populations", _listed(drawn), drawn), table)


def definitions(rows: Sequence[Definition]) -> Chart:
    drawn = [
        Bar(one.name, _within(one.rate), share(one.rate), _bound(one.low), _bound(one.high))
        for one in rows
        if one.rate is not None
    ]
    columns = ("rule", "rate", "95% interval", "counted", "of", "what counts")
    told = tuple(
        (one.name, share(one.rate), interval(one.low, one.high), count(one.counted), count(one.of), one.says)
        for one in rows
    )
    table = Table("Resolved, by whose rule", columns, told, _set("rate", "95% interval", "counted", "of"))
    svg = charts.bars("definitions", "Resolved, by whose rule", _listed(drawn), drawn, PER_CENT)
    return Chart(svg, table, open=True)


def _listed(drawn: Sequence[Bar]) -> str:
    return "; ".join(f"{one.name}: {one.told}" for one in drawn)


def _set(*names: str) -> frozenset[str]:
    return frozenset(names)


def breakdown(one: Breakdown, drawn_as: str) -> tuple[Part, ...]:
    names = tuple(dict.fromkeys(figure.name for group in one.groups for figure in group.figures))
    by = plain(one.by)
    columns = (by, one.counted, *names)
    rows = tuple((plain(group.name), count(group.n), *_row(group, names)) for group in one.groups)
    table = Table(f"Figures by {by}; in brackets the 95% interval", columns, rows, frozenset(columns[1:]))
    drawn = list(_main_bars(one))
    if len(drawn) < 2:
        return (table,)
    title = f"{_main(one)} by {by}"
    svg = charts.bars(drawn_as, title, _listed(drawn), drawn, PER_CENT)
    return (Chart(svg, table, open=True),)


def _row(group: Group, names: Sequence[str]) -> Iterator[str]:
    held = {figure.name: figure for figure in group.figures}
    for name in names:
        figure = held.get(name)
        within = interval(figure.low, figure.high, figure.unit) if figure else NONE
        told = of_figure(figure) if figure else NONE
        yield told if within == NONE else f"{told} ({within})"


def _main(one: Breakdown) -> str:
    """The figure that is drawn: the first that is a share."""
    every = (figure for group in one.groups for figure in group.figures)
    return next((figure.name for figure in every if figure.unit == "share"), "")


def _main_bars(one: Breakdown) -> Iterator[Bar]:
    wanted = _main(one)
    for group in one.groups:
        for figure in group.figures:
            if figure.name == wanted and figure.value is not None:
                low, high = _bound(figure.low), _bound(figure.high)
                yield Bar(plain(group.name), _within(figure.value), share(figure.value), low, high)


def confusion(one: Confusion) -> tuple[Part, ...]:
    """The drawing holds the most frequent; the table the largest mistakes."""
    seen: Counter[str] = Counter()
    for cell in one.cells:
        seen[cell.expected] += cell.count
        seen[cell.read] += cell.count
    names = [name for name, _ in sorted(seen.items(), key=lambda each: (-each[1], each[0]))[:MOST_NAMES]]
    wrong = sorted((cell for cell in one.cells if cell.expected != cell.read), key=lambda each: -each.count)
    total, right = sum(cell.count for cell in one.cells), sum(c.count for c in one.cells if c.expected == c.read)
    told = (
        f"{right:,} of {total:,} messages were read as {one.told_by} say ({share(right / total if total else None)})."
    )
    cells = tuple((plain(cell.expected), plain(cell.read), count(cell.count)) for cell in wrong[:MOST_MISTAKES])
    table = Table("The largest mistakes", (f"{one.told_by} say", "was read as", "messages"), cells, _set("messages"))
    drawn = charts.confusion("confusion-chart", told, names, one.cells)
    return Note(told), Chart(drawn, table, open=True, wide=True)


def risk(one: Risk) -> tuple[Part, ...]:
    columns = ("at least so sure", "answered", "of those right")
    rows = tuple((f"{each.threshold:.2f}", share(each.coverage), share(each.precision)) for each in one.points)
    curve = Table("The curve", columns, rows, frozenset(columns))
    said = "; ".join(f"{row[1]} answered: {row[2]} right" for row in rows)
    drawn = Chart(charts.risk_coverage("risk-chart", said, one.points, one.dials), curve)
    notes = (Note(one.says),) if one.says else ()
    return (*notes, drawn, _dials(one.dials)) if one.dials else (*notes, drawn)


def _dials(dials: Sequence[Dial]) -> Table:
    columns = ("intent", "wanted right", "at least so sure", "answered", "of those right", "judged on")
    rows = tuple(
        (
            plain(one.intent),
            share(one.wanted),
            f"{one.threshold:.2f}",
            share(one.coverage),
            share(one.precision),
            count(one.n),
        )
        for one in dials
    )
    return Table("Where the dial of each intent stands", columns, rows, frozenset(columns[1:]))


def latency(rows: Sequence[Latency]) -> tuple[Part, ...]:
    if not rows:
        return ()
    told = tuple((one.name, milliseconds(one.p50), milliseconds(one.p95), count(one.n)) for one in rows)
    columns = ("what", "p50", "p95", "measured")
    return Table("Half take no longer than p50, 95% no longer than p95", columns, told, frozenset(columns[1:])), *(
        _columns(f"latency-{place}", one) for place, one in enumerate(rows) if one.bins
    )


def _columns(name: str, one: Latency) -> Chart:
    rows = tuple((f"≤ {milliseconds(each.upto)}", count(each.count)) for each in one.bins)
    table = Table(f"{one.name}: how many took how long", ("took", "turns"), rows, _set("turns"))
    marks = (("p50", one.p50), ("p95", one.p95))
    said = f"p50 {milliseconds(one.p50)}, p95 {milliseconds(one.p95)}, {one.n:,} measured"
    return Chart(charts.histogram(name, one.name, said, one.bins, marks), table)


def costs(rows: Sequence[Cost]) -> Table:
    told = tuple(
        (one.name, money(one.amount, one.currency), ", ".join(f"{name} {value}" for name, value in one.inputs.items()))
        for one in rows
    )
    return Table("Cost", ("line", "amount", "computed from"), told, _set("amount"))


def gaps(rows: Sequence[Gap]) -> Table:
    ranked = sorted(rows, key=lambda one: (-_amount(one.cost), -one.count, one.kind, one.intent, one.rule))
    told = tuple(
        (
            plain(one.kind),
            plain(one.intent),
            one.rule,
            count(one.count),
            money(one.cost, one.currency),
            " / ".join(one.examples),
        )
        for one in ranked
    )
    columns = ("kind", "intent", "rule", "times", "cost", "asked, for example")
    return Table("Gaps", columns, told, _set("times", "cost"))


def _amount(told: str) -> Decimal:
    try:
        return Decimal(told or 0)
    except InvalidOperation:
        return Decimal(0)


def changes(one: Changes) -> tuple[Part, ...]:
    causes = (Note(f"Changed between them: {', '.join(one.causes)}."),) if one.causes else ()
    same = () if one.figures or one.cases else (Note("No figure and no case came otherwise."),)
    return *causes, *moved(one.figures), *_turned(one), *same


def _turned(one: Changes) -> Iterator[Table]:
    if one.cases:
        rows = tuple((each.id, each.verdict, each.before, each.now, each.says) for each in one.cases)
        yield Table("Cases that end otherwise", ("case", "is", "before", "now", "why"), rows)


def moved(figures: Sequence[Moved]) -> tuple[Table, ...]:
    if not figures:
        return ()
    rows = tuple((one.name, number(one.before, one.unit), number(one.now, one.unit), step(one)) for one in figures)
    columns = ("figure", "before", "now", "difference")
    return (Table("Figures before and now", columns, rows, frozenset(columns[1:])),)
