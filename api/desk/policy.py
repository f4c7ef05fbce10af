"""shop.toml at the desk: its values as fields, saving, history, undo. What a change would do: preview.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

from filelock import FileLock
from pydantic import BaseModel
from sqlalchemy import Connection, func, insert, select

from agent import policy_text
from agent.policy import PolicyError, default_text, load_text
from agent.policy_text import CannotWrite, Scalar
from agent.tables import policies
from api import noticing
from api.wiring import House

TABLES = (
    *("autonomy", "caps", "confirm", "rollout", "terms", "identity", "risk", "voice"),
    *("handoff", "limits", "understanding", "retention", "cost"),
)
KEPT = 50


class NotSaved(ValueError):
    """The message says why, and what would be accepted."""


@dataclass(frozen=True, slots=True)
class Field:
    """A value of shop.toml as a form shows it. `choices` are all that is accepted, where that is a short list."""

    table: str
    key: str
    value: str
    kind: Literal["text", "whole", "number", "choice"]
    choices: tuple[str, ...]
    says: str

    @property
    def name(self) -> str:
        return f"{self.table}.{self.key}"


@dataclass(frozen=True, slots=True)
class Saved:
    number: int
    version: str
    by: str
    why: str
    at: datetime


def fields(text: str, path: Path) -> tuple[Field, ...]:
    """Raises `PolicyError`."""
    said, standing = policy_text.comments(default_text()), load_text(text, path)
    return tuple(one for table in TABLES for one in _of_table(table, getattr(standing, table), said))


def written(text: str, path: Path, form: Mapping[str, str]) -> str:
    """The text with what the form changes. Raises `NotSaved` with every value that does not fit."""
    values: dict[tuple[str, str], Scalar] = {}
    for field in fields(text, path):
        given = form.get(field.name, field.value).strip()
        if given != field.value:
            values[field.table, field.key] = _read(field, given)
    try:
        made = policy_text.changed(text, values)
        load_text(made, path)
    except (CannotWrite, PolicyError) as error:
        raise NotSaved(str(error)) from None
    return made


def differences(before: str, after: str, path: Path) -> tuple[tuple[str, str, str], ...]:
    """Name, value before, value after."""
    values = {one.name: one.value for one in fields(before, path)}
    return tuple(
        (one.name, values[one.name], one.value) for one in fields(after, path) if values[one.name] != one.value
    )


def save(house: House, version: str, text: str, by: str, why: str) -> None:
    """Holds from the next message on. Raises `NotSaved` when the file is not the one that was shown any more."""
    path = house.shop_file
    with FileLock(path.with_suffix(".lock")):
        standing = path.read_text(encoding="utf-8")
        if load_text(standing, path).version != version:
            raise NotSaved("shop.toml was changed meanwhile: open the page again and repeat your change")
        with house.database.write() as db:
            if not _newest(db):
                _keep(db, standing, version, "the file", "as it was before the desk changed it", house.now())
            number = _keep(db, text, load_text(text, path).version, by, why, house.now())
        noticing.replace(path, text)
        noticing.remember(path, number)
    house.reread()


def history(db: Connection) -> tuple[Saved, ...]:
    """The newest first."""
    rows = db.execute(select(policies).order_by(policies.c.number.desc()).limit(KEPT)).mappings()
    return tuple(
        Saved(row["number"], row["version"], row["by"], row["why"], datetime.fromisoformat(row["at"])) for row in rows
    )


def text_of(db: Connection, number: int) -> str | None:
    found: str | None = db.execute(select(policies.c.text).where(policies.c.number == number)).scalar()
    return found


def _newest(db: Connection) -> int:
    return db.execute(select(func.max(policies.c.number))).scalar() or 0


def _keep(db: Connection, text: str, version: str, by: str, why: str, now: datetime) -> int:
    number = _newest(db) + 1
    row = {"number": number, "version": version, "text": text, "by": by, "why": why}
    db.execute(insert(policies), row | {"at": now.isoformat()})
    return number


def _of_table(table: str, values: BaseModel, said: Mapping[tuple[str, str], str]) -> Iterator[Field]:
    for key, given in type(values).model_fields.items():
        made = _kind(given.annotation)
        if made:
            says = said.get((table, key)) or given.description or ""
            yield Field(table, key, _shown(getattr(values, key)), made[0], made[1], says)


def _kind(kind: Any) -> tuple[Literal["text", "whole", "number", "choice"], tuple[str, ...]] | None:
    """None for what is no single value: lists and tables of their own are changed in the file."""
    if get_origin(kind) is Literal:
        return "choice", tuple(map(str, get_args(kind)))
    if get_origin(kind) is UnionType or kind not in (bool, int, float, str):
        return None
    if kind is bool:
        return "choice", ("true", "false")
    return ("whole" if kind is int else "number" if kind is float else "text"), ()


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(field: Field, given: str) -> Scalar:
    try:
        if field.kind == "whole":
            return int(given)
        if field.kind == "number":
            return float(given)
    except ValueError:
        raise NotSaved(f"{field.name}: {given[:50]!r} is not a {field.kind} number") from None
    if field.choices and given not in field.choices:
        raise NotSaved(f"{field.name}: {given[:50]!r} is none of {', '.join(field.choices)}")
    return given == "true" if field.choices == ("true", "false") else given
