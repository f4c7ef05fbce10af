"""`wismo gaps`: what could not be answered, grouped by meaning; `wismo gaps replay`: would it be answered now?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from agent import journal
from agent.case import TicketId
from agent.gaps import period
from agent.gaps.grouping import Group
from agent.gaps.grouping import Progress as Told
from agent.gaps.kinds import Kind
from agent.gaps.period import Period, described
from agent.gaps.rehearsal import Replay, Replayed
from api.cli import lines
from api.cli.show import console
from api.wiring import House, open_house

app = typer.Typer(help="What could not be answered, by meaning; and whether it would be now.")
SHOWN = 20
COLOUR = {"closed": "green", "open": "red", "erased": "dim"}
Days = Annotated[int, typer.Option(min=1, max=36_500, help="How many days back.")]
KindOnly = Annotated[Kind | None, typer.Option(help="Only gaps of this kind.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@app.callback(invoke_without_command=True)
def list_gaps(
    context: typer.Context,
    days: Days = 30,
    kind: KindOnly = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Groups shown; 20 unless --json.")] = None,
    as_json: Json = False,
) -> None:
    """What could not be answered, grouped by kind and meaning, the largest first; from the journal.

    Example: `wismo gaps --days 7 --kind knowledge`
    """
    if context.invoked_subcommand:
        return None
    with open_house() as house:
        found = _found(house, days, kind)
    if as_json:
        shown = [described(one) for one in found.groups[:limit]]
        return lines.put({"days": days, "tickets": found.tickets, "count": len(found.observations), "groups": shown})
    if not found.groups:
        return lines.say(_nothing(found, kind))
    return _print(found, limit or SHOWN)


@app.command()
def replay(
    group: Annotated[
        str | None, typer.Argument(help="The group's id, as wismo gaps lists it; all without one.")
    ] = None,
    days: Days = 30,
    kind: KindOnly = None,
    gate: Annotated[bool, typer.Option("--gate", help="Exit with 1 when a group is still open.")] = False,
    as_json: Json = False,
) -> None:
    """Ask every question of a gap again, against the help centre, orders and shop.toml of now. Nothing is done or kept.

    Example: `wismo gaps replay G-1a2b3c4d --gate`
    """
    with open_house() as house:
        found = _found(house, days, kind)
        chosen = _chosen(found, group)
        ends = _replayed(house, chosen)
    still = [one for one in ends if one.state == "open"]
    if as_json:
        told = [one.as_json() for one in ends]
        closed = sum(one.state == "closed" for one in ends)
        lines.put({"days": days, "groups": told, "closed": closed, "open": len(still)})
    elif ends:
        _print_replayed(ends)
    else:
        lines.say(_nothing(found, kind))
    raise typer.Exit(int(gate and bool(still)))


def _found(house: House, days: int, kind: Kind | None) -> Period:
    with house.database.read() as db:
        seen = period.of_days(db, days, house.now()).only(kind)
    with _bar("reading questions") as told:
        return seen.grouped(house.meanings, house.policy.cost, told)


def _chosen(found: Period, wanted: str | None) -> Sequence[Group]:
    if wanted is None:
        return found.groups
    one = found.group(wanted)
    if one is None:
        lines.unusable(f"no gap {wanted} in the last {found.days} days; wismo gaps lists them")
    return (one,)


def _replayed(house: House, chosen: Sequence[Group]) -> list[Replayed]:
    total, done = sum(one.count for one in chosen), 0
    with house.database.read() as db, _bar("asking again") as told:
        again = Replay(house.rehearsal, lambda ticket: journal.of_ticket(db, TicketId(ticket)))

        def step() -> None:
            nonlocal done
            done += 1
            told(done, total)

        return [again.group(one, step) for one in chosen]


def _nothing(found: Period, kind: Kind | None) -> str:
    if not found.tickets:
        return f'No tickets in the last {found.days} days; try: wismo demo, or wismo ask "Where is my order?"'
    named = f"{kind} gaps" if kind else "gaps"
    return f"No {named} in the last {found.days} days"


def _print(found: Period, limit: int) -> None:
    out = console()
    many = len(found.observations)
    named = "question" if many == 1 else "questions"
    out.print(f"Last {found.days} days: {many} {named} not answered, of {found.tickets} tickets")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("gap", "count", "asked"):
        table.add_column(column, no_wrap=True)
    table.add_column("question, and in which tickets", overflow="fold")
    for one in found.groups[:limit]:
        table.add_row(*_row(one))
    out.print(table)
    hidden = len(found.groups) - limit
    if hidden > 0:
        out.print(f"[dim]and {hidden} smaller; --limit {len(found.groups)} shows all[/dim]")
    helps = {one.remedy: one.kind.value for one in reversed(found.groups[:limit])}
    for remedy, kind in reversed(helps.items()):
        out.print(Text.assemble((kind, "bold"), f": {remedy}"))
    out.print("Then: wismo gaps replay GROUP")


def _row(one: Group) -> tuple[Text, ...]:
    """Three lines high: each figure above the one that explains it."""
    money = "" if one.cost.money is None else f", {one.cost.money / 100:.2f}"
    cost = f"{one.cost.minutes} min{money}" if one.cost.handoffs else "no person"
    kind = f"{one.kind}, told" if one.told else one.kind.value
    return (
        Text.assemble(one.id, "\n", (kind, "bold")),
        Text(f"{one.count} ({one.share:.1%})\n{cost}"),
        Text(_span(one.first, one.last)),
        Text.assemble(one.label, "\n", (", ".join(one.examples), "dim")),
    )


def _span(first: date, last: date) -> str:
    return f"{first:%m-%d}" if first == last else f"{first:%m-%d}\nto {last:%m-%d}"


def _print_replayed(ends: Sequence[Replayed]) -> None:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("group", "kind", "asked", "served now", "still not", "state", "question"):
        table.add_column(column, justify="right" if column in {"asked", "served now", "still not"} else "left")
    for one in ends:
        told = one.as_json()
        rules = " ".join(told["still_rules"])
        still = f"{one.still} ({rules})" if one.still else "0"
        figures = (one.group.id, one.group.kind.value, str(one.group.count), str(one.served), still)
        table.add_row(*map(Text, figures), Text(one.state, COLOUR[one.state]), Text(one.group.label))
    out = console()
    out.print(table)
    closed = sum(one.state == "closed" for one in ends)
    out.print(f"{closed} of {len(ends)} gaps are closed. Nothing was done, sent or kept.")


@contextmanager
def _bar(says: str) -> Iterator[Told]:
    """On standard error, gone when it is done."""
    columns = (TextColumn(says), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(says, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)
