"""An export's file to its records, one at a time: JSON Lines, a JSON array, or an object that holds one.

ExportError      the whole file cannot be used; says what would be accepted
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

PART = 1 << 16
LONGEST = 32_000_000
"""Characters of one record: a ticket with hundreds of messages has a few millions."""
TOO_LONG = f"a line longer than {LONGEST:,} characters"
LISTS = "tickets|conversations|results|data|items"
HOLDS_LIST = re.compile(
    rf'\A\s*\{{(?:\s*"[\w.]+"\s*:\s*(?:"[^"]*"|[\d.]+|null|true|false)\s*,)*\s*"(?:{LISTS})"\s*:\s*\['
)
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
AS_WINDOWS = "wismo-as-windows-1252"
"""Name of the error handler for `open`: what is no UTF-8 is Windows-1252."""
ARCHIVES = {b"PK\x03\x04": "a ZIP archive", b"\x1f\x8b": "a gzip archive"}


class ExportError(ValueError):
    """The message names the remedy and no customer."""


@dataclass(frozen=True, slots=True)
class Record:
    """`value` is any JSON value; `fault` says why there is none. `line` is where it begins, from 1."""

    line: int
    value: Any = None
    fault: str = ""


def records(path: Path, *, lenient: bool = False) -> Iterator[Record]:
    """Raises `ExportError`. In JSON Lines a broken line is a record with a fault; a broken array ends there.

    `lenient`: in a file of mixed encodings, bytes that are no UTF-8 are read as Windows-1252.
    """
    try:
        with path.open(encoding=encoding_of(path), newline=None, errors=AS_WINDOWS if lenient else "strict") as file:
            yield from _of(file)
    except UnicodeError:
        raise ExportError(f"{path.name} is not text in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise ExportError(f"cannot read {path}: {error.strerror or error}") from None


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError) or error.encoding != "utf-8":
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(AS_WINDOWS, _as_windows)


def encoding_of(path: Path) -> str:
    """By the file's mark; UTF-8 without one. Raises `ExportError` for what is no text."""
    with path.open("rb") as file:
        head = file.read(8)
    for mark, what in ARCHIVES.items():
        if head.startswith(mark):
            raise ExportError(f"{path.name} is {what}; unpack it and name the file inside")
    if head.lstrip().startswith(b"<"):
        raise ExportError(f"{path.name} is XML or HTML; export as JSON (docs/learning.md)")
    return next((encoding for mark, encoding in MARKS if head.startswith(mark)), "utf-8")


def _of(file: TextIO) -> Iterator[Record]:
    head = file.read(PART)
    wrapped = HOLDS_LIST.match(head)
    file.seek(0)
    if not head.strip():
        return
    if wrapped and not _is_a_ticket(head):
        yield from _array(file, wrapped.end() - 1)
    elif head.lstrip().startswith("["):
        yield from _array(file, head.index("["))
    else:
        yield from _lines(file)


def _is_a_ticket(head: str) -> bool:
    """A Freshdesk ticket holds a list of conversations too, but has an id of its own before it."""
    return bool(re.match(r'\A[^\[]*"id"\s*:', head))


def lines(file: TextIO) -> Iterator[str | None]:
    """Each with its end. None for one that is longer than `LONGEST`: it is never in memory as a whole."""
    while line := file.readline(LONGEST):
        whole = len(line) < LONGEST or line[-1] in "\r\n"
        while not whole and (rest := file.readline(PART)):
            whole = rest[-1] in "\r\n"
            line = ""
        yield line or None


def _lines(file: TextIO) -> Iterator[Record]:
    for number, line in enumerate(lines(file), start=1):
        if line is None:
            yield Record(number, fault=TOO_LONG)
            continue
        if not line.strip():
            continue
        try:
            yield Record(number, json.loads(line))
        except (ValueError, RecursionError) as error:
            yield Record(number, fault=f"not JSON: {_said(error)}")


def _array(file: TextIO, start: int) -> Iterator[Record]:
    """Item by item, with no more of the file in memory than one of them."""
    decoder, line, text = json.JSONDecoder(), 1, ""
    skipped = file.read(start + 1)
    line += skipped.count("\n")
    while True:
        text, line, ended = _next_item(file, text, line)
        if ended is not None:
            if ended:
                yield Record(line, fault=ended)
            return
        try:
            value, end = decoder.raw_decode(text)
        except (ValueError, RecursionError) as error:
            more = file.read(max(PART, len(text)))  # twice as much each time: a long item is not read again and again
            if more and len(text) <= LONGEST:
                text += more
                continue
            yield Record(line, fault=f"not JSON: {_said(error)}; what follows cannot be read")
            return
        yield Record(line, value)
        line += text.count("\n", 0, end)
        text = text[end:]


def _next_item(file: TextIO, text: str, line: int) -> tuple[str, int, str | None]:
    """The text from the next item on. Third: None there is one, "" the array ended, else what is wrong."""
    while True:
        rest = text.lstrip(" \t\r\n,")
        line += text.count("\n", 0, len(text) - len(rest))
        if rest:
            return rest, line, "" if rest.startswith("]") else None
        text = file.read(PART)
        if not text:
            return "", line, "the array is not closed: the file is cut off"


def _said(error: ValueError | RecursionError) -> str:
    """Without the place that json names: it counts within what was read of the file."""
    return error.msg.lower() if isinstance(error, json.JSONDecodeError) else "nested too deeply"
