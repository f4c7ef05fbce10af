"""The table of `wismo connectors list`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from api.cli import show


def table(found: Sequence[Mapping[str, Any]]) -> None:
    made = Table(box=None, pad_edge=False)
    for column in ("system", "where", "is told", "tells", "not set"):
        made.add_column(column, overflow="fold")
    for one in found:
        sends = ", ".join(name if name == what else f"{name} ({what})" for name, what in one["sends"].items())
        takes = ", ".join(f"{name}: {what}" for name, what in one["takes"].items())
        made.add_row(f"{one['name']} ({one['kind']})", one["where"], sends, takes, ", ".join(one["missing"]))
    show.console().print(made)
