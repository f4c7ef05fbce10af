"""Bytes on disk to the import format's raw form: one JSON object, or a folder of CSV files with its columns."""

from __future__ import annotations

import csv
import json
import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.orders.importing import ImportRefused

Record = dict[str, Any]
DECODER = json.JSONDecoder()
BLANK = re.compile(r"[ \t\n\r]*")
# File, its column, the file that it refers to, the column there.
BELONGS = (
    ("variants", "product_id", "products", "id"),
    ("items", "order_id", "orders", "id"),
    ("shipments", "order_id", "orders", "id"),
    ("payments", "order_id", "orders", "id"),
    ("tracking_events", "tracking_id", "shipments", "tracking_id"),
)
ADDRESS = ("line1", "line2", "city", "state", "zip", "country")


def read(path: Path) -> Any:
    """Raises `ImportRefused`."""
    return _folder(path) if path.is_dir() else _json(path)


def _json(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _scanned(text, path.name)
    except UnicodeDecodeError as error:
        raise ImportRefused([f"{path.name}: not UTF-8 at byte {error.start}; save the file as UTF-8"]) from None
    except json.JSONDecodeError as error:
        raise ImportRefused([f"{path.name} line {error.lineno} column {error.colno}: not JSON: {error.msg}"]) from None
    except RecursionError:
        raise ImportRefused([f"{path.name}: nested too deeply"]) from None


class Records(Sequence[Any]):
    """The elements of an array in a text, each read when it is asked for."""

    def __init__(self, text: str, offsets: array[int]) -> None:
        self._text = text
        self._offsets = offsets

    def __len__(self) -> int:
        return len(self._offsets)

    def __getitem__(self, at: Any) -> Any:
        return DECODER.raw_decode(self._text, self._offsets[at])[0]


def _scanned(text: str, name: str) -> Record:
    """One JSON object; of its `orders` only the places are kept. Raises JSONDecodeError, `ImportRefused`."""
    at = _blank(text, 0)
    if text[at : at + 1] != "{":
        json.loads(text)  # says what is wrong, where it is no JSON at all
        raise ImportRefused([f"{name}: must hold one JSON object with customers, products and orders"])
    found: Record = {}
    at = _blank(text, at + 1)
    while text[at : at + 1] != "}":
        key, at = DECODER.raw_decode(text, at)
        at = _blank(text, _expected(text, _blank(text, at), ":"))
        found[key], at = (
            _orders(text, at) if key == "orders" and text[at : at + 1] == "[" else DECODER.raw_decode(text, at)
        )
        at = _separated(text, at, "}")
    if _blank(text, at + 1) != len(text):
        raise json.JSONDecodeError("Extra data", text, at + 1)
    return found


def _orders(text: str, at: int) -> tuple[Records, int]:
    offsets = array("Q")
    at = _blank(text, at + 1)
    while text[at : at + 1] != "]":
        offsets.append(at)
        _, at = DECODER.raw_decode(text, at)
        at = _separated(text, at, "]")
    return Records(text, offsets), at + 1


def _separated(text: str, at: int, end: str) -> int:
    """Past a comma, or at the end; a comma before the end is an error, as everywhere in JSON."""
    at = _blank(text, at)
    if text[at : at + 1] == end:
        return at
    at = _blank(text, _expected(text, at, ","))
    if text[at : at + 1] == end:
        raise json.JSONDecodeError("Expecting value", text, at)
    return at


def _expected(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise json.JSONDecodeError(f"Expecting {sign!r} delimiter", text, at)
    return at + 1


def _blank(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found else at


def _folder(path: Path) -> Record:
    """customers, products, variants, orders, items, shipments, tracking_events and payments, each with .csv."""
    tables = {file.stem: _rows(file) for file in sorted(path.glob("*.csv"))}
    if "orders" not in tables and "customers" not in tables:
        raise ImportRefused([f"{path.name}: holds neither orders.csv nor customers.csv"])
    _no_orphans(tables)
    below = {name: _grouped(tables.get(name, []), "order_id") for name in ("items", "shipments", "payments")}
    scans = _grouped(tables.get("tracking_events", []), "tracking_id")
    variants = _grouped(tables.get("variants", []), "product_id")
    return {
        "customers": [_customer(row) for row in tables.get("customers", [])],
        "products": [
            row | {"variants": [_options(v) for v in variants[row.get("id", "")]]} for row in tables.get("products", [])
        ],
        "orders": [_order(row, below, scans) for row in tables.get("orders", [])],
    }


def _no_orphans(tables: Mapping[str, list[Record]]) -> None:
    """A row that belongs to nothing is an error, not silence: a payment with a mistyped order id would be lost."""
    errors = []
    for child, key, parent, its in BELONGS:
        there = {row.get(its) for row in tables.get(parent, [])}
        errors += [
            f"{child}.csv record {number}: {key} {row.get(key, '')!r} is not in {parent}.csv"
            for number, row in enumerate(tables.get(child, []), 1)
            if row.get(key) not in there
        ]
    if errors:
        raise ImportRefused(errors)


def _rows(path: Path) -> list[Record]:
    """An empty cell is a missing field."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRefused([f"{path.name}: not UTF-8 at byte {error.start}; save the file as UTF-8"]) from None
    rows = csv.DictReader(text.splitlines())
    return [{name: value for name, value in row.items() if name and value not in (None, "")} for row in rows]


def _grouped(rows: list[Record], key: str) -> Mapping[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for row in rows:
        found[row.pop(key, "")].append(row)
    return found


def _customer(row: Record) -> Record:
    address = _address(row)
    return row | ({"address": address} if address else {})


def _order(row: Record, below: Mapping[str, Mapping[str, list[Record]]], scans: Mapping[str, list[Record]]) -> Record:
    number = row.get("id", "")
    parcels = [_parcel(one, scans) for one in below["shipments"].get(number, [])]
    made: dict[str, Callable[[], Any]] = {
        "shipping_address": lambda: _address(row),
        "items": lambda: [_options(_whole(one, "quantity")) for one in below["items"].get(number, [])],
        "payments": lambda: below["payments"].get(number, []),
    }
    return row | {name: make() for name, make in made.items()} | {"shipments": parcels}


def _parcel(row: Record, scans: Mapping[str, list[Record]]) -> Record:
    skus = [sku.strip() for sku in row.get("skus", "").split("|") if sku.strip()]
    return row | {"skus": skus, "events": scans.get(row.get("tracking_id", ""), [])}


def _address(row: Record) -> Record:
    """Columns line1 … country, taken out of the row."""
    return {name: row.pop(name) for name in ADDRESS if name in row}


def _options(row: Record) -> Record:
    """`options` as "size=S|color=blue"."""
    pairs = (pair.partition("=") for pair in row.pop("options", "").split("|") if pair)
    return row | {"options": {name.strip(): value.strip() for name, _, value in pairs}}


def _whole(row: Record, name: str) -> Record:
    return row | ({name: int(row[name])} if str(row.get(name, "")).isdigit() else {})
