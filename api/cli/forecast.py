"""`wismo forecast`: demand from a file of sales, or from the shop's own orders."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.table import Table

from api.cli import lines
from api.cli.show import bar, console
from tools.forecast.calendar import Calendar, Frequency, Plan

if TYPE_CHECKING:
    from tools.forecast.measures import Quality
    from tools.forecast.sales import Sales

TOLD = 20
"""Bad rows that are told one by one."""
CPUS = min(os.cpu_count() or 1, 2)

app = typer.Typer(
    help="Demand, stock and tickets to come; each item by the models that were best on its own past.",
    invoke_without_command=True,
)
Horizon = Annotated[int, typer.Option(min=1, max=1000, help="Periods ahead.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Processes.")]
Origins = Annotated[int, typer.Option(min=1, max=52, help="Moments of the past that the models are tried from.")]


@app.callback()
def sales_file(
    context: typer.Context,
    sales: Annotated[str | None, typer.Option(help="CSV with date,sku,units; - is standard input.")] = None,
    horizon: Horizon = 8,
    freq: Annotated[Frequency, typer.Option(case_sensitive=False, help="Periods: D, W or M.")] = Frequency.WEEK,
    origins: Origins = 6,
    workers: Workers = CPUS,
    keep_going: Annotated[
        bool, typer.Option("--keep-going/--strict", help="Leave bad rows out, or stop at the first.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="How good it is as JSON too, on standard error.")] = False,
) -> None:
    """From a file of sales alone: a line an item and period, `{"sku","date","mean","p10","p50","p90"}`.

    Periods end on the last date of the file and are counted from there; `date` is a period's last day. Exit codes: 0,
    1 when rows were left out (each told with its line), 2 when nothing could be used. docs/forecast.md tells the rest.

    Examples: `wismo forecast --sales sales.csv --horizon 8` · `wismo forecast --sales daily.csv --horizon 14 --freq D`
    · `wismo forecast demand` · `wismo forecast stock` · `wismo forecast tickets`
    """
    if context.invoked_subcommand:
        return
    if sales is None:
        lines.unusable("name a file with --sales FILE.csv, or what of the shop: demand, stock or tickets")
    found = _read(sales, keep_going)
    told(_forecast(found, Plan(freq, horizon, origins), workers), as_json)
    raise typer.Exit(1 if found.bad else 0)


def _read(path: str, keep_going: bool) -> Sales:
    from tools.forecast.sales import Unusable, read

    try:
        text = b"\n".join(lines.bytes_of(path).splitlines()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        lines.unusable(f"{path} is not text in UTF-8 (byte {error.start})")
    try:
        found = read(text)
    except Unusable as error:
        lines.unusable(f"{path}: {error}")
    _tell(path, found)
    if found.bad and not keep_going:
        _stopped()
    return found


def _stopped() -> NoReturn:
    lines.say("stopped here; without --strict bad rows are left out")
    raise typer.Exit(1)


def _tell(path: str, found: Sales) -> None:
    for line, wrong in found.bad[:TOLD]:
        lines.say(f"error: {path} line {line}: {wrong}")
    if len(found.bad) > TOLD:
        lines.say(f"error: {len(found.bad) - TOLD} more rows like these")
    notes = {
        f"columns {', '.join(found.ignored)} are not known and were not read": bool(found.ignored),
        f"{found.returns} rows below zero are returns, not demand; each counts as 0": bool(found.returns),
        f"{found.repeated} rows name an item and a day again; their units were added up": bool(found.repeated),
    }
    for note in (note for note, holds in notes.items() if holds):
        lines.say(f"note: {note}")


def _forecast(found: Sales, plan: Plan, workers: int) -> Mapping[str, Quality]:
    from tools.forecast.forecasting import forecast
    from tools.forecast.history import histories
    from tools.forecast.lines import lines as lines_of

    calendar = Calendar(plan.frequency, max(one.day for one in found.rows))
    items = histories(found.rows, calendar)
    with bar(f"forecast of {len(items):,} items") as progress:
        made = forecast(items, plan, workers, progress)
    for one in made.items:
        sys.stdout.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines_of(one, calendar))
    sys.stdout.flush()
    return made.measured


def told(measured: Mapping[str, Quality], as_json: bool) -> None:
    """On standard error: how good the forecast was on the last periods, beside forecasts that anybody can make."""
    if as_json:
        return lines.say(json.dumps({name: quality.as_json() for name, quality in measured.items()}))
    if not measured:
        return lines.say("too little history to test the models on: treat this as a guess")
    table = Table(title="on the last periods", title_justify="left", box=None, padding=(0, 1), header_style="dim")
    table.add_column("forecast")
    columns = ("wape", "mase", "bias", "pinball", "coverage")
    for name in columns:
        table.add_column(name, justify="right")
    for name, quality in measured.items():
        figures = quality.as_json()
        table.add_row(
            name.replace("_", " "), *("–" if figures[one] is None else f"{figures[one]:.3f}" for one in columns)
        )
    console(stderr=True).print(table)
    return None
