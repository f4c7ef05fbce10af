"""`wismo orders …`: the order core from the command line."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.cli import lines
from api.wiring import open_house
from tools.orders.importing import ImportRefused

app = typer.Typer(help="The order core: import orders.", no_args_is_help=True)


@app.callback()
def family() -> None:
    """Keeps `import` a sub-command while it is the only one."""


@app.command("import")
def import_orders(
    file: Annotated[Path, typer.Argument(help="The import format as JSON, or a folder of CSV files with its columns.")],
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Take customers, products and orders in: all of a file, or nothing with every error named.

    Importing again changes nothing; what Wismo did itself (refund, cancellation, return) is never undone.
    Example: `wismo orders import shop.json`
    """
    if not file.exists():
        lines.unusable(f"no such file or folder: {file}")
    with open_house() as house:
        try:
            report = house.orders.import_file(file)
        except ImportRefused as refused:
            for error in refused.errors:
                lines.say(f"error: {error}")
            lines.unusable(f"{file} was not imported: {len(refused.errors)} errors, nothing was changed")
    if as_json:
        lines.put(asdict(report))
    for conflict in report.conflicts:
        lines.say(f"conflict: {conflict}")
    lines.say(str(report))
