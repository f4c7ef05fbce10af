"""`wismo check`: is what a reply says borne out by the orders and the help centre?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, Field
from rich.markup import escape

from agent.checking import Problem, check_text, context_for
from api.cli import lines, show
from api.wiring import House, open_house
from tools.orders.model import Order

File = Annotated[str | None, typer.Argument(help="JSONL of replies; - reads standard input.")]
KeepGoing = Annotated[bool, typer.Option("--keep-going", help="Skip bad lines instead of stopping at the first.")]


class ReplyLine(BaseModel):
    """One reply. `order` is a number or several; `passages` are texts that it quotes from."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=200, coerce_numbers_to_str=True)
    text: str = Field(min_length=1, max_length=100_000)
    order: str | list[str] = Field(default_factory=list)
    language: str = ""
    passages: list[str] = Field(default_factory=list)
    name: str = Field("", description="The customer's name, as they may be greeted.")

    @property
    def orders(self) -> list[str]:
        return [self.order] if isinstance(self.order, str) else self.order


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(
    file: File = None,
    text: Annotated[str | None, typer.Option(help="One reply, instead of a file.")] = None,
    order: Annotated[list[str] | None, typer.Option(help="The number of an order that it speaks of.")] = None,
    language: Annotated[str, typer.Option(help="en or fr; guessed from the text by default.")] = "",
    gate: Annotated[bool, typer.Option("--gate", help="Exit with 1 when a reply does not hold.")] = False,
    keep_going: KeepGoing = False,
    as_json: Annotated[bool, typer.Option("--json", help="The one reply's result as JSON.")] = False,
) -> None:
    """Check any reply against the orders as they stand: figures, dates, names, links, states, promises.

    In: `{"id","text","order","language","passages","name"}`, one a line; out: `{"id","ok","problems"}`.
    Example: `wismo check --text "Your refund of 12.00 EUR was paid." --order 1001`
    """
    if (file is None) == (text is None):
        lines.unusable("give a file of replies, or one with --text")
    with open_house() as house:
        if text is not None:
            return _one(house, ReplyLine(id="1", text=text, order=order or [], language=language), gate, as_json)
        failed: list[str] = []

        def work(_: lines.Line, line: ReplyLine) -> None:
            found = _checked(house, line)
            failed.extend([line.id] if found else [])
            lines.put(_result(line, found))

        try:
            lines.each_line(str(file), ReplyLine, work, keep_going)
        except typer.Exit as end:
            raise typer.Exit(end.exit_code or int(gate and bool(failed))) from None


def _one(house: House, line: ReplyLine, gate: bool, as_json: bool) -> None:
    try:
        found = _checked(house, line)
    except lines.BadLine as error:
        lines.unusable(str(error))
    if as_json:
        lines.put(_result(line, found))
    else:
        _show(found)
    raise typer.Exit(int(gate and bool(found)))


def _checked(house: House, line: ReplyLine) -> tuple[Problem, ...]:
    orders = [_order(house, number) for number in line.orders]
    tongue = line.language or house.language(line.text) or house.policy.shop.languages[0]
    names = [line.name, *(customer.name or "" for customer in _customers(house, orders))]
    context = context_for(orders, tongue, house.policy.terms.timezone, house.now(), line.passages, names)
    return check_text(line.text, context)


def _order(house: House, number: str) -> Order:
    found = house.orders.order_by_number(number)
    if found is None:
        raise lines.BadLine(f"no order {number}; see: wismo orders list")
    return found


def _customers(house: House, orders: Iterable[Order]) -> list[Any]:
    known = (house.orders.customer(order.customer_id) for order in orders)
    return [one for one in known if one]


def _result(line: ReplyLine, found: tuple[Problem, ...]) -> dict[str, Any]:
    return {"id": line.id, "ok": not found, "problems": [asdict(one) for one in found]}


def _show(found: tuple[Problem, ...]) -> None:
    out = show.console()
    if not found:
        out.print("holds: nothing in it is without support")
    for one in found:
        out.print(f"[bold]{one.code.replace('_', ' ')}[/bold]: {escape(repr(one.text))}: {escape(one.says)}")
