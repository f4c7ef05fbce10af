"""Marketplaces' tables: one row a line, columns by a mapping. Rows of one order need not stand together.

The mapping is TOML: `channel`, `[columns]` ours = "theirs", and how amounts are written. Without one, our own names.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from connectors.capture import Buyer, Captured, CaptureError, Item, minor, pieces
from tools.orders.model import Address

NEEDED = ("order", "sku", "quantity", "name", "line1", "city", "postcode", "country")
MAY = ("email", "buyer", "phone", "price", "shipping", "total", "currency", "line2", "state", "line")
Row = Mapping[str, str]


class Mapped(BaseModel):
    """`price_is`: what the price column holds, one unit or the whole line. `currency` where no column says it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)] = "marketplace"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: Literal["utf-8", "iso8859-1", "windows-1252"] = "utf-8"
    currency: str = ""
    price_is: Literal["unit", "line"] = "unit"
    decimal_comma: bool = False
    paid: bool = True
    columns: Mapping[str, str] = {name: name for name in (*NEEDED, *MAY)}

    @model_validator(mode="after")
    def _complete(self) -> Mapped:
        unknown = sorted(set(self.columns) - {*NEEDED, *MAY})
        missing = [name for name in NEEDED if name not in self.columns]
        if unknown or missing:
            raise ValueError(f"[columns] misses {missing}, does not know {unknown}; known: {[*NEEDED, *MAY]}")
        return self


def mapping(file: Path | None) -> Mapped:
    """Raises `CaptureError`."""
    if file is None:
        return Mapped()
    try:
        return Mapped.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CaptureError(f"{file}: {error}") from None
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'mapping'}: {one['msg']}" for one in error.errors())
        raise CaptureError(f"{file}: {told}") from None


def orders(text: str, how: Mapped) -> Iterator[Captured]:
    """Raises `CaptureError` for a table that lacks a column, or is cut off inside a row."""
    table = csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=how.delimiter, strict=True)
    try:
        rows = list(enumerate(table, 2))
    except csv.Error as error:
        raise CaptureError(f"no table: {error}; was the file cut off inside a quoted cell?") from None
    missing = [how.columns[name] for name in NEEDED if how.columns[name] not in (table.fieldnames or ())]
    if missing:
        raise CaptureError(f"columns {missing} are missing, there are {list(table.fieldnames or ())}; see --mapping")
    for number, row in rows:
        if None in row or None in row.values():
            raise CaptureError(f"row {number} has another number of cells than the first row; was the file cut off?")
    together: dict[str, list[tuple[int, Row]]] = {}
    for number, row in rows:
        known = {name: (row.get(column) or "").strip() for name, column in how.columns.items()}
        together.setdefault(known["order"], []).append((number, known))
    return (_order(name, some, how) for name, some in together.items())


def _order(name: str, rows: Sequence[tuple[int, Row]], how: Mapped) -> Captured:
    first = rows[0][1]
    currency = first.get("currency") or how.currency
    problems: list[str] = [] if name else ["the order's number is missing"]
    shipping = sum(_amount(row.get("shipping", ""), currency, how, problems) or 0 for _, row in rows)
    return Captured(
        place=f"row {rows[0][0]}",
        channel=how.channel,
        number=name,
        buyer=Buyer(first.get("buyer", ""), first["name"], first.get("email", ""), first.get("phone", "")),
        address=Address(
            first["line1"],
            first["city"],
            first["postcode"],
            first["country"],
            first.get("line2", ""),
            first.get("state", ""),
        ),
        currency=currency,
        items=tuple(_item(number, row, currency, how) for number, row in rows),
        shipping=shipping,
        total=_amount(first.get("total", ""), currency, how, problems),
        paid=how.paid,
        reasons=tuple(problems),
    )


def _amount(given: str, currency: str, how: Mapped, problems: list[str]) -> int | None:
    try:
        return minor(_plain(given, how), currency) if given else None
    except ValueError as error:
        problems.append(str(error))
        return None


def _item(number: int, row: Row, currency: str, how: Mapped) -> Item:
    reasons, quantity, price, discount = [] if row["sku"] else ["no sku"], 0, None, 0
    try:
        quantity = pieces(row["quantity"])
        given = minor(_plain(row["price"], how), currency) if row.get("price") else None
        price, discount = _unit(given, quantity, how)
    except ValueError as error:
        reasons.append(str(error))
    return Item(row.get("line") or f"row {number}", row["sku"], quantity, price, discount, tuple(reasons))


def _unit(given: int | None, quantity: int, how: Mapped) -> tuple[int | None, int]:
    """A line's price that its units do not divide is a unit price rounded up, less a discount of the rest."""
    if given is None or how.price_is == "unit":
        return given, 0
    unit = -(-given // quantity)
    return unit, unit * quantity - given


def _plain(given: str, how: Mapped) -> str:
    bare = given.replace("\u00a0", "").replace(" ", "")
    return bare.replace(".", "").replace(",", ".") if how.decimal_comma else bare
