"""`wismo orders …`: the order core for people. A wish is shown as a quote, then done; nothing is decided here."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import uuid4

import typer
from pydantic import ValidationError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api import orders as shapes
from api.cli import lines, show
from api.cli.show_orders import print_audit, print_order, print_orders, print_quote
from api.wiring import House, open_house
from tools.orders.agreement import Action, Evidence, Ruling
from tools.orders.commands import Command, IdempotencyConflict, KeyMissing, Refusal
from tools.orders.importing import ImportRefused
from tools.orders.model import Actor, Order
from tools.orders.registry import COMMANDS

app = typer.Typer(
    help="The order core: see orders, place them, act on them, and check that every figure adds up.",
    no_args_is_help=True,
)
PERSON = Actor("person", "command line")
Number = Annotated[str, typer.Argument(help="The order's number, as the customer writes it, or its id.")]
Json = Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Key = Annotated[str, typer.Option("--key", help="Idempotency key: the same key does it once. Default: a new one.")]
Units = Annotated[
    list[str] | None, typer.Option("--line", "-l", help="A line by its position, and how many units of it: `-l 1:2`.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a word: damaged, wrong_item, missing, lost, …")]


# -- reading -------------------------------------------------------------------------------------------------


@app.command("list")
def list_orders(
    number: Annotated[str | None, typer.Option(help="Only numbers that begin so.")] = None,
    lifecycle: Annotated[str | None, typer.Option(help="Only confirmed, on_hold, cancelled, …")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    as_json: Json = False,
) -> None:
    """The newest orders. Example: `wismo orders list --lifecycle on_hold`"""
    with open_house() as house:
        found = house.orders.newest(limit, lifecycle, number)
    if as_json:
        lines.put({"orders": [shapes.order_json(one) for one in found]})
    else:
        print_orders(found)


@app.command("show")
def show_order(
    number: Number,
    as_of: Annotated[datetime | None, typer.Option(help="As it was at this moment (UTC unless it says).")] = None,
    as_json: Json = False,
) -> None:
    """One order: lines, money, parcels, returns. Example: `wismo orders show 1001 --as-of 2026-11-01T12:00`"""
    with open_house() as house:
        order = _found(house, number)
        if as_of:
            then = house.orders.as_of(order.id, as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC))
            order = then or lines.unusable(f"{order.number} was not placed yet on {as_of:%Y-%m-%d %H:%M}")
    if as_json:
        lines.put(shapes.order_json(order))
    else:
        print_order(order)


@app.command("history")
def history(number: Number, as_json: Json = False) -> None:
    """Everything that happened to an order, and who did it. Example: `wismo orders history 1001`"""
    with open_house() as house:
        events = house.orders.events(_found(house, number).id)
    for event in events:
        told = shapes.event_json(event)
        if as_json:
            lines.put(told)
        else:
            mark = " (reconstructed)" if event.reconstructed else ""
            typer.echo(f"{event.sequence:>4}  {event.at:%Y-%m-%d %H:%M}  {event.type:<28} {told['actor']}{mark}")


@app.command("audit")
def audit(as_json: Json = False) -> None:
    """Check every invariant over the whole database, and that the events give the tables. Exit code 1: it found some.

    Example: `wismo orders audit --json`
    """
    with open_house() as house, show.console(stderr=True).status("checking every invariant"):
        found = house.orders.audit()
    if as_json:
        lines.put({"ok": found.ok, "checked": dict(found.checked), "violations": list(map(str, found.violations))})
    else:
        print_audit(found)
    raise typer.Exit(0 if found.ok else 1)


# -- a customer's wish ---------------------------------------------------------------------------------------


@app.command("cancel")
def cancel(
    number: Number, line: Units = None, reason: Reason = "", yes: Yes = False, key: Key = "", as_json: Json = False
) -> None:
    """Cancel what has not left, or some of it. Example: `wismo orders cancel 1001 --line 2:1`"""
    _wish(number, {"action": Action.CANCEL_ORDER, "reason": reason, "lines": _chosen(line)}, yes, key, as_json)


@app.command("return")
def request_return(
    number: Number, line: Units = None, reason: Reason = "", yes: Yes = False, key: Key = "", as_json: Json = False
) -> None:
    """Open a return; the goods come back before their money goes. Example: `wismo orders return 1001 -l 1:1`"""
    _wish(number, {"action": Action.REQUEST_RETURN, "reason": reason, "lines": _chosen(line)}, yes, key, as_json)


@app.command("refund")
def refund(
    number: Number,
    line: Units = None,
    reason: Reason = "",
    goodwill: Annotated[str | None, typer.Option(help="A gesture beyond any line, like 5.00.")] = None,
    yes: Yes = False,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Pay back what came back, was damaged or lost. Example: `wismo orders refund 1001 --reason damaged -l 1:1`"""
    asked = {"action": Action.REFUND, "reason": reason, "lines": _chosen(line), "goodwill": goodwill}
    _wish(number, asked, yes, key, as_json)


@app.command("withdraw")
def withdraw(number: Number, line: Units = None, yes: Yes = False, key: Key = "", as_json: Json = False) -> None:
    """The consumer's right to withdraw (EU): acknowledged at once. Example: `wismo orders withdraw 1001`"""
    _wish(number, {"action": Action.WITHDRAW, "lines": _chosen(line)}, yes, key, as_json)


@app.command("change")
def change(
    number: Number,
    to: Annotated[list[str], typer.Option("--to", help="Line, units and the new sku: `--to 1:2:shirt-m`.")],
    method: Annotated[str | None, typer.Option(help="The payment method that pays or gets the difference.")] = None,
    exchange: Annotated[bool, typer.Option(help="For delivered goods: they come back first.")] = False,
    yes: Yes = False,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Other variants or quantities. Example: `wismo orders change 1001 --to 1:1:shirt-m`"""
    action = Action.REQUEST_EXCHANGE if exchange else Action.CHANGE_ITEMS
    _wish(number, {"action": action, "changes": list(map(_change, to)), "method": method}, yes, key, as_json)


def _wish(number: str, asked: dict[str, Any], yes: bool, key: str, as_json: bool) -> None:
    """Quote, show, ask, do. Exit code 1: the rules refuse it."""
    with open_house() as house:
        order = _found(house, number)
        try:
            quote = house.orders.quote(order, shapes.Asked.model_validate(asked).wish(order))
        except (ValueError, ValidationError) as error:
            _refused(shapes.misuse(error), as_json, 2)
        if not quote.ruling.allowed:
            _refused(quote.ruling, as_json)
        if not as_json:
            print_quote(quote)
        if not (yes or as_json or typer.confirm("Do this?")):
            raise typer.Exit(1)
        _execute(house, quote, key or f"cli:{uuid4()}", as_json)


def _execute(house: House, quote: Any, key: str, as_json: bool) -> None:
    try:
        outcome = house.orders.execute(quote, key=key, actor=PERSON, evidence=Evidence(key, quote.digest))
    except (IdempotencyConflict, KeyMissing) as error:
        _refused(shapes.misuse(error), as_json, 2)
    if outcome.result != "done":
        _refused(outcome.ruling, as_json)
    house.deliver()
    told = shapes.outcome_json(outcome)
    if as_json:
        lines.put(told)
    else:
        typer.echo(f"done: {outcome.reference or quote.action.value}" + ("" if outcome.settled else " (in progress)"))


# -- the shop's own commands ---------------------------------------------------------------------------------


@app.command("place")
def place(
    file: Annotated[str, typer.Argument(help="A JSON file with the order; `-` is standard input.")],
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Capture an order. What is wrong puts it on hold, with every reason. Example: `wismo orders place order.json`"""
    body = _json_of(file)
    named = f"{body.get('channel')}:{body.get('external_id')}" if isinstance(body, dict) else ""
    _do("place_order", body, key or f"place:{named}", as_json)


@app.command("receive")
def receive(
    rma: Annotated[str, typer.Argument(help="The return's number (RMA-…) or id.")],
    line: Units = None,
    accept: Annotated[bool, typer.Option(help="Inspect and accept at once what arrived.")] = False,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Goods of a return arrived: all of them, or some. Example: `wismo orders receive RMA-1001-1 --accept`"""
    with open_house() as house:
        order, found = _return(house, rma)
        chosen = _chosen(line)
        units = {order.lines[int(place) - 1].id: count for place, count in chosen.items()} or dict(found.lines)
    _do("receive_return", {"return_id": found.id, "units": units}, key, as_json)
    if accept:
        _do("inspect_return", {"return_id": found.id, "accepted": units}, f"{key}:inspect" if key else "", as_json)


@app.command("ship")
def ship(
    number: Number,
    tracking: Annotated[str, typer.Argument(help="The carrier's number of the parcel.")],
    carrier: Annotated[str | None, typer.Option(help="Who carries the parcel.")] = None,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Start the warehouse's work if it has not begun, send what is in hand. Example: `wismo orders ship 1001 1Z9`"""
    with open_house() as house:
        order = _found(house, number)
    if any(one.state == "open" for one in order.work):
        _do("start_fulfilment", {"order_id": order.id}, f"{key}:start" if key else "", as_json)
    _do("ship_order", {"order_id": order.id, "tracking": tracking, "carrier": carrier}, key, as_json)


@app.command("stock")
def stock(
    sku: Annotated[str, typer.Argument(help="The variant.")],
    quantity: Annotated[int, typer.Argument(help="Units that came in; 0 only shows what is available.")] = 0,
    location: Annotated[str, typer.Option(help="Where it lies.")] = "main",
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Receive stock, which from then on is counted, or see what is available. Example: `wismo orders stock mug 40`"""
    if quantity:
        _do("receive_stock", {"sku": sku, "location_id": location, "quantity": quantity}, key, as_json)
        return
    with open_house() as house:
        units = house.orders.available(sku)
    if as_json:
        lines.put({"sku": sku, "available": units})
    else:
        typer.echo(f"{sku}: {units} available")


@app.command("commands")
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


@app.command("do")
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
        given = _json_of("-") if body == "-" else json.loads(body)
    except json.JSONDecodeError as error:
        lines.unusable(f"the fields are not JSON: {error}")
    _do(name, given, key, as_json)


def _do(name: str, body: Any, key: str, as_json: bool) -> None:
    try:
        command: Command = COMMANDS[name].model_validate(body)
    except ValidationError as error:
        _refused(shapes.misuse(error), as_json, 2)
    with open_house() as house:
        try:
            answer = house.orders.do(command, key=key or f"cli:{uuid4()}", actor=PERSON)
        except (IdempotencyConflict, KeyMissing) as error:
            _refused(shapes.misuse(error), as_json, 2)
        house.deliver()
    if isinstance(answer, Refusal):
        _refused(answer.ruling, as_json)
    told = shapes.answer_json(answer)
    if as_json:
        lines.put(told)
    else:
        typer.echo(f"done: {', '.join(answer.events) or 'nothing to change'}")
        for field, value in answer.result.items():
            typer.echo(f"  {field}: {value if value not in ('', [], None) else '—'}")


@app.command("import")
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
    with open_house() as house, _bar() as bar:
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


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=show.console(stderr=True), transient=True)


# -- what was meant ------------------------------------------------------------------------------------------


def _found(house: House, number: str) -> Order:
    from tools.orders.model import OrderId

    try:
        return house.orders.order(OrderId(number))
    except KeyError:
        order = house.orders.order_by_number(number)
    return order or lines.unusable(f"no order {number}; see: wismo orders list")


def _return(house: House, number: str) -> Any:
    """The order and its return, by the number that stands on the parcel: RMA-<order>-<which>."""
    middle = number.split(":return:")[0] if ":return:" in number else number.removeprefix("RMA-").rpartition("-")[0]
    order = _found(house, middle)
    for one in order.returns:
        if number in {one.id, one.number}:
            return order, one
    return lines.unusable(f"{order.number} has no return {number}")


def _chosen(given: list[str] | None) -> dict[str, int]:
    chosen = {}
    for one in given or ():
        place, _, units = one.partition(":")
        if not place.isdigit() or not (units or "1").isdigit():
            lines.unusable(f"--line {one}: write the line's position and its units, like 1:2")
        chosen[place] = int(units or 1)
    return chosen


def _change(given: str) -> dict[str, Any]:
    place, _, rest = given.partition(":")
    units, _, sku = rest.partition(":")
    if not (place.isdigit() and units.isdigit() and sku):
        lines.unusable(f"--to {given}: write the line, its units and the new sku, like 1:2:shirt-m")
    return {"line": place, "quantity": int(units), "sku": sku}


def _json_of(file: str) -> Any:
    try:
        return json.loads(b"\n".join(line.data for line in lines.lines_of(file)))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        lines.unusable(f"{file}: not JSON: {error}")


def _refused(ruling: Ruling, as_json: bool, code: int = 1) -> NoReturn:
    told = shapes.ruling_json(ruling)
    if as_json:
        lines.put({"result": "refused", "ruling": told})
    lines.say(f"refused: {ruling.code} ({ruling.rule}). {told['says']}")
    if ruling.accepts:
        lines.say(f"accepted would be: {ruling.accepts}")
    raise typer.Exit(code)
