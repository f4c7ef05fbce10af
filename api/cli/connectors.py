"""`wismo connectors`: the shop's other systems as shop.toml declares them; what each is told, tried and written out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.systems import System
from api.cli import lines, show_systems
from api.cli.order_input import Json
from api.connected.systems import missing
from api.wiring import House, open_house
from connectors.errors import ConnectorError
from connectors.systems import fields
from connectors.systems.sending import as_csv, outgoing
from tools.orders.records import Record

app = typer.Typer(
    help="The shop's other systems (ERP, OMS, WMS, CRM, accounting) of shop.toml's [connectors]: list, test, export.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="The system's name in shop.toml.")]
Feed = Annotated[str, typer.Argument(help="What it is told: orders, stock, journal, customers, or your own name.")]
MOST = 1_000_000


@app.command("list")
def listed(as_json: Json = False) -> None:
    """Every system: what it is told and tells, and what is not set yet. Example: `wismo connectors list`"""
    with open_house() as house:
        home, declared = house.settings.home, house.policy.connectors
        found = [_told(name, system, missing(home, system)) for name, system in declared.items()]
    if as_json:
        for one in found:
            lines.put(one)
    elif found:
        show_systems.table(found)
    else:
        lines.say("no system is declared; write [connectors.NAME] into shop.toml, see docs/systems.md")


def _told(name: str, system: System, unset: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "kind": system.kind,
        "where": system.url or system.folder,
        "sends": {each: system.what(each) for each in system.sent},
        "takes": {each: f"{one.command} by {one.by}" for each, one in system.take.items()},
        "missing": unset,
    }


@app.command("test")
def tried(
    name: Name,
    feed: Annotated[str | None, typer.Argument(help="Only this; default: everything that it is told.")] = None,
    order: Annotated[str | None, typer.Option(help="This order, instead of the newest.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Send it too; without it nothing leaves.")] = False,
) -> None:
    """What would be sent, with your newest records, as JSON. Example: `wismo connectors test erp orders --order 1001`

    Exit code 1 where the system does not take it, or there is no record to show.
    """
    with open_house() as house:
        system = _system(house, name)
        chosen = [_known(system, name, feed)] if feed else list(system.sent)
        done = [_tried(house, name, system, one, order, send) for one in chosen]
    raise typer.Exit(0 if all(done) else 1)


def _tried(house: House, name: str, system: System, feed: str, order: str | None, send: bool) -> bool:
    record = _record(house, system, feed, order)
    if record is None:
        lines.say(f"{feed}: there is no record yet to show")
        return False
    one = outgoing(system, feed, record, f"test:{house.now().isoformat()}")
    target = "a file" if system.kind == "csv" else f"{system.sent[feed].method} {system.url.rstrip('/')}{one.path}"
    lines.say(f"{feed}: {target}")
    typer.echo(json.dumps(one.body, ensure_ascii=False, indent=2))
    if not send or system.kind == "csv":
        return True
    try:
        house.systems.lines[name].send(one)
    except ConnectorError as error:
        lines.say(f"not taken: {type(error).__name__}: {error}")
        return False
    lines.say("taken")
    return True


def _record(house: House, system: System, feed: str, order: str | None) -> Record | None:
    if order and system.what(feed) == "orders":
        found = house.orders.order_by_number(order) or lines.unusable(f"no order {order}")
        return house.orders.record({"what": "orders", "subject": found.id, "at": found.version})
    return next(iter(house.orders.records(system.what(feed), 1)), None)


@app.command("export")
def export(
    name: Name,
    feed: Feed,
    since: Annotated[datetime | None, typer.Option(help="Orders and postings from this moment on (UTC).")] = None,
    out: Annotated[Path | None, typer.Option(help="File, .csv or .jsonl; default: JSONL to standard output.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many at most.")] = MOST,
) -> None:
    """All records as that system is told them, for a first load. Example: `wismo connectors export books journal`"""
    lines.can_be_written(out)
    with open_house() as house:
        system = _system(house, name)
        tree = system.tree(_known(system, name, feed))
        moment = since if since is None or since.tzinfo else since.replace(tzinfo=UTC)
        found = house.orders.records(system.what(feed), limit, moment)
        made = [fields.rendered(tree, record) for record in found]
    if out is None:
        for one in made:
            lines.put(one)
    else:
        out.write_text(as_csv(made) if out.suffix == ".csv" else "".join(_jsonl(made)), encoding="utf-8")
        lines.say(f"{len(made)} records written to {out}")


def _jsonl(made: list[dict[str, Any]]) -> Iterator[str]:
    return (f"{json.dumps(one, ensure_ascii=False)}\n" for one in made)


def _system(house: House, name: str) -> System:
    declared: Mapping[str, System] = house.policy.connectors
    if name not in declared:
        known = ", ".join(declared) or "none; write [connectors.NAME] into shop.toml, see docs/systems.md"
        lines.unusable(f"shop.toml declares no {name}; it declares: {known}")
    return declared[name]


def _known(system: System, name: str, feed: str) -> str:
    if feed not in system.sent:
        lines.unusable(f"{name} is not told of {feed}; it is told: {', '.join(system.sent) or 'nothing'}")
    return feed
