"""What the shop's other systems are fed with: messages of the outbox, written in the transaction of the change.

A message only says which record of which state; records.py reads it when it is sent. So no address lies in the outbox,
and the same message always says the same. Imports and mirrors feed nobody, as they publish nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from tools.orders import outbox
from tools.orders.rows import fetch
from tools.orders.tables import reservations
from tools.orders.work import CUSTOMER, STOCK, Work

KIND = "system.fed"
What = Literal["orders", "stock", "journal", "customers"]


@dataclass(frozen=True, slots=True)
class Feed:
    """`on` are events, or patterns like `order.*`; journal and stock follow their own rows whatever the event is."""

    system: str
    name: str
    what: What
    on: tuple[str, ...]


def put(work: Work, feeds: Sequence[Feed]) -> None:
    """One message a record that changed, however many events of the command changed it."""
    for feed in feeds:
        for subject in dict.fromkeys(_subjects(work, feed)):
            name = f"{feed.system}:{feed.name}:{subject}" + ("" if feed.what == "journal" else f":{work.sequence}")
            told: dict[str, Any] = {"system": feed.system, "feed": feed.name, "what": feed.what, "subject": subject}
            if feed.what != "journal":
                told |= {"at": work.sequence, "aggregate": work.aggregate}
            outbox.put(work.db, f"fed:{name}", KIND, told, work.now, lane=f"fed:{feed.system}:{_lane(work, subject)}")


def _lane(work: Work, subject: str) -> str:
    """Levels of one variant change by many orders: theirs is a lane of its own."""
    return subject if "\n" in subject else work.aggregate


def _subjects(work: Work, feed: Feed) -> Iterator[str]:
    if feed.what == "journal":
        yield from (row["id"] for row in _written(work, "ledger_transactions"))
    elif feed.what == "stock":
        yield from (f"{sku}\n{location}" for sku, location in _levels(work))
    elif _kind(work) == feed.what and _heard(work, feed.on):
        yield work.aggregate


def _kind(work: Work) -> str:
    beside = {CUSTOMER: "customers", STOCK: "stock"}
    return next((what for before, what in beside.items() if work.aggregate.startswith(before)), "orders")


def _heard(work: Work, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(event["type"], pattern) for event in work.events for pattern in patterns)


def _levels(work: Work) -> Iterator[tuple[str, str]]:
    """Every level that a movement or a reservation of this command touched."""
    for table in ("stock_movements", "reservations"):
        for row in _written(work, table):
            yield row["sku"], row["location_id"]
    for row in fetch(work.db, reservations, id=list(dict.fromkeys(_changed(work, "reservations")))):
        yield row["sku"], row["location_id"]


def _written(work: Work, table: str) -> Iterator[Mapping[str, Any]]:
    for operation, name, *rest in _changes(work):
        if operation == "+" and name == table:
            yield from rest[0]


def _changed(work: Work, table: str) -> Iterator[str]:
    return (rest[0]["id"] for operation, name, *rest in _changes(work) if operation != "+" and name == table)


def _changes(work: Work) -> Iterator[Sequence[Any]]:
    return (change for event in work.events for change in event["changes"])
