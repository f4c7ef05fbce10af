"""`wismo figures`: the five figures of the shop, as the desk's page shows them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from api.cli import lines
from api.cli.show import console
from api.wiring import open_house


def register(app: typer.Typer) -> None:
    app.command("figures")(five)


def five(
    days: Annotated[int, typer.Option(min=1, max=366, help="How many of the shop's days back, today included.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with every input.")] = False,
) -> None:
    """Order processing time, order accuracy, cost saved, customer satisfaction, deflection; each with its inputs.

    Examples: `wismo figures` · `wismo figures --days 90 --json`
    """
    from api.desk import figures

    with open_house() as house:
        found = figures.measured(house, days)
        shown = figures.shown(found, house.policy.cost)
    if as_json:
        return lines.put({"days": days, **found.as_json()})
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("figure", "value", "of"):
        table.add_column(column, justify="right" if column == "value" else "left")
    for one in shown:
        table.add_row(one.name, one.figure, one.beside or one.empty)
    console().print(table)
    return None
