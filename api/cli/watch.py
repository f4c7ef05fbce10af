"""`wismo watch run|list|report|explain`: what the watch sees of every order, and what was said first."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from sqlalchemy import Connection

from agent.proactive import messages
from agent.proactive.choosing import held_out
from api.cli import lines
from api.cli.show import console
from api.wiring import open_house
from tools.orders.alerts.kinds import Kind

app = typer.Typer(help="Watch every order, and tell customers before they ask.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
KINDS = ", ".join(Kind)


@app.command()
def run(
    whole: Annotated[bool, typer.Option("--all", help="Look at every order anew, not only at what changed.")] = False,
    only_look: Annotated[bool, typer.Option("--no-speak", help="Find alerts and say nothing.")] = False,
    as_json: Json = False,
) -> None:
    """One look now, and what may be said after it. A worker does the same once a minute while [proactive] is on.

    Examples: `wismo watch run` · `wismo watch run --all --no-speak --json`
    """
    with open_house() as house:
        watch = house.watching.watch_with(
            lambda done, of: lines.say(f"{done:,} of {of:,} orders") if of > 4_000 else None
        )
        look = watch.run(whole)
        spoken = None if only_look else house.watching.speaking.run()
        house.deliver()
        mode = house.policy.proactive.mode
    if as_json:
        return lines.put({"look": asdict(look), "spoken": asdict(spoken) if spoken else None, "mode": mode})
    lines.say(f"{look.orders:,} orders looked at, {look.alerts:,} new alerts")
    if spoken is None or mode == "off":
        lines.say("nothing is said: " + ("--no-speak" if only_look else '[proactive] mode = "off" in shop.toml'))
    else:
        lines.say(
            f"{spoken.told} messages sent, {spoken.drafts} drafts, {spoken.held_out} held back, {spoken.waiting} wait"
        )
    return None


@app.command("list")
def list_alerts(
    kind: Annotated[str | None, typer.Option(help=f"Only this kind: {KINDS}.")] = None,
    word: Annotated[
        str | None, typer.Option(help="Only with this word: waiting, told, holdout, muted, stale, …")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="So many, the newest.")] = 50,
    as_json: Json = False,
) -> None:
    """Alerts, the newest first. Examples: `wismo watch list --kind late` · `wismo watch list --word waiting --json`"""
    from tools.orders.alerts import store

    if kind and kind not in {one.value for one in Kind}:
        lines.unusable(f"no kind of alert is called {kind}; there are: {KINDS}")
    with open_house() as house, house.database.read() as db:
        found = store.newest(db, limit, kind, word)
    if as_json:
        for one in found:
            lines.put(one.as_json())
    elif found:
        _show(found)
    else:
        lines.say("no alerts; wismo watch run looks at every order")


def _show(found: object) -> None:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("id", "order", "kind", "at", "chance", "days", "state", "word"):
        table.add_column(column)
    for one in found:  # type: ignore[attr-defined]
        days = f"{one.earliest:%d %b} – {one.latest:%d %b}" if one.earliest and one.latest else ""
        chance = "" if one.chance is None else f"{one.chance:.0%}"
        row = (str(one.id), one.order_id, one.kind.value, f"{one.at:%Y-%m-%d %H:%M}", chance, days, one.state, one.word)
        table.add_row(*row)
    console().print(table)


@app.command()
def explain(
    order: Annotated[str, typer.Argument(help="Its number, as customers write it.")], as_json: Json = False
) -> None:
    """Why an order is an alert or not: what is seen of it, its lane, its chances, what was said. By its number.

    Example: `wismo watch explain 1002`
    """
    from tools.orders.alerts import explaining

    with open_house() as house:
        found = house.orders.order_by_number(order)
        if found is None:
            lines.unusable(f"no order {order}")
        with house.database.read() as db:
            zone = ZoneInfo(house.policy.terms.timezone)
            told = explaining.explain(db, found.id, house.policy.proactive, zone, house.now())
            said = [one.as_json() for one in _messages(db, told)]
        held = held_out(house.keyed, found.customer_id, house.policy.proactive.holdout)
    record = {**told, "arm": "holdout" if held else "told", "messages": said}
    if as_json:
        return lines.put(record)
    for name, value in record.items():
        console().print(f"[dim]{name}[/dim] {value}")
    return None


def _messages(db: Connection, told: dict[str, object]) -> list[messages.Message]:
    alerts = told["alerts"]
    assert isinstance(alerts, list)
    named = dict.fromkeys(one["message"] for one in alerts if one["message"])
    return [found for name in named if (found := messages.one(db, str(name)))]


@app.command()
def report(
    days: Annotated[int, typer.Option(min=1, max=3_660, help="The last so many days of the shop.")] = 30,
    as_json: Json = False,
) -> None:
    """What was found, said and saved: contacts per 100 orders against the holdout, and how right the watch was.

    Example: `wismo watch report --days 90 --json`
    """
    from api.desk import proactive

    with open_house() as house:
        shown = proactive.shown(house, days)
    if as_json:
        return lines.put(shown.as_json())
    return _print(shown.as_json())


def _print(told: dict[str, object]) -> None:
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(style="dim")
    table.add_column()
    for name, value in told.items():
        if isinstance(value, list):
            for one in value:
                table.add_row(one["step"], f"{one['figure']}  {one['says']}")
        elif isinstance(value, dict):
            for inner, figure in value.items():
                table.add_row(f"{name} {inner}", str(figure))
        else:
            table.add_row(name, str(value))
    console().print(table)
