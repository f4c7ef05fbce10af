"""The shop's own commands: what each is called, what it opens, and that a key has one effect (I8).

A verb is a function of (work, command) that writes rows and events and tells its result as plain JSON. What it refuses
it raises as `Refused`; the door (service.py) rolls back and tells that as a value.

IdempotencyConflict   this key was used before for something else
KeyMissing            a command needs a key
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from tools.orders import work as works
from tools.orders.agreement import Ruling
from tools.orders.model import Actor, OrderId
from tools.orders.rows import fetch
from tools.orders.tables import commands
from tools.orders.work import Direct, Work

Units = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Minor = Annotated[int, Field(strict=True, ge=0, le=10**12, description="Minor units of the order's currency.")]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class IdempotencyConflict(ValueError):
    pass


class KeyMissing(ValueError):
    pass


class Command(BaseModel):
    """Base of all commands; a field that is not known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str]

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        """Raises KeyError when what it names is not there."""
        raise NotImplementedError


class OnOrder(Command):
    order_id: OrderId

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        return works.on_order(db, self.order_id, actor, now, key)


class OnStock(Command):
    sku: Name
    location_id: Name = "main"

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        return works.on_stock(db, self.sku, actor, now, key)


class OnCustomer(Command):
    customer_id: Name

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        return works.on_customer(db, self.customer_id, actor, now, key)


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did: its result, and the types of the events that it appended."""

    result: Mapping[str, Any]
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the rules did not allow; nothing was written."""

    ruling: Ruling


Verb = Callable[[Work, Any], Mapping[str, Any]]
VERBS: dict[type[Command], Verb] = {}


V = TypeVar("V", bound=Verb)


def verb(command: type[Command]) -> Callable[[V], V]:
    """Registers what a command does; its name is the function's."""

    def registered(function: V) -> V:
        command.name = function.__name__
        VERBS[command] = function
        return function

    return registered


def earlier(db: Connection, key: str, fingerprint: str) -> Mapping[str, Any] | None:
    """What this key did before, or None. Raises `IdempotencyConflict`, `KeyMissing`.

    On PostgreSQL two that come at once with one key wait for each other here.
    """
    if not key.strip():
        raise KeyMissing("an idempotency key is needed")
    if db.dialect.name == "postgresql":
        db.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
    found = fetch(db, commands, key=key)
    if not found:
        return None
    if found[0]["fingerprint"] != fingerprint:
        raise IdempotencyConflict(f"the key {key!r} was used for another {found[0]['command']}")
    result: Mapping[str, Any] = found[0]["result"]
    return result


def remember(
    db: Connection,
    key: str,
    fingerprint: str,
    command: str,
    order: str | None,
    result: Mapping[str, Any],
    at: datetime,
) -> None:
    row = {"key": key, "fingerprint": fingerprint, "command": command, "order_id": order, "result": result, "at": at}
    Direct(db).insert(commands, [row])


def fingerprint_of(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
