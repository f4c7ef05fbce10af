"""How types, defaults and rows stand in a page."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

MADE = "This page is made from the code by `python -m api.upkeep.reference`; a test fails when it drifts."
PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path", SecretStr: "secret"}


def kind_of(given: Any) -> str:
    """In words: "one of `ask`, `implied`", "list of text"."""
    origin, inner = typing.get_origin(given), typing.get_args(given)
    if origin is Annotated:
        return kind_of(inner[0])
    if origin is Literal:
        return "one of " + ", ".join(f"`{one}`" for one in inner)
    if origin in (Union, types.UnionType):
        return kind_of(next(one for one in inner if one is not type(None))) + ", or nothing"
    if origin is tuple:
        return f"list of {kind_of(inner[0])}"
    if origin is not None and issubclass(origin, Mapping):
        return f"table: {kind_of(inner[0])} to {kind_of(inner[1])}"
    return _plain(given)


def _plain(given: Any) -> str:
    if given in PLAIN:
        return PLAIN[given]
    if isinstance(given, type) and issubclass(given, Enum):
        return "intent" if given.__name__ == "Intent" else "one of " + ", ".join(f"`{one.value}`" for one in given)
    if isinstance(given, type) and issubclass(given, BaseModel):
        return "table of " + ", ".join(f"`{name}`" for name in given.model_fields)
    return str(getattr(given, "__name__", given))


def default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "none"
    value = field.default_factory() if callable(field.default_factory) else field.default  # type: ignore[call-arg]
    if isinstance(value, SecretStr | Mapping) or value in ("", (), None, PydanticUndefined):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`" + ", ".join(map(str, value)) + "`"
    return f"`{value}`"


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *(f"| {' | '.join(map(cell, row))} |" for row in rows)])
