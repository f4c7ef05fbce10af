"""How logs are written: to standard error, one line each, ours and the libraries', with secrets and people masked.

What looks like a card number, an e-mail address or a token is masked in every value, wherever it stands, and so is
whatever is called a token, a code, a password.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from tools.orders import cards, watch

CALLED = r"(?:[a-z_\-]*(?:token|secret|password|passwd|api[_\-]?key|authorization|cookie)|code|otp)"
NAMED = re.compile(CALLED, re.IGNORECASE)
MASKS = (
    (re.compile(r"[^\s@<>\"'(),;:=\[\]{}]+@[^\s@<>\"'(),;:=\[\]{}]+\.[^\s@<>\"'(),;:=\[\]{}.]+"), "[email]"),
    (re.compile(r"\beyJ[\w\-]{5,}\.[\w\-]+\.?[\w\-]*"), "[jwt]"),
    (re.compile(r"\bwsm_[\w\-]{8,}"), "[token]"),
    (re.compile(r"\b(Bearer|Basic)\s+(?!\[)[\w\-.~+/=]{3,}", re.IGNORECASE), r"\1 [hidden]"),
    # What tokens without a prefix look like: 32 random bytes in base64, with letters of both cases and digits.
    (re.compile(r"(?<![\w\-])(?=[\w\-]*[a-z])(?=[\w\-]*[A-Z])(?=[\w\-]*\d)[\w\-]{43}(?![\w\-])"), "[token]"),
    (
        re.compile(rf"\b({CALLED})(['\"]?\s*[=:]\s*)(?!\[|Bearer|Basic)(['\"]?)[^\s'\",;&)}}]+\3", re.IGNORECASE),
        r"\1\2[hidden]",
    ),
)


def masked(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A processor: whatever the logger was given, nested or not."""
    return {name: _named(name, value) for name, value in event.items()}


def hidden(text: str) -> str:
    """The text without what must not be in a log."""
    text = cards.masked(text)
    for pattern, shown in MASKS:
        text = pattern.sub(shown, text)
    return text


def with_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A processor: the id of the trace that the line belongs to, where traces are kept (api/operating/tracing.py)."""
    carried = watch.carried()
    return event if carried is None else {**event, "trace": carried.split("-")[1]}


BEFORE: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    with_trace,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
    structlog.processors.format_exc_info,
    structlog.processors.UnicodeDecoder(),
]


def configure(stream: TextIO | None = None, level: int = logging.WARNING) -> None:
    """Once a process, by the commands that run for long. `level` is of the libraries; our own lines all pass."""
    out = stream or sys.stderr
    last: list[Processor] = [masked, structlog.dev.ConsoleRenderer(colors=out.isatty())]
    structlog.configure(processors=[*BEFORE, *last], logger_factory=structlog.PrintLoggerFactory(out))
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one, LibraryLines)]
    root.addHandler(LibraryLines(out, last))
    root.setLevel(level)


class LibraryLines(logging.StreamHandler[TextIO]):
    """What libraries log by the standard library, through the same masks, tracebacks included."""

    def __init__(self, stream: TextIO, last: list[Processor]) -> None:
        super().__init__(stream)
        processors = [ProcessorFormatter.remove_processors_meta, *last]
        self.setFormatter(ProcessorFormatter(processors=processors, foreign_pre_chain=BEFORE))


def _named(name: str, value: Any) -> Any:
    return "[hidden]" if value and NAMED.fullmatch(str(name)) else _masked(value)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, bytes):
        return hidden(value.decode("utf-8", "replace"))
    if isinstance(value, dict):
        return {hidden(str(name)): _named(name, one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else hidden(str(value))
