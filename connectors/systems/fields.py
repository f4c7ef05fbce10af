"""Our record under the names and in the forms of another system. Pure; agent/systems/mapping.py read the names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from agent.systems.mapping import Each, Fixed, Node, Ours
from tools.orders.money import Money
from tools.orders.records import Record

FORMS: Mapping[str, Callable[[Any], Any]] = {
    "major": lambda money: str(money.decimal()),
    "minor": lambda money: money.minor,
    "number": lambda given: float(given.decimal()) if isinstance(given, Money) else given,
    "amount": lambda money: f"{money.decimal()} {money.currency}",
    "iso": lambda moment: moment.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    "date": lambda moment: moment.astimezone(UTC).date().isoformat(),
    "epoch": lambda moment: int(moment.timestamp()),
    "text": lambda given: None if given is None else str(given),
    "upper": lambda given: str(given).upper(),
    "lower": lambda given: str(given).lower(),
}
"""Dates are those of UTC."""


def rendered(node: Node, record: Record) -> dict[str, Any]:
    """What is not known (no date of delivery yet) is null there."""
    return {name: _value(one, record) for name, one in node.items()}


def _value(one: Any, record: Record) -> Any:
    if isinstance(one, Fixed):
        return one.value
    if isinstance(one, Ours):
        return _ours(one, record)
    if isinstance(one, Each):
        rows = [{**record, **row} for row in record[one.of]] if one.of else [record]
        return [rendered(one.row, row) for row in rows]
    return rendered(one, record)


def _ours(one: Ours, record: Record) -> Any:
    given = record[one.name]
    if one.values is not None and given is not None:
        word = str(given)
        return one.values.get(word, word if one.otherwise is None else one.otherwise)
    return None if given is None else FORMS[one.form](given)


def path(template: str, record: Record) -> str:
    """A value never leaves its own part of the path: a dot alone would."""
    made = re.sub(r"\{([^{}]+)\}", lambda name: quote(str(record[name[1]]), safe=""), template)
    return "/".join("%2E" * len(part) if part in {".", ".."} else part for part in made.split("/"))


def meant(only: Mapping[str, str | tuple[str, ...]], record: Record) -> bool:
    """Whether the system is told of such a record at all."""
    return all(str(record[name]) in ((word,) if isinstance(word, str) else word) for name, word in only.items())


def table(made: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of a file: objects become `a.b`, the one list becomes rows, and what stands beside it is in each of them."""
    plain = dict(_flat(made, ""))
    lists = {name: rows for name, rows in plain.items() if isinstance(rows, list)}
    if len(lists) != 1:
        return [{name: json.dumps(value) if name in lists else value for name, value in plain.items()}]
    (name, rows), *_ = lists.items()
    beside = {each: value for each, value in plain.items() if each != name}
    return [{**beside, **dict(_flat(row, f"{name}."))} for row in rows]


def _flat(made: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for name, value in made.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def moment_now(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
