"""shop.toml's [connectors]: the shop's other systems, what each is told, and what it may tell. No secret, no sending.

mapping.py reads how a record's fields are named there; connectors/systems does what is declared here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from agent.systems import mapping
from agent.systems.mapping import Argument, MappingError, Node
from tools.orders.fed import Feed, What
from tools.orders.records import CATALOGUE
from tools.orders.registry import COMMANDS

CREDENTIAL = r"^$|^WISMO_CONNECTOR_[A-Z0-9_]+$"
"""Only such variables are sent anywhere: a policy that somebody edits can not name another secret."""
FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,60}")
NAME = r"^[a-z][a-z0-9_-]{0,30}$"
DEFAULT_EVENTS: Mapping[What, tuple[str, ...]] = {
    "orders": ("order.placed", "order.released"),
    "customers": ("customer.*",),
    "stock": (),
    "journal": (),
}
Taken = Literal[
    "count_stock",
    "receive_stock",
    "start_fulfilment",
    "advance_fulfilment",
    "ship_order",
    "record_scan",
    "hold_order",
    "release_order",
]
"""What another system may do here: nothing that moves money or takes an order back."""
Credential = Annotated[str, Field(pattern=CREDENTIAL)]


class Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sent(Table):
    """One kind of record that the system is told; `what` is the table's own name unless it says otherwise.

    `on` are the events that tell it; `only` are our fields and the values that a record must have to be told.
    """

    what: What | Literal[""] = ""
    on: tuple[str, ...] = ()
    only: Mapping[str, str | tuple[str, ...]] = Field(default_factory=dict)
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    path: str = Field("", pattern=r"^$|^/[^?#\s]*$")
    fields: Mapping[str, Any] = Field(min_length=1)


class Received(Table):
    """One kind of record that the system tells us, and the command that it becomes.

    `rows` is where the list stands in a larger body; `key` are their fields that together name a change; `when` are
    their fields and the values that a record must have to be meant.
    """

    command: Taken
    by: Literal["webhook", "poll", "file"] = "webhook"
    path: str = Field("", pattern=r"^$|^/[^#\s]*$")
    rows: str = ""
    key: tuple[str, ...] = ()
    when: Mapping[str, str] = Field(default_factory=dict)
    fields: Mapping[str, Any] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> Received:
        if self.by != "webhook" and not self.key:
            raise ValueError('key is missing: their fields that name a change, like ["sku", "updated_at"]')
        if self.by == "poll" and not self.path:
            raise ValueError("path is missing: what is asked for, like /stock")
        return self

    @cached_property
    def arguments(self) -> Mapping[str, Argument]:
        return mapping.arguments(self.fields, "fields", mapping.accepted_by(COMMANDS[self.command]))


class System(BaseModel):
    """A table that is none of the keys below says what the system is told; `take` says what it tells us."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Sent]

    kind: Literal["rest", "webhook", "csv"]
    url: str = Field("", pattern=r"^$|^https?://[^\s/@?#]+(/[^\s?#]*)?$")
    folder: str = ""
    auth: Literal["bearer", "basic", "header", "none"] = "bearer"
    header: str = Field("X-Api-Key", pattern=r"^[A-Za-z0-9-]{1,60}$")
    token: Credential = ""
    secret: Credential = ""
    headers: Mapping[str, str] = Field(default_factory=dict)
    take: Mapping[str, Received] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _no_other_key(cls, given: object) -> object:
        """A key that is no table would be taken for a record's name, and told as something else."""
        for name, value in given.items() if isinstance(given, Mapping) else ():
            if name not in cls.model_fields and not isinstance(value, Mapping | Sent):
                raise ValueError(f"{name}: no such key; accepted: {', '.join(cls.model_fields)}, or a table of records")
        return given

    @field_validator("folder")
    @classmethod
    def _inside_the_home(cls, given: str) -> str:
        if given and not FOLDER.fullmatch(given):
            raise ValueError(f"{given!r} is no folder of its own inside `systems` of the home; write a name like erp")
        return given

    @model_validator(mode="after")
    def _whole(self) -> System:
        """Everything that would only be found out when the first record is to leave."""
        if self.kind == "csv" and not self.folder:
            raise ValueError("folder is missing: where its files are, in `systems` of the home")
        if self.kind != "csv" and not self.url and (self.sent or self._asks("poll")):
            raise ValueError("url is missing: https://…")
        if (self.kind == "webhook" or self._asks("webhook")) and not self.secret:
            raise ValueError("secret is missing: the name of a variable, WISMO_CONNECTOR_…, that holds it")
        if self._asks("file") and not self.folder:
            raise ValueError("folder is missing: where its files come")
        try:
            for name in self.sent:
                self.tree(name)
            for each, one in self.take.items():
                _located(f"take.{each}", one)
        except MappingError as error:
            raise ValueError(str(error)) from None
        return self

    def _asks(self, by: str) -> bool:
        return any(one.by == by for one in self.take.values())

    @property
    def sent(self) -> Mapping[str, Sent]:
        return self.__pydantic_extra__

    def what(self, name: str) -> What:
        """Raises `MappingError`."""
        said = self.sent[name].what or name
        for what in CATALOGUE:
            if what == said:
                return what
        raise MappingError(f"{name}: what is missing; accepted: {', '.join(CATALOGUE)}")

    def tree(self, name: str) -> Node:
        """How the record is named there. Raises `MappingError`."""
        what = self.what(name)
        one = self.sent[name]
        mapping.in_path(one.path, f"{name}.path", CATALOGUE[what])
        mapping.plain(one.only, f"{name}.only", CATALOGUE[what])
        return mapping.root(one.fields, f"{name}.fields", CATALOGUE[what])

    def feeds(self, system: str) -> Iterator[Feed]:
        for name, one in self.sent.items():
            what = self.what(name)
            yield Feed(system, name, what, one.on or DEFAULT_EVENTS[what])


def _located(where: str, one: Received) -> None:
    try:
        mapping.must_be_given(COMMANDS[one.command], one.arguments)
    except MappingError as error:
        raise MappingError(f"{where}.{error}") from None


Systems = Mapping[Annotated[str, Field(pattern=NAME)], System]


def feeds_of(systems: Mapping[str, System]) -> tuple[Feed, ...]:
    return tuple(feed for name, system in systems.items() for feed in system.feeds(name))
