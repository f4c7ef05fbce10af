"""How logs are written: to standard error, one line each, with what looks like a card number masked in every value."""

from __future__ import annotations

import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from tools.orders import cards


def masked(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A processor: whatever the logger was given, nested or not."""
    return {name: _masked(value) for name, value in event.items()}


def configure() -> None:
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.processors.format_exc_info,
        masked,
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
    ]
    structlog.configure(processors=processors, logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return cards.masked(value)
    if isinstance(value, dict):
        return {name: _masked(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(one) for one in value]
    return value
