"""`wismo report`: what was resolved, what was not, and what is missing. Read from the journal."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from agent import journal
from agent.journal import Entry
from api.cli import lines
from api.cli.show import console
from api.wiring import open_house
from eval.metrics import Gap, Volume, gaps, volume

Days = Annotated[int, typer.Option(min=1, help="How many days back.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def register(app: typer.Typer) -> None:
    app.command("report")(report)


def report(days: Days = 30, as_json: Json = False) -> None:
    """Volume, answered without a person, handed over, by intent; and the largest gaps."""
    entries = _entries(days)
    counted, missing = volume(entries), gaps(entries)
    if as_json:
        return lines.put(asdict(counted) | {"days": days, "gaps": [asdict(gap) for gap in missing]})
    if not counted.turns:
        return lines.say(f'no tickets in the last {days} days; try: wismo demo, or wismo ask "Where is my order?"')
    _print_volume(counted, days)
    if missing:
        _print_gaps(missing[:10])
    return None


def _entries(days: int) -> list[Entry]:
    with open_house() as house, house.database.read() as db:
        until = house.now() + timedelta(seconds=1)
        return list(journal.between(db, until - timedelta(days=days), until))


def _print_volume(counted: Volume, days: int) -> None:
    share = f"{counted.without_person / counted.turns:.0%}"
    out = console()
    out.print(f"Last {days} days: {counted.turns} turns in {counted.conversations} conversations")
    waits, gone = counted.queued, counted.handed_off
    out.print(f"Without a person {counted.without_person} ({share}), waiting for approval {waits}, handed over {gone}")
    out.print("[dim]Turns, not verified resolutions: that needs to know whether the answer was enough.[/dim]")
    ends = sorted({end for row in counted.by_intent.values() for end in row})
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("intent")
    for end in ends:
        table.add_column(end, justify="right")
    for intent, row in counted.by_intent.items():
        table.add_row(intent, *(str(row.get(end, "·")) for end in ends))
    out.print(table)
    for title, counts in (("Handed over", counted.handoff_reasons), ("Actions", counted.actions)):
        if counts:
            out.print(f"{title}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))


def _print_gaps(missing: tuple[Gap, ...]) -> None:
    table = Table(box=None, padding=(0, 1), header_style="dim", title="Gaps", title_justify="left")
    for column in ("count", "kind", "intent", "rule", "asked, for example"):
        table.add_column(column, justify="right" if column == "count" else "left", overflow="fold")
    for gap in missing:
        table.add_row(str(gap.count), gap.type, gap.intent, gap.rule, " / ".join(gap.examples))
    console().print(table)
