"""How a benchmark's figures look on a terminal, each beside its floor; or as JSON."""

from __future__ import annotations

from rich.table import Table

from api.cli import lines
from api.cli.show import console
from eval.bench import Figure


def print_figures(name: str, figures: list[Figure], as_json: bool, not_run: list[dict[str, str]] | None = None) -> None:
    missing = not_run or []
    if as_json:
        return lines.put({"bench": name, "figures": [figure.as_json() for figure in figures], "not_run": missing})
    for one in missing:
        lines.say(f"NOT RUN: {one['name']}; {one['remedy']}")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for column in ("figure", "value", "unit", "floor", "ratio"):
        table.add_column(column, justify="left" if column in {"figure", "unit"} else "right")
    for figure in figures:
        shown = figure.as_json()
        table.add_row(
            shown["name"],
            f"{shown['value']:g}",
            shown["unit"],
            f"{shown.get('floor', '')}",
            f"{shown.get('ratio', '')}",
        )
    console().print(table)
    return None
