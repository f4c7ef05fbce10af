"""`wismo orders cancel`, `return`, `refund`, `withdraw`, `change`: a customer's wish, shown as a quote, then done.

Nothing is decided here.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import uuid4

import typer
from pydantic import ValidationError

from api import orders as shapes
from api.cli import lines
from api.cli.order_input import PERSON, Json, Key, Number, Reason, Units, Yes, chosen_units, found_order, swap_of
from api.cli.show_orders import print_quote, refused
from api.wiring import House, open_house
from tools.orders.agreement import Action, Evidence
from tools.orders.commands import IdempotencyConflict, KeyMissing


def register(app: typer.Typer) -> None:
    app.command("cancel")(cancel)
    app.command("return")(request_return)
    app.command("refund")(refund)
    app.command("withdraw")(withdraw)
    app.command("change")(change)


def cancel(
    number: Number, line: Units = None, reason: Reason = "", yes: Yes = False, key: Key = "", as_json: Json = False
) -> None:
    """Cancel what has not left, or some of it. Example: `wismo orders cancel 1001 --line 2:1`"""
    _wish(number, {"action": Action.CANCEL_ORDER, "reason": reason, "lines": chosen_units(line)}, yes, key, as_json)


def request_return(
    number: Number, line: Units = None, reason: Reason = "", yes: Yes = False, key: Key = "", as_json: Json = False
) -> None:
    """Open a return; the goods come back before their money goes. Example: `wismo orders return 1001 -l 1:1`"""
    _wish(number, {"action": Action.REQUEST_RETURN, "reason": reason, "lines": chosen_units(line)}, yes, key, as_json)


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
    asked = {"action": Action.REFUND, "reason": reason, "lines": chosen_units(line), "goodwill": goodwill}
    _wish(number, asked, yes, key, as_json)


def withdraw(number: Number, line: Units = None, yes: Yes = False, key: Key = "", as_json: Json = False) -> None:
    """The consumer's right to withdraw (EU): acknowledged at once. Example: `wismo orders withdraw 1001`"""
    _wish(number, {"action": Action.WITHDRAW, "lines": chosen_units(line)}, yes, key, as_json)


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
    _wish(number, {"action": action, "changes": list(map(swap_of, to)), "method": method}, yes, key, as_json)


def _wish(number: str, asked: dict[str, Any], yes: bool, key: str, as_json: bool) -> None:
    """Quote, show, ask, do. Exit code 1: the rules refuse it."""
    with open_house() as house:
        order = found_order(house, number)
        try:
            quote = house.orders.quote(order, shapes.Asked.model_validate(asked).wish(order))
        except (ValueError, ValidationError) as error:
            refused(shapes.misuse(error), as_json, 2)
        if not quote.ruling.allowed:
            refused(quote.ruling, as_json)
        if not as_json:
            print_quote(quote)
        if not (yes or as_json or typer.confirm("Do this?")):
            raise typer.Exit(1)
        _execute(house, quote, key or f"cli:{uuid4()}", as_json)


def _execute(house: House, quote: Any, key: str, as_json: bool) -> None:
    try:
        outcome = house.orders.execute(quote, key=key, actor=PERSON, evidence=Evidence(key, quote.digest))
    except (IdempotencyConflict, KeyMissing) as error:
        refused(shapes.misuse(error), as_json, 2)
    if outcome.result != "done":
        refused(outcome.ruling, as_json)
    house.deliver()
    told = shapes.outcome_json(outcome)
    if as_json:
        lines.put(told)
    else:
        typer.echo(f"done: {outcome.reference or quote.action.value}" + ("" if outcome.settled else " (in progress)"))
