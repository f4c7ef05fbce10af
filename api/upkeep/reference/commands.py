"""docs/reference/command-line.md: every command of `wismo`, its arguments and options, as `--help` has them."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from api.upkeep.reference.told import MADE, table

HEAD = f"""# The command line

JSON goes to standard output, everything else to standard error; `-` reads standard input. Exit codes: 0 done, 1 some
lines failed or something does not hold, 2 unusable input. What goes in and comes out: [integrate.md](../integrate.md).
{MADE}
"""


def page() -> str:
    from api.cli import app

    return "\n".join([HEAD, *(_section(path, one) for path, one in every(typer.main.get_command(app)))])


def every(command: Any, path: str = "wismo") -> Iterator[tuple[str, Any]]:
    """Groups that do something of their own stand before what is in them."""
    if not isinstance(command, TyperGroup):
        yield path, command
        return
    if command.invoke_without_command:
        yield path, command
    for name, inner in sorted(command.commands.items()):
        if not inner.hidden:
            yield from every(inner, f"{path} {name}")


def _section(path: str, command: Any) -> str:
    rows = [_row(one) for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]
    listed = table(("argument or option", "default", "what"), rows) if rows else ""
    return "\n".join(filter(None, [f"## {path}\n", f"{_text(command.help)}\n", f"{listed}\n" if listed else ""]))


def _text(words: str | None) -> str:
    """Without the form feed behind which typer hides things."""
    return (words or "").partition("\f")[0].strip()


def _row(one: Any) -> tuple[str, str, str]:
    default = one.default
    said = "" if callable(default) or default in (None, False, "", (), []) or one.required else f"`{default}`"
    return _name(one), "required" if one.required else said, _text(getattr(one, "help", "")) or ""


def _name(one: Any) -> str:
    if one.param_type_name == "argument":
        return f"`{one.metavar or (one.name or '').upper()}`"
    takes = "" if one.is_flag else f" {one.metavar or _kind(one.type_descriptor.annotation)}"
    return ", ".join(f"`{name}{takes}`" for name in (*one.opts, *one.secondary_opts))


def _kind(annotation: Any) -> str:
    inner = [one for one in typing.get_args(annotation) if one is not type(None)]
    named = _kind(inner[0]) if inner else getattr(annotation, "__name__", "TEXT").upper()
    return {"STR": "TEXT", "INT": "NUMBER", "FLOAT": "NUMBER", "DATETIME": "DATE"}.get(named, named)
