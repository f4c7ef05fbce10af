"""Reading cases: YAML files of a folder. An error names the file, the case, the key and what would be accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from eval.suite.case import Case
from eval.suite.shop import VARIANTS

SHIPPED = Path(__file__).parent.parent / "cases"
FORM = "a list of cases, or `group: NAME` and `cases:` with the list"


class BadCase(ValueError):
    """A file of cases that cannot be used; the message has every reason."""


def cases_of(folders: Sequence[Path]) -> tuple[Case, ...]:
    """All of the folders, by file and place. Raises `BadCase` with everything that is wrong."""
    found, wrong = [], []
    for file in (file for folder in folders for file in sorted(folder.glob("*.y*ml"))):
        try:
            found += list(read(file))
        except BadCase as error:
            wrong.append(str(error))
    wrong += [f"case {name}: there are {count} of this id" for name, count in _twice(found)]
    if wrong:
        raise BadCase("\n".join(wrong))
    return tuple(found)


def read(file: Path) -> tuple[Case, ...]:
    try:
        given = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)  # the safe one, in C
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise BadCase(f"{file.name}: {error}") from None
    group, listed = _listed(given)
    if listed is None:
        raise BadCase(f"{file.name}: must hold {FORM}")
    made: list[Case] = []
    wrong: list[str] = []
    for place, one in enumerate(listed, 1):
        try:
            made.append(_case(one, group))
        except (ValidationError, ValueError) as error:
            wrong += _told(file, _name(one, place), error)
    if wrong:
        raise BadCase("\n".join(wrong))
    return tuple(made)


def _listed(given: Any) -> tuple[str, list[Any] | None]:
    if isinstance(given, dict) and set(given) <= {"group", "cases"} and isinstance(given.get("cases"), list):
        return str(given.get("group", "")), given["cases"]
    return "", given if isinstance(given, list) else None


def _case(given: Any, group: str) -> Case:
    if group and isinstance(given, dict):
        given = {"group": group, **given}
    made = Case.model_validate(given)
    unknown = [
        one.sku for order in made.shop.orders for one in order.items if one.sku not in VARIANTS and not one.price
    ]
    if unknown:
        known = ", ".join(sorted(VARIANTS)[:4])
        raise ValueError(
            f"shop.orders: no item {unknown[0]!r} in the demo catalogue ({known}, …); or give name and price"
        )
    return made


def _name(given: Any, place: int) -> str:
    return str(given["id"]) if isinstance(given, dict) and "id" in given else f"number {place}"


def _told(file: Path, name: str, error: ValueError) -> Iterator[str]:
    if not isinstance(error, ValidationError):
        yield f"{file.name}: case {name}: {error}"
        return
    for one in error.errors():
        where = ".".join(str(part) for part in one["loc"]) or "case"
        yield f"{file.name}: case {name}: {where}: {one['msg']}"


def _twice(cases: Sequence[Case]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in Counter(one.id for one in cases).items() if count > 1]
