"""How a record's fields are called at another system: read from shop.toml once, and refused with the key that is wrong.

Out: a name there is one of ours ("total"), one of ours in a form ("total as minor"), a table {from, as, values,
otherwise}, or {value} that never changes; a table is an object there; a list of one table is one row for each of ours.
In: an argument of ours is a place there ("item.code"), a table {from, values, otherwise}, or {value}.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from string import Formatter
from typing import Any

from tools.orders.commands import Command
from tools.orders.records import LISTS, Type

FORMS: Mapping[Type, tuple[str, ...]] = {
    "money": ("major", "minor", "number", "amount"),
    "moment": ("iso", "date", "epoch"),
    "text": ("text", "upper", "lower"),
    "number": ("number", "text"),
}
"""The first of each is what stands without a form: "19.90", 2026-11-20T12:00:00Z. `amount` is "19.90 EUR"."""
LEAF = frozenset({"from", "as", "values", "otherwise"})
EACH = frozenset({"each", "sku", "quantity"})
PLACES = frozenset({"order", "units"})
"""Arguments that are found out here: the order by its number, units of lines by their sku."""


class MappingError(ValueError):
    """Names the key, and what would be accepted."""


@dataclass(frozen=True, slots=True)
class Fixed:
    value: Any


@dataclass(frozen=True, slots=True)
class Ours:
    """`values` are by our own word; a word that is not there is `otherwise`, or stays as it is where there is none."""

    name: str
    form: str
    values: Mapping[str, Any] | None = None
    otherwise: Any = None


@dataclass(frozen=True, slots=True)
class Each:
    """`of` is one of our lists; empty: one row, of the record itself."""

    of: str
    row: Node


Node = Mapping[str, "Node | Each | Ours | Fixed"]


@dataclass(frozen=True, slots=True)
class Theirs:
    """A place in their record, dotted. A word that is not in `values` is refused when it comes."""

    place: str
    values: Mapping[str, Any] | None = None
    otherwise: Any = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Units by sku: the list in their record, and its two fields."""

    each: str
    sku: str
    quantity: str


Argument = Fixed | Theirs | Rows


# -- out -----------------------------------------------------------------------------------------------------


def tree(given: Mapping[str, Any], where: str, catalogue: Mapping[str, Type]) -> Node:
    """Raises `MappingError`."""
    return {name: _node(value, f"{where}.{name}", catalogue) for name, value in given.items()}


def root(given: Mapping[str, Any], where: str, catalogue: Mapping[str, Type]) -> Node:
    """A whole record. Raises `MappingError`."""
    made = tree(given, where, catalogue)
    for name in _names(made):
        if name.partition(".")[0] in LISTS:
            raise MappingError(f"{where}: {name} is in many rows; write it in a list: [[connectors.….fields.rows]]")
    return made


def _node(value: Any, where: str, catalogue: Mapping[str, Type]) -> Any:
    if isinstance(value, str):
        name, _, form = value.partition(" as ")
        return _ours(name.strip(), form.strip(), where, catalogue)
    if isinstance(value, list):
        return _each(value, where, catalogue)
    if not isinstance(value, Mapping):
        raise MappingError(f"{where}: write one of our fields, or {{ value = {value!r} }} for what never changes")
    if set(value) == {"value"}:
        return Fixed(value["value"])
    if "from" in value and set(value) <= LEAF and isinstance(value["from"], str):
        made = _ours(value["from"], str(value.get("as", "")), where, catalogue)
        return Ours(made.name, made.form, _values(value, where), value.get("otherwise"))
    return tree(value, where, catalogue)


def _ours(name: str, form: str, where: str, catalogue: Mapping[str, Type]) -> Ours:
    if name not in catalogue:
        near = get_close_matches(name, catalogue, 3, 0.5)
        meant = f"; meant {' or '.join(near)}?" if near else ";"
        raise MappingError(f"{where}: no such field {name!r}{meant} accepted: {', '.join(catalogue)}")
    forms = FORMS[catalogue[name]]
    if form and form not in forms:
        raise MappingError(f"{where}: {name} has no form {form!r}; accepted: {', '.join(forms)}")
    return Ours(name, form or forms[0])


def _values(value: Mapping[str, Any], where: str) -> Mapping[str, Any] | None:
    given = value.get("values")
    if given is not None and not isinstance(given, Mapping):
        raise MappingError(f'{where}.values: write {{ ours = "theirs" }}')
    return given


def _each(value: list[Any], where: str, catalogue: Mapping[str, Type]) -> Each:
    if len(value) != 1 or not isinstance(value[0], Mapping):
        raise MappingError(f"{where}: a list holds one table, which is repeated for each of our rows")
    row = tree(value[0], where, catalogue)
    named = {name.partition(".")[0] for name in _names(row)} & set(LISTS)
    if len(named) > 1:
        raise MappingError(f"{where}: rows of one list only, not of {' and '.join(sorted(named))}")
    return Each(named.pop() if named else "", row)


def _names(node: Node) -> Iterator[str]:
    """Ours that a row names itself; what stands in a list of its own is that list's affair."""
    for one in node.values():
        if isinstance(one, Ours):
            yield one.name
        elif isinstance(one, Mapping):
            yield from _names(one)


def in_path(path: str, where: str, catalogue: Mapping[str, Type]) -> None:
    """Raises `MappingError` for a {field} that is none of ours, or one of many."""
    try:
        names = [name for _, name, *_ in Formatter().parse(path) if name is not None]
    except ValueError:
        raise MappingError(f"{where}: a brace that is not closed") from None
    plain(names, where, catalogue)


def plain(names: Iterable[str], where: str, catalogue: Mapping[str, Type]) -> None:
    """Raises `MappingError` for what is no field of the record itself."""
    known = [name for name in catalogue if name.partition(".")[0] not in LISTS]
    for name in names:
        if name not in known:
            raise MappingError(f"{where}: no such field {name!r}; accepted: {', '.join(known)}")


# -- in ------------------------------------------------------------------------------------------------------


def accepted_by(command: type[Command]) -> Mapping[str, bool]:
    """Arguments of a command by name, as another system may give them; true where one is needed."""
    known = {name: field.is_required() for name, field in command.model_fields.items()}
    if known.pop("order_id", False):
        known["order"] = True
    return known | ({"work_id": False} if "work_id" in known else {})


def arguments(given: Mapping[str, Any], where: str, accepted: Mapping[str, bool]) -> Mapping[str, Argument]:
    """Raises `MappingError`."""
    for name in given:
        if name not in accepted:
            raise MappingError(f"{where}.{name}: no such argument; accepted: {', '.join(accepted)}")
    return {name: _argument(value, f"{where}.{name}", name) for name, value in given.items()}


def _argument(value: Any, where: str, name: str) -> Argument:
    if name == "units":
        if not isinstance(value, Mapping) or set(value) != EACH:
            raise MappingError(f'{where}: write {{ each = "items", sku = "code", quantity = "count" }}')
        return Rows(**{part: str(place) for part, place in value.items()})
    if isinstance(value, str):
        return Theirs(value)
    if isinstance(value, Mapping) and set(value) == {"value"}:
        return Fixed(value["value"])
    if isinstance(value, Mapping) and "from" in value and set(value) <= LEAF - {"as"}:
        return Theirs(str(value["from"]), _values(value, where), value.get("otherwise"))
    raise MappingError(f"{where}: write a place in their record, {{ from, values, otherwise }}, or {{ value }}")


def must_be_given(command: type[Command], given: Mapping[str, Argument]) -> None:
    """Raises `MappingError`."""
    accepted = accepted_by(command)
    missing = [name for name, needed in accepted.items() if needed and name not in given]
    if missing:
        raise MappingError(f"fields: {', '.join(missing)} missing; {command.name} takes {', '.join(accepted)}")
