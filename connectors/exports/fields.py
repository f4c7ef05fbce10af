"""Fields of a record as exports really hold them: missing, null, a number where text is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Fields = Mapping[str, Any]
LARGEST = 10**15


class Malformed(ValueError):
    """A record that is no ticket of its vendor; the message quotes no value."""


def text(record: Fields, *names: str) -> str:
    """The first that is there and not empty; lone surrogates, which JSON can carry, are replaced."""
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value.strip():
            return value.encode("utf-8", "replace").decode()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def number(record: Fields, name: str) -> float | None:
    """None for what is no number, and for one that no float holds."""
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LARGEST:
        return None
    return float(value)


def inner(record: Fields, name: str) -> Fields:
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def listed(record: Fields, name: str) -> Iterator[Fields]:
    """Raises `Malformed` where something else than a list stands."""
    value = record.get(name)
    if value is not None and not isinstance(value, list):
        raise Malformed(f"{name} must be a list")
    return (one for one in value or () if isinstance(one, Mapping))


def words(record: Fields, name: str) -> tuple[str, ...]:
    """A list of text, or text with blanks or commas between."""
    value = record.get(name)
    if isinstance(value, str):
        return tuple(re.split(r"[\s,]+", value.strip())) if value.strip() else ()
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def identity(record: Fields, *names: str) -> str:
    """Raises `Malformed`."""
    found = text(record, *names)
    if not found:
        raise Malformed(f"{names[0]} is missing")
    return found
