"""What an audit looks at: the whole database, or some aggregates. The part of a statement that says so."""

from __future__ import annotations

from collections.abc import Sequence

from tools.orders.work import CUSTOMER, STOCK


def orders_of(aggregates: Sequence[str] | None) -> Sequence[str] | None:
    return None if aggregates is None else [one for one in aggregates if not one.startswith((CUSTOMER, STOCK))]


def where(column: str, values: Sequence[str] | None) -> tuple[str, dict[str, object]]:
    if values is None:
        return "", {}
    names = {f"v{at}": value for at, value in enumerate(values)}
    marks = ", ".join(f":{name}" for name in names) or "NULL"
    return f" WHERE {column} IN ({marks})", dict(names)
