"""What is typed about orders, and what it means: options that commands share, an order by its number, lines, units."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from api.cli import lines
from api.wiring import House
from tools.orders.model import Actor, Order, OrderId

PERSON = Actor("person", "command line")
Number = Annotated[str, typer.Argument(help="The order's number, as the customer writes it, or its id.")]
Json = Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Key = Annotated[str, typer.Option("--key", help="Idempotency key: the same key does it once. Default: a new one.")]
Units = Annotated[
    list[str] | None, typer.Option("--line", "-l", help="A line by its position, and how many units of it: `-l 1:2`.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a word: damaged, wrong_item, missing, lost, …")]


def found_order(house: House, number: str) -> Order:
    try:
        return house.orders.order(OrderId(number))
    except KeyError:
        order = house.orders.order_by_number(number)
    return order or lines.unusable(f"no order {number}; see: wismo orders list")


def found_return(house: House, number: str) -> Any:
    """The order and its return, by the number that stands on the parcel: RMA-<order>-<which>."""
    middle = number.split(":return:")[0] if ":return:" in number else number.removeprefix("RMA-").rpartition("-")[0]
    order = found_order(house, middle)
    for one in order.returns:
        if number in {one.id, one.number}:
            return order, one
    return lines.unusable(f"{order.number} has no return {number}")


def chosen_units(given: list[str] | None) -> dict[str, int]:
    chosen = {}
    for one in given or ():
        place, _, units = one.partition(":")
        if not place.isdigit() or not (units or "1").isdigit():
            lines.unusable(f"--line {one}: write the line's position and its units, like 1:2")
        chosen[place] = int(units or 1)
    return chosen


def swap_of(given: str) -> dict[str, Any]:
    place, _, rest = given.partition(":")
    units, _, sku = rest.partition(":")
    if not (place.isdigit() and units.isdigit() and sku):
        lines.unusable(f"--to {given}: write the line, its units and the new sku, like 1:2:shirt-m")
    return {"line": place, "quantity": int(units), "sku": sku}


def json_of(file: str) -> Any:
    try:
        return json.loads(b"\n".join(line.data for line in lines.lines_of(file)))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        lines.unusable(f"{file}: not JSON: {error}")
