"""An export as a table (CSV): one row a message. Rows of one ticket need not stand together, nor in order.

Column names are taken tolerantly ("Ticket ID", "ticket_id", "ticket"); the separator is seen from the first line.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TextIO

from connectors.exports.records import AS_WINDOWS, TOO_LONG, ExportError, Record, encoding_of, lines

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("ticket id", "ticket", "conversation id", "conversation", "case id", "case number", "id"),
    "at": ("at", "created at", "sent at", "date", "time", "timestamp", "message time", "created"),
    "by": ("by", "from", "author type", "sender type", "author", "sender", "role", "direction"),
    "text": ("text", "body", "message", "comment", "content", "description"),
    "email": ("email", "customer email", "requester email", "e mail", "customer e mail"),
    "channel": ("channel", "via", "source"),
    "subject": ("subject", "title"),
    "public": ("public", "is public"),
    "name": ("name", "agent name", "assignee", "assigned to", "agent"),
    "order": ("order", "order id", "order number"),
    "status": ("status", "state"),
    "tags": ("tags",),
    "csat": ("csat",),
    "language": ("language", "locale"),
    "solved_at": ("solved at", "closed at"),
}
NEEDED = ("id", "at", "by", "text")
WHO: Mapping[str, str] = {
    **dict.fromkeys(
        ("customer", "user", "end user", "requester", "client", "contact", "incoming", "inbound"), "customer"
    ),
    **dict.fromkeys(("staff", "agent", "person", "admin", "support", "outgoing", "outbound", "human"), "staff"),
    **dict.fromkeys(("bot", "system", "automation", "ai", "trigger", "rule"), "bot"),
}
OPEN = frozenset({"new", "open", "pending", "hold", "on hold"})
NO = frozenset({"false", "0", "no", "private", "internal"})
SEPARATORS = (",", ";", "\t", "|")
SUFFIXES = frozenset({".csv", ".tsv"})
LONGEST_CELL = 1_000_000
"""Characters. A quote that is never closed makes one cell of all that follows: no more than this is lost by it."""


def is_one(path: Path) -> bool:
    """By its name, or by a first line that names the columns of one."""
    if path.suffix.lower() in SUFFIXES:
        return True
    if not path.is_file():
        return False
    with path.open(encoding=encoding_of(path), errors="replace", newline="") as file:
        head = file.readline(10_000)
    return not head.lstrip().startswith(("{", "[")) and not _missing(_columns(_cells(head)))


def records(path: Path) -> Iterator[Record]:
    """A record a ticket, in our own JSON form, in the order in which tickets begin. Raises `ExportError`."""
    try:
        with path.open(encoding=encoding_of(path), errors=AS_WINDOWS, newline="") as file:
            yield from _tickets(path.name, file)
    except UnicodeError:
        raise ExportError(f"{path.name} is not text; save it as UTF-8") from None
    except OSError as error:
        raise ExportError(f"cannot read {path}: {error.strerror or error}") from None


def _tickets(name: str, file: TextIO) -> Iterator[Record]:
    head = next(lines(file), "")
    if head is None:
        raise ExportError(f"{name} begins with {TOO_LONG}: it is no table")
    if not head.strip():
        return
    columns = _columns(_cells(head))
    missing = _missing(columns)
    if missing:
        told = "; ".join(f"{one} ({', '.join(COLUMNS[one][:3])})" for one in missing)
        raise ExportError(f"{name} lacks a column for: {told}; docs/simulation.md has the form")
    csv.field_size_limit(LONGEST_CELL)
    too_long: list[int] = []
    rows = csv.reader(_short(file, too_long), delimiter=_separator(head))
    with closing(sqlite3.connect("")) as sorting:  # a file of its own once it outgrows memory
        yield from _put(sorting, rows, columns)
        yield from (Record(line, fault=TOO_LONG) for line in too_long)
        yield from _taken(sorting)


def _short(file: TextIO, too_long: list[int]) -> Iterator[str]:
    """The lines after the head; one that is too long is left out, and its number noted."""
    for number, line in enumerate(lines(file), start=2):
        if line is None:
            too_long.append(number)
        yield (line or "\n").replace("\0", "")


def _put(sorting: sqlite3.Connection, rows: Any, columns: Mapping[str, int]) -> Iterator[Record]:
    sorting.execute("CREATE TABLE said (ticket TEXT, line INTEGER, row TEXT)")
    while True:
        begins = rows.line_num + 2
        try:
            cells = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            lost = f"lines {begins} to {rows.line_num + 1} are lost"
            yield Record(begins, fault=f"no row: {error} (is a quote not closed?); {lost}")
            continue
        if not any(cells):
            continue
        row = {name: cells[place].strip() for name, place in columns.items() if place < len(cells)}
        if not row.get("id"):
            yield Record(rows.line_num + 1, fault="no ticket id in this row")
        else:
            kept = json.dumps(row, ensure_ascii=False)
            sorting.execute("INSERT INTO said VALUES (?, ?, ?)", (row["id"], rows.line_num + 1, kept))
    sorting.execute("CREATE INDEX by_ticket ON said (ticket, line)")


def _taken(sorting: sqlite3.Connection) -> Iterator[Record]:
    tickets = sorting.execute("SELECT ticket, min(line) FROM said GROUP BY ticket ORDER BY 2")
    for ticket, line in tickets:
        rows = sorting.execute("SELECT row FROM said WHERE ticket = ? ORDER BY line", (ticket,))
        yield Record(line, _ticket([json.loads(row) for (row,) in rows]))


def _ticket(rows: list[dict[str, str]]) -> dict[str, Any]:
    first: dict[str, str] = {}
    for row in rows:
        first |= {name: value for name, value in row.items() if value and name not in first}
    messages = [_message(row, first.get("email", "")) for row in rows]
    csat = first.get("csat", "")
    return {
        "id": first["id"],
        "messages": messages,
        "solved": first.get("status", "").casefold() not in OPEN,
        "customer": {"email": first.get("email", "")},
        "csat": float(csat) if csat.replace(".", "", 1).isdecimal() else None,
        **{name: first.get(name, "") for name in ("channel", "subject", "order", "tags", "language", "solved_at")},
    }


def _message(row: Mapping[str, str], email: str) -> dict[str, Any]:
    """Whoever writes from the customer's address is the customer; another address is somebody of the shop."""
    said = row.get("by", "").casefold().replace("-", " ").replace("_", " ")
    by = WHO.get(said) or ("" if "@" not in said else "customer" if said == email.casefold() else "staff")
    public = row.get("public", "").casefold() not in NO
    who = (row.get("name", "") or (said if "@" in said else "")) if by == "staff" else ""
    return {"by": by, "name": who, "text": row.get("text", ""), "at": row.get("at", ""), "public": public}


def _missing(columns: Mapping[str, int]) -> list[str]:
    return [name for name in NEEDED if name not in columns]


def _columns(cells: list[str]) -> dict[str, int]:
    """The first name of each list that is there wins; no cell is two columns."""
    named = [" ".join(one.strip().casefold().replace("_", " ").replace("-", " ").split()) for one in cells]
    return {
        column: next(named.index(name) for name in names if name in named)
        for column, names in COLUMNS.items()
        if any(name in named for name in names)
    }


def _cells(head: str) -> list[str]:
    return next(csv.reader([head], delimiter=_separator(head)), [])


def _separator(head: str) -> str:
    return max(SEPARATORS, key=head.count)
