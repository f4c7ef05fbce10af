"""`wismo orders place`, `receive`, `ship`, `stock`, `do`, `import`: the shop's own commands of the order core."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer
from pydantic import ValidationError

from api import orders as shapes
from api.cli import lines
from api.cli.order_input import PERSON, Json, Key, Number, Units, chosen_units, found_order, found_return, json_of
from api.cli.show import timed_bar
from api.cli.show_orders import refused
from api.wiring import open_house
from tools.orders.commands import Command, IdempotencyConflict, KeyMissing, Refusal
from tools.orders.importing import ImportRefused
from tools.orders.registry import COMMANDS


def register(app: typer.Typer) -> None:
    app.command("place")(place)
    app.command("receive")(receive)
    app.command("ship")(ship)
    app.command("stock")(stock)
    app.command("commands")(commands)
    app.command("do")(do)
    app.command("import")(import_orders)


def place(
    file: Annotated[str, typer.Argument(help="A JSON file with the order; `-` is standard input.")],
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Capture an order. What is wrong puts it on hold, with every reason. Example: `wismo orders place order.json`"""
    body = json_of(file)
    named = f"{body.get('channel')}:{body.get('external_id')}" if isinstance(body, dict) else ""
    run_command("place_order", body, key or f"place:{named}", as_json)


def receive(
    rma: Annotated[str, typer.Argument(help="The return's number (RMA-…) or id.")],
    line: Units = None,
    accept: Annotated[bool, typer.Option(help="Inspect and accept at once what arrived.")] = False,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Goods of a return arrived: all of them, or some. Example: `wismo orders receive RMA-1001-1 --accept`"""
    with open_house() as house:
        order, found = found_return(house, rma)
        chosen = chosen_units(line)
        units = {order.lines[int(place) - 1].id: count for place, count in chosen.items()} or dict(found.lines)
    run_command("receive_return", {"return_id": found.id, "units": units}, key, as_json)
    if accept:
        run_command(
            "inspect_return", {"return_id": found.id, "accepted": units}, f"{key}:inspect" if key else "", as_json
        )


def ship(
    number: Number,
    tracking: Annotated[str, typer.Argument(help="The carrier's number of the parcel.")],
    carrier: Annotated[str | None, typer.Option(help="Who carries the parcel.")] = None,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Start the warehouse's work if it has not begun, send what is in hand. Example: `wismo orders ship 1001 1Z9`"""
    with open_house() as house:
        order = found_order(house, number)
    if any(one.state == "open" for one in order.work):
        run_command("start_fulfilment", {"order_id": order.id}, f"{key}:start" if key else "", as_json)
    run_command("ship_order", {"order_id": order.id, "tracking": tracking, "carrier": carrier}, key, as_json)


def stock(
    sku: Annotated[str, typer.Argument(help="The variant.")],
    quantity: Annotated[int, typer.Argument(help="Units that came in; 0 only shows what is available.")] = 0,
    location: Annotated[str, typer.Option(help="Where it lies.")] = "main",
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Receive stock, which from then on is counted, or see what is available. Example: `wismo orders stock mug 40`"""
    if quantity:
        run_command("receive_stock", {"sku": sku, "location_id": location, "quantity": quantity}, key, as_json)
        return
    with open_house() as house:
        units = house.orders.available(sku)
    if as_json:
        lines.put({"sku": sku, "available": units})
    else:
        typer.echo(f"{sku}: {units} available")


def commands(name: Annotated[str | None, typer.Argument(help="Show this one's fields.")] = None) -> None:
    """Every command of the core. Example: `wismo orders commands capture_payment`"""
    if name is None:
        for each, command in sorted(COMMANDS.items()):
            typer.echo(
                f"{each:<24} {(command.__doc__ or '').strip().splitlines()[0] if command.__doc__ else ''}".rstrip()
            )
        return
    if name not in COMMANDS:
        lines.unusable(f"no command {name}; see: wismo orders commands")
    typer.echo(json.dumps(COMMANDS[name].model_json_schema(), indent=1))


def do(
    name: Annotated[str, typer.Argument(help="A command's name; see `wismo orders commands`.")],
    body: Annotated[str, typer.Argument(help="Its fields as JSON, or `-` for standard input.")],
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Any command of the core. Example: `wismo orders do release_order '{"order_id": "web:1001"}'`"""
    if name not in COMMANDS:
        lines.unusable(f"no command {name}; see: wismo orders commands")
    try:
        given = json_of("-") if body == "-" else json.loads(body)
    except json.JSONDecodeError as error:
        lines.unusable(f"the fields are not JSON: {error}")
    run_command(name, given, key, as_json)


def run_command(name: str, body: Any, key: str, as_json: bool) -> None:
    try:
        command: Command = COMMANDS[name].model_validate(body)
    except ValidationError as error:
        refused(shapes.misuse(error), as_json, 2)
    with open_house() as house:
        try:
            answer = house.orders.do(command, key=key or f"cli:{uuid4()}", actor=PERSON)
        except (IdempotencyConflict, KeyMissing) as error:
            refused(shapes.misuse(error), as_json, 2)
        house.deliver()
    if isinstance(answer, Refusal):
        refused(answer.ruling, as_json)
    told = shapes.answer_json(answer)
    if as_json:
        lines.put(told)
    else:
        typer.echo(f"done: {', '.join(answer.events) or 'nothing to change'}")
        for field, value in answer.result.items():
            typer.echo(f"  {field}: {value if value not in ('', [], None) else '—'}")


def import_orders(
    file: Annotated[Path, typer.Argument(help="The import format as JSON, or a folder of CSV files with its columns.")],
    as_json: Json = False,
) -> None:
    """Take customers, products and orders in: all of a file, or nothing with every error named.

    Importing again changes nothing; what Wismo did itself (refund, cancellation, return) is never undone.
    Example: `wismo orders import shop.json`
    """
    if not file.exists():
        lines.unusable(f"no such file or folder: {file}")
    with open_house() as house, timed_bar() as bar:
        task = bar.add_task("reading", total=None)
        try:
            report = house.orders.import_file(
                file, lambda done, of: bar.update(task, description="orders", completed=done, total=of)
            )
        except ImportRefused as refused:
            bar.stop()
            for error in refused.errors:
                lines.say(f"error: {error}")
            lines.unusable(f"{file} was not imported: {len(refused.errors)} errors, nothing was changed")
    if as_json:
        lines.put(asdict(report))
    for conflict in report.conflicts:
        lines.say(f"conflict: {conflict}")
    lines.say(str(report))
