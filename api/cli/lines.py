"""Reading JSONL as people send it, and the exit codes: 0 done, 1 some lines failed, 2 unusable input."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer
from pydantic import BaseModel, ValidationError

Shape = TypeVar("Shape", bound=BaseModel)
LARGEST_LINE = 4_000_000


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    data: bytes


class BadLine(ValueError):
    """One line that cannot be used; says why and what would be accepted."""


def say(text: str) -> None:
    """Everything that is not the answer goes to standard error."""
    typer.echo(text, err=True)


def can_be_written(file: Path | None) -> None:
    """Told before the work whose result is to stand there."""
    if file and (file.is_dir() or not file.parent.is_dir()):
        unusable(f"cannot write {file}: {'it is a folder' if file.is_dir() else f'no folder {file.parent}'}")


def unusable(text: str) -> NoReturn:
    say(f"error: {text}")
    raise typer.Exit(2)


def put(record: dict[str, Any]) -> None:
    """One JSON line to standard output, at once."""
    typer.echo(json.dumps(record, ensure_ascii=False))


def lines_of(path: str) -> Iterator[Line]:
    """Non-empty lines with their numbers; `-` is standard input. A file that is no text ends the command with 2."""
    raw = bytes_of(path)
    if b"\x00" in raw[:4096]:
        unusable(f"{path} is not a text file in UTF-8 (it holds zero bytes)")
    numbered = enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1)
    return (Line(number, line.strip()) for number, line in numbered if line.strip())


def bytes_of(path: str) -> bytes:
    """`-` is standard input. A file that cannot be read ends the command with 2."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        unusable(f"cannot read {path}: {error.strerror or error}")


def parsed(line: Line, shape: type[Shape]) -> Shape:
    """Raises `BadLine`."""
    if len(line.data) > LARGEST_LINE:
        raise BadLine(f"the line is longer than {LARGEST_LINE:,} bytes")
    record = _object(line)
    try:
        return shape.model_validate(record)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc'])) or 'line'}: {e['msg'].lower()}" for e in error.errors()[:5])
        raise BadLine("; ".join(wrong)) from None


def _object(line: Line) -> dict[str, Any]:
    try:
        record = json.loads(line.data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadLine(f"not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise BadLine(f"not JSON: {error}") from None
    if not isinstance(record, dict):
        raise BadLine("not a JSON object")
    return record


def each_line(path: str, shape: type[Shape], work: Callable[[Line, Shape], None], keep_going: bool) -> NoReturn:
    """Run `work` on every line in order; ends the command with the contract's exit code."""
    failed = 0
    for line in lines_of(path):
        try:
            work(line, parsed(line, shape))
        except BadLine as error:
            failed += 1
            say(f"error: {path} line {line.number}: {error}")
            if not keep_going:
                say("stopped here; --keep-going skips bad lines")
                break
    raise typer.Exit(1 if failed else 0)
