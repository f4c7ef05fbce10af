"""Tables as CSV files. A cell that a spreadsheet would run as a formula is quoted by an apostrophe."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from fastapi import Response

FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def sheet(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    text = io.StringIO(newline="")
    text.write("\ufeff")  # spreadsheets then read it as UTF-8
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([[_cell(cell) for cell in row] for row in rows])
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> object:
    if isinstance(value, bool | int | float):
        return value
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULAS) else text
