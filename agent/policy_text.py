"""shop.toml changed value by value, with its comments and its order kept. What the values mean is agent/policy.py's.

CannotWrite    the value stands in a form that is not changed from outside, over several lines or in dotted keys
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

Scalar = str | int | float | bool
Value = Scalar | list[str]
TABLE = re.compile(r"^\s*\[([^\[\]]+)\]\s*(#.*)?$")
STRING = r'"(?:[^"\\]|\\.)*"|\'[^\']*\''
LIST = rf"\[\s*(?:(?:{STRING})\s*(?:,\s*|(?=\])))*\]"
REST = re.compile(rf"^(?P<value>{STRING}|{LIST}|[^#\s]+)(?P<after>\s*(?:#.*)?)$")


class CannotWrite(ValueError):
    pass


def changed(text: str, values: Mapping[tuple[str, str], Value]) -> str:
    """The text with these values, by table and key. Raises `CannotWrite` where anything else would differ then."""
    made = text
    for (table, key), value in values.items():
        made = _with(made, table, key, literal(value))
    wanted: dict[str, Any] = tomllib.loads(text)
    for (table, key), value in values.items():
        wanted.setdefault(table, {})[key] = value
    if tomllib.loads(made) != wanted:
        raise CannotWrite(f"write it by hand: {', '.join('.'.join(name) for name in values)}")
    return made


def literal(value: Value) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if ord(one) >= 32 and ord(one) != 127 else f"\\u{ord(one):04x}" for one in escaped) + '"'


def comments(text: str) -> Mapping[tuple[str, str], str]:
    """What stands behind each value, by table and key."""
    table, found = "", {}
    for line in text.splitlines():
        if head := TABLE.match(line):
            table = head[1].strip()
        elif "=" in line and not line.lstrip().startswith("#"):
            key, _, rest = line.partition("=")
            if (value := REST.match(rest.strip())) and "#" in value["after"]:
                found[table, key.strip()] = value["after"].strip(" #")
    return found


def _with(text: str, table: str, key: str, value: str) -> str:
    lines = text.splitlines()
    begin = next(
        (at for at, line in enumerate(lines) if (head := TABLE.match(line)) and head[1].strip() == table), None
    )
    if begin is None:
        return "\n".join([*lines, "", f"[{table}]", f"{key} = {value}", ""])
    end = next((at for at in range(begin + 1, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
    for at in range(begin + 1, end):
        name, equals, rest = lines[at].partition("=")
        if equals and name.strip() == key:
            lines[at] = f"{name.rstrip()} = {value}{_after(rest)}"
            return "\n".join(lines) + "\n"
    lines.insert(begin + 1, f"{key} = {value}")
    return "\n".join(lines) + "\n"


def _after(rest: str) -> str:
    """The comment behind the value; raises `CannotWrite` for a value over several lines."""
    found = REST.match(rest.strip())
    if found is None:
        raise CannotWrite("a value over several lines is changed by hand")
    return found["after"]
