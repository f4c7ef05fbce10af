"""`wismo orders …`: the order core for people: what there is, one order, its history, the audit.

What changes an order is in order_wishes.py and order_commands.py.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from api import orders as shapes
from api.cli import lines, show
from api.cli.order_input import Json, Number, found_order
from api.cli.show_orders import print_audit, print_order, print_orders
from api.wiring import open_house

app = typer.Typer(
    help="The order core: see orders, place them, act on them, and check that every figure adds up.",
    no_args_is_help=True,
)


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
        order = found_order(house, number)
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
        events = house.orders.events(found_order(house, number).id)
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
