"""The report as GitHub Markdown: the same sections; charts become their tables. Customers' text cannot mark it up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from eval.report import layout
from eval.report.contents import Report
from eval.report.parts import Chart, Explained, Figures, Note, Part, Section, Table
from eval.report.wording import clean, count, interval, of_figure

# What Markdown gives a meaning: emphasis, links, tables, HTML, headings, maths; some only where a line begins.
SPECIAL = re.compile(r"([\\`*_{}\[\]#!|<>~$&])")
BEGINS = re.compile(r"^([-+=:]|\d+(?=[.)](?:\s|$)))")
# GitHub makes links and mentions out of plain words, whatever stands before them.
LINKED = re.compile(r"\b(?:www|https?|ftp|mailto)\b|@", re.IGNORECASE)


def rendered(report: Report) -> str:
    shown = layout.trimmed(report)
    told = "\n\n".join(block for block in _blocks(shown) if block)
    return f"{told}\n"


def _blocks(report: Report) -> Iterator[str]:
    yield f"# {escaped(report.title)}"
    yield " ".join(escaped(one) for one in layout.about(report))
    for section in layout.sections(report):
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield f"## {escaped(section.title)}"
    if not section.parts:
        yield f"*{escaped(section.empty)}*"
        return
    yield escaped(section.says)
    notes = [part for part in section.parts if isinstance(part, Note)]
    if len(notes) == len(section.parts):
        yield "\n".join(f"- {escaped(one.text)}" for one in notes)
        return
    for part in section.parts:
        yield _part(part)


def _part(part: Part) -> str:
    match part:
        case Note(text):
            return escaped(text)
        case Table():
            return _table(part)
        case Chart(table=table):
            return _table(table)
        case Figures():
            return _figures(part)
        case Explained():
            return _explained(part)


def _table(one: Table) -> str:
    rule = " | ".join("---:" if name in one.numeric else "---" for name in one.columns)
    rows = (_row(each) for each in one.rows)
    return "\n".join((f"**{escaped(one.caption)}**", "", _row(one.columns), f"| {rule} |", *rows))


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(escaped(one) or ' ' for one in cells)} |"


def _figures(one: Figures) -> str:
    columns = ("figure", "value", "95% interval", "of", "what it says")
    rows = tuple(
        (each.name, of_figure(each), interval(each.low, each.high, each.unit), count(each.n), each.says)
        for each in one.figures
    )
    return _table(Table("Headline", columns, rows, frozenset(columns[1:4])))


def _explained(one: Explained) -> str:
    """A list, not a fold: GitHub shows it, and it survives as plain text."""
    head = f"### {escaped(one.title)}" + (f"\n\n{escaped(one.says)}" if one.says and one.says != one.title else "")
    fields = (f"- **{escaped(each.name)}:** {escaped(each.text)}" for each in one.fields)
    return "\n".join((head, "", *fields))


def escaped(text: str) -> str:
    """One line in which nothing has a meaning; `<br>` where the text had a line break."""
    lines = (BEGINS.sub(_begun, SPECIAL.sub(r"\\\1", line.strip())) for line in clean(text).split("\n"))
    return "<br>".join(LINKED.sub(_broken, line) for line in lines).removesuffix("<br>")


def _begun(found: re.Match[str]) -> str:
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def _broken(found: re.Match[str]) -> str:
    """With a word joiner, which nobody sees, after its first letter."""
    return f"{found[0][0]}\u2060{found[0][1:]}"
