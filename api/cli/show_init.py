"""`wismo init` on a terminal: a heading a step, what came of it, what is there now, what is next. Fits 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli.show import console
from api.starting import Change
from api.starting.kept import Done, Log
from api.starting.steps import STEPS, Name

SHOWN = 10
"""Reasons; the rest are counted."""
INDENT = (0, 0, 0, 2)


def heading(name: Name) -> None:
    out, place = console(stderr=True), list(STEPS).index(name) + 1
    out.print()
    out.rule(f"[bold]{place} of {len(STEPS)}[/bold] {STEPS[name].title}", align="left")


def says(lines: Iterable[str], style: str = "") -> None:
    """A line that is longer than the terminal goes on below its beginning; a tag, which is copied, stays whole."""
    out = console(stderr=True)
    for line in lines:
        if line.startswith("<"):
            out.print(Text(f"  {line}"), soft_wrap=True)
        else:
            out.print(Padding(Text(line, style=style), INDENT))


def reasons(found: Sequence[str]) -> None:
    says((f"· {one}" for one in found[:SHOWN]), "yellow")
    if len(found) > SHOWN:
        says([f"and {len(found) - SHOWN:,} more of the kind"], "yellow")


def changes(found: Sequence[Change]) -> None:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("in shop.toml", "now", "then"):
        table.add_column(column, overflow="fold")
    for one in found:
        table.add_row(*map(escape, (one.key, one.before, one.after)))
    console(stderr=True).print(Padding(table, (0, 0, 0, 1)))


def status(log: Log) -> None:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("step", "done", "what"):
        table.add_column(column, no_wrap=column != "what", overflow="fold")
    for name in STEPS:
        runs = log.runs(name)
        table.add_row(name.value, *_row(runs))
    out = console(stderr=True)
    out.print()
    out.print(table)


def following(found: Iterable[tuple[str, str]]) -> None:
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(style="bold", overflow="fold")
    table.add_column(overflow="fold")
    for command, why in found:
        table.add_row(escape(command), escape(why))
    out = console(stderr=True)
    out.print()
    out.rule("[bold]next[/bold]", align="left")
    out.print(table)


def as_json(log: Log, failed: dict[str, str]) -> dict[str, Any]:
    steps = []
    for name in STEPS:
        runs = log.runs(name)
        last = runs[-1] if runs else None
        told = {"at": last.at.isoformat(), "source": last.source, "says": list(last.says)} if last else {}
        wrong = {"failed": failed[name]} if name in failed else {}
        steps.append({"name": name.value, "done": bool(last), "runs": len(runs)} | told | wrong)
    return {"steps": steps}


def _row(runs: Sequence[Done]) -> tuple[str, Text]:
    if not runs:
        return "–", Text("not yet", style="dim")
    last = runs[-1]
    times = f" ({len(runs)} times)" if len(runs) > 1 else ""
    return f"{last.at:%Y-%m-%d %H:%M}{times}", Text(f"{last.source}: {last.says[0]}")
