"""`wismo forecast`: demand from a file of sales, or from the shop's own orders."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.table import Table

from api.cli import lines
from api.cli.show import bar, console
from api.wiring import open_house
from tools.forecast.calendar import Calendar, Frequency, Plan
from tools.forecast.terms import Shift, Terms

if TYPE_CHECKING:
    from api.foreseeing import Kept
    from tools.forecast.measures import Quality
    from tools.forecast.sales import Sales

TOLD = 20
"""Bad rows that are told one by one."""
MOST_ROWS = 40
LEVELS = ("mean", "p10", "p50", "p90")
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


# -- the shop's own ------------------------------------------------------------------------------------------------


LeadDays = Annotated[float, typer.Option(min=0, max=365, help="Days until ordered goods come.")]
LeadSpread = Annotated[float, typer.Option(min=0, max=365, help="Their usual deviation, in days.")]
ReviewDays = Annotated[float, typer.Option(min=0, max=365, help="Days from one order of goods to the next.")]
Service = Annotated[float, typer.Option(min=0.5, max=0.999, help="The chance not to run out while goods come.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON lines, for programs.")]


@app.command()
def demand(
    lead_days: LeadDays = 14,
    lead_spread: LeadSpread = 3,
    review_days: ReviewDays = 7,
    service: Service = 0.95,
    workers: Workers = CPUS,
    as_json: Json = False,
) -> None:
    """Weekly demand of everything that the shop sold, from its own orders; kept for the desk's page /demand.

    Days without stock count as censored: at least what is usual was wanted. Run it once a day. Examples:
    `wismo forecast demand` · `wismo forecast demand --lead-days 21 --json`
    """
    kept = _of_the_shop(Terms(lead_days, lead_spread, review_days, service), workers)
    if as_json:
        for one in kept.body["items"]:
            for at, day in enumerate(kept.body["dates"]):
                lines.put({"sku": one["sku"], "date": day} | {name: one[name][at] for name in LEVELS})
        return
    rows = sorted(kept.body["items"], key=lambda one: -sum(one["mean"]))
    _print(
        ("item", "demand", "last week", "next week", "p10", "p90", "8 weeks"),
        ((one["sku"], one["pattern"], *map(_number, _weeks(one))) for one in rows[:MOST_ROWS]),
    )
    _more(len(rows))


@app.command()
def stock(
    lead_days: LeadDays = 14,
    lead_spread: LeadSpread = 3,
    review_days: ReviewDays = 7,
    service: Service = 0.95,
    workers: Workers = CPUS,
    as_json: Json = False,
) -> None:
    """What may run out before new goods can come, the orders that it hits, and what to order now.

    Examples: `wismo forecast stock` · `wismo forecast stock --lead-days 21 --service 0.98 --json`
    """
    from api.desk.demand import COLUMNS, risks

    every = risks(_of_the_shop(Terms(lead_days, lead_spread, review_days, service), workers))
    if not every:
        return lines.say("no stock of anything that sold is counted; receive some: wismo orders stock --help")
    if as_json:
        for one in every:
            lines.put(dict(zip(COLUMNS, one.row, strict=True)) | {"open": [hit["number"] for hit in one.open]})
        return None
    _print(COLUMNS, (tuple(map(_number, one.row)) for one in every[:MOST_ROWS]))
    _more(len(every))
    return None


@app.command()
def tickets(
    minutes: Annotated[
        float | None, typer.Option(min=0.1, max=600, help="A ticket in a person's hands. [cost.handoff_minutes]")
    ] = None,
    hours: Annotated[float, typer.Option(min=1, max=168, help="Hours that a person works in a week.")] = 35,
    workers: Workers = CPUS,
    as_json: Json = False,
) -> None:
    """Tickets of the next weeks by intent, and the people they need. Example: `wismo forecast tickets --hours 38`"""
    from api.foreseeing import NothingYet
    from api.foreseeing import tickets as foresee

    with open_house() as house, bar("tickets") as progress:
        try:
            kept = foresee(house, Shift(minutes or house.policy.cost.handoff_minutes, hours), progress, workers)
        except NothingYet as nothing:
            lines.unusable(str(nothing))
    weeks = [{"week": day, **week} for day, week in zip(kept.body["dates"], kept.body["weeks"], strict=False)]
    if as_json:
        intents = {one["sku"]: {name: one[name] for name in (*LEVELS, "share")} for one in kept.body["items"]}
        return lines.put({"weeks": weeks, "intents": intents, "shift": kept.body["shift"]})
    _print(tuple(weeks[0]), (tuple(map(_number, week.values())) for week in weeks))
    return None


def _of_the_shop(terms: Terms, workers: int) -> Kept:
    from api.foreseeing import NothingYet
    from api.foreseeing import demand as foresee

    with open_house() as house, bar("demand") as progress:
        try:
            return foresee(house, terms, progress, workers)
        except NothingYet as nothing:
            lines.unusable(str(nothing))


def _weeks(one: Mapping[str, Any]) -> tuple[float, ...]:
    last = one["past"][-1] if one["past"] else 0.0
    return (last, one["mean"][0], one["p10"][0], one["p90"][0], sum(one["mean"][:8]))


def _number(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _print(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in columns:
        table.add_column(column, justify="left" if column in {"item", "sku", "name", "demand", "week"} else "right")
    for row in rows:
        table.add_row(*row)
    console().print(table)


def _more(count: int) -> None:
    if count > MOST_ROWS:
        lines.say(f"{count - MOST_ROWS} more; --json has all of them")
