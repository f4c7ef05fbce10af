"""Sales as a CSV file: `date,sku,units`, and `stockout` if the shop knows it. Says of each bad row what is wrong.

What comes of odd input is told in docs/forecast.md; none of it ends the run but a file without a usable row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import isfinite
from typing import Any

NEEDED = ("date", "sku", "units")
KNOWN = (*NEEDED, "stockout")
LONGEST_NAME = 200
MOST_UNITS = 1e12
YEARS = range(1900, 2200)
YES = frozenset({"1", "true", "yes", "y", "t"})


class Unusable(ValueError):
    """A file of which no row can be used; says why."""


@dataclass(frozen=True, slots=True)
class Sale:
    """Units of an item on a day. `out`: the shop had none left, so more would have been sold."""

    day: date
    sku: str
    units: float
    out: bool = False


@dataclass(slots=True)
class Sales:
    """`bad` are (line, what is wrong); `returns` counts rows below zero, `repeated` those that name a day again."""

    rows: list[Sale] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)
    returns: int = 0
    repeated: int = 0
    ignored: tuple[str, ...] = ()


def read(text: str) -> Sales:
    """Raises `Unusable`."""
    head, _, _ = text.lstrip("\ufeff\r\n").partition("\n")
    if not head.strip():
        raise Unusable("the file is empty; the first line must be: date,sku,units")
    delimiter = max(",;\t", key=head.count)
    table = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)
    names = _header(next(row for row in table if row))
    sales = Sales(ignored=tuple(name for name in names if name and name not in KNOWN))
    for line, cells in _rows(table, sales):
        _take(sales, line, dict(zip(names, cells, strict=False)), len(cells) < len(names))
    if not sales.rows:
        raise Unusable(_nothing(sales))
    seen = {(one.day, one.sku) for one in sales.rows}
    sales.repeated = len(sales.rows) - len(seen)
    return sales


def _header(cells: Sequence[str]) -> list[str]:
    names = [cell.strip().casefold() for cell in cells]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise Unusable(f"the first line has no column {', '.join(missing)}; it must name date, sku and units")
    return names


def _rows(table: Any, sales: Sales) -> Iterator[tuple[int, list[str]]]:
    """Rows with their lines. What the csv module refuses (a field without end) is a bad line too."""
    while True:
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            sales.bad.append((table.line_num, f"not CSV: {error}"))
            continue
        if any(cell.strip() for cell in cells):
            yield table.line_num, cells


def _take(sales: Sales, line: int, row: Mapping[str, str], short: bool) -> None:
    try:
        if short:
            raise ValueError("fewer cells than the first line names")
        one = Sale(_day(row["date"]), _name(row["sku"]), _units(row["units"]), _is_out(row.get("stockout", "")))
    except ValueError as error:
        sales.bad.append((line, str(error)))
        return
    if one.units < 0:
        sales.returns += 1
        one = Sale(one.day, one.sku, 0.0, one.out)
    sales.rows.append(one)


def _day(text: str) -> date:
    try:
        day = datetime.fromisoformat(text.strip()).date()
    except ValueError:
        raise ValueError(f"date {text.strip()[:30]!r} is no date; write 2026-11-20") from None
    if day.year not in YEARS:
        raise ValueError(f"date {text.strip()[:30]!r} lies outside {YEARS[0]} to {YEARS[-1]}")
    return day


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_NAME:
        raise ValueError("sku is empty" if not name else f"sku is longer than {LONGEST_NAME} characters")
    return name


def _units(text: str) -> float:
    try:
        units = float(text.strip())
    except ValueError:
        raise ValueError(f"units {text.strip()[:30]!r} is no number") from None
    if not isfinite(units) or abs(units) > MOST_UNITS:
        raise ValueError(f"units {text.strip()[:30]!r} is no usable number")
    return units


def _is_out(text: str) -> bool:
    return text.strip().casefold() in YES


def _nothing(sales: Sales) -> str:
    if sales.bad:
        line, wrong = sales.bad[0]
        return f"none of its {len(sales.bad)} rows can be used; line {line}: {wrong}"
    return "it holds no rows below the first line"
