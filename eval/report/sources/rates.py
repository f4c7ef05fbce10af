"""Rates and tables as the JSON of runs holds them: hits, of, low, high."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from eval.report.contents import Cell, Confusion, Definition, Figure, Gap, Group

Kept = Mapping[str, Any]


def figure(name: str, kept: Kept, says: str = "") -> Figure:
    """A rate of nothing is not measured: its interval from 0 to 1 would only look like one."""
    if not kept["of"]:
        return Figure(name, None, says=says)
    return Figure(name, kept["hits"] / kept["of"], kept["low"], kept["high"], kept["of"], says=says)


def definitions(rows: Iterable[Kept]) -> tuple[Definition, ...]:
    return tuple(_definition(row) for row in rows)


def _definition(row: Kept) -> Definition:
    told = figure(row["name"], row)
    says = f"{row['says']} (of: {row['over']})"
    return Definition(row["name"], row["hits"], row["of"], told.value, says, told.low, told.high)


def readings(told_by: str, kept: Iterable[Kept] | None) -> Confusion | None:
    """Of {expected, read, count}; None where nobody says what was meant."""
    counted: Counter[tuple[str, str]] = Counter()
    for one in kept or ():
        counted[one["expected"], one["read"]] += one["count"]
    if not counted:
        return None
    return Confusion(told_by, tuple(Cell(*pair, count) for pair, count in sorted(counted.items())))


def gap(kept: Kept) -> Gap:
    """`cost` where the run tells what people's time for it is worth."""
    return Gap(
        kept["type"], kept["intent"], kept["rule"], kept["count"], kept.get("cost", ""), "", tuple(kept["examples"])
    )


def group(name: str, n: int, rates: Mapping[str, Kept]) -> Group:
    return Group(name or "not told", n, tuple(figure(title, kept) for title, kept in rates.items()))
