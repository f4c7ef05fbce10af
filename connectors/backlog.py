"""The inbox and the outbox as people see them: what waits, what was given up and why; again, or away with a reason.

BacklogError
├── NoSuchItem    nothing has this key
└── NotPossible   it has, but this may not be done to it; the message says what may
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, Table, case, func, insert, select, update

from connectors.tables import handled, inbox
from tools.orders.columns import Moment
from tools.orders.tables import outbox

MONEY = "payment."
"""Kinds whose answer the ledger waits for."""


class BacklogError(Exception):
    """The message names no customer."""


class NoSuchItem(BacklogError):
    pass


class NotPossible(BacklogError):
    pass


class State(StrEnum):
    DEAD = "dead"
    WAITING = "waiting"
    DONE = "done"
    DROPPED = "dropped"


OPEN = (State.DEAD, State.WAITING)


@dataclass(frozen=True, slots=True)
class Box:
    """`kind` and `since` are names of columns; `waiting` and `done` what the table calls these states."""

    name: str
    table: Table
    kind: str
    since: str
    waiting: str
    done: str


INBOX = Box("inbox", inbox, "source", "received_at", "new", "done")
OUTBOX = Box("outbox", outbox, "kind", "created_at", "due", "sent")


@dataclass(frozen=True, slots=True)
class Item:
    """`id` is what commands take: SOURCE/KEY in the inbox, the key in the outbox."""

    id: str
    kind: str
    state: State
    attempts: int
    since: datetime
    due_at: datetime
    error: str | None
    conversation: str | None
    body: Any


@dataclass(frozen=True, slots=True)
class Count:
    kind: str
    state: State
    number: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Handled:
    what: str
    by: str
    reason: str
    at: datetime


def listed(
    db: Connection,
    box: Box,
    states: Sequence[State] = OPEN,
    kind: str | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> tuple[Item, ...]:
    """What was given up stands first, then the oldest. `before`: only what came before that moment."""
    columns = box.table.c
    wanted = select(box.table).where(_in_states(box, states))
    if kind:
        wanted = wanted.where(columns[box.kind] == kind)
    if before:
        wanted = wanted.where(columns[box.since] < _as_kept(box, before))
    first = case((columns.state == "dead", 0), else_=1)
    rows = db.execute(wanted.order_by(first, columns[box.since], columns.key).limit(limit))
    return tuple(_item(box, row) for row in rows)


def counts(db: Connection, box: Box, states: Sequence[State] = tuple(State)) -> tuple[Count, ...]:
    """By kind and state, with the moment of the oldest."""
    columns = box.table.c
    kind, since = columns[box.kind], columns[box.since]
    rows = db.execute(
        select(kind, columns.state, func.count(), func.min(since))
        .where(_in_states(box, states))
        .group_by(kind, columns.state)
        .order_by(kind)
    )
    found: dict[tuple[str, State], Count] = {}
    for name, state, number, oldest in rows:
        one = Count(name, _state(box, state), number, _moment(oldest))
        before = found.get((one.kind, one.state))
        found[one.kind, one.state] = _together(one, before) if before else one
    return tuple(found.values())


def one(db: Connection, box: Box, id: str) -> Item:  # noqa: A002
    """Raises `NoSuchItem`."""
    row = db.execute(select(box.table).where(*_this(box, id))).one_or_none()
    if row is None:
        raise NoSuchItem(f"nothing in the {box.name} is called {id}; see: wismo {box.name} list")
    return _item(box, row)


def again(db: Connection, box: Box, item: Item, by: str, now: datetime, even_if_done: bool = False) -> None:
    """Due now, with all its attempts before it. Raises `NotPossible`."""
    if item.state is State.DONE:
        _may_be_repeated(box, item, even_if_done)
    values = {"state": box.waiting, "attempts": 0, "due_at": _as_kept(box, now)}
    db.execute(update(box.table).where(*_this(box, item.id)).values(**values))
    _note(db, box, item, Handled("replayed", by, "", now))


def drop(db: Connection, box: Box, item: Item, by: str, reason: str, now: datetime) -> None:
    """It stays where it is, and is not worked any more. Raises `NotPossible`."""
    if item.state in {State.DONE, State.DROPPED}:
        raise NotPossible(f"{item.id} is {item.state.value} already")
    if item.kind.startswith(MONEY):
        raise NotPossible(
            f"{item.id} moves money, and the ledger waits for the provider's answer: replay it, or record what the "
            "provider says (RecordPaymentResult at /v1/orders/commands)"
        )
    db.execute(update(box.table).where(*_this(box, item.id)).values(state=State.DROPPED.value))
    _note(db, box, item, Handled("dropped", by, reason, now))


def history(db: Connection, box: Box, item: Item) -> tuple[Handled, ...]:
    """What people did with it, oldest first."""
    rows = db.execute(
        select(handled).where(handled.c.box == box.name, handled.c.item == item.id).order_by(handled.c.at)
    )
    return tuple(Handled(row.what, row.by, row.reason, datetime.fromisoformat(row.at)) for row in rows)


def remedy(box: Box, item: Item) -> str:
    """What to do about one that was given up, by what it failed of."""
    told = item.error or ""
    retry = f"wismo {box.name} replay {item.id}"
    for beginning, remedy in REMEDIES.items():
        if told.startswith(beginning):
            return f"{remedy}: {retry}"
    return f"mend what the reason names, then {retry}; or wismo {box.name} drop {item.id} --reason …"


def overdue(db: Connection, box: Box, now: datetime, than: timedelta) -> tuple[int, timedelta]:
    """How many wait although they came longer ago than this, and how old the oldest of all is."""
    since = box.table.c[box.since]
    waits = _in_states(box, (State.WAITING,))
    number = select(func.count()).select_from(box.table).where(waits, since < _as_kept(box, now - than))
    oldest = db.execute(select(func.min(since)).where(waits)).scalar()
    return int(db.execute(number).scalar_one()), now - _moment(oldest) if oldest else timedelta()


REMEDIES: Mapping[str, str] = {
    "nobody is connected": "connect it (wismo doctor says what is missing), then",
    "Unauthorized": "give Wismo access again (wismo doctor says where), then",
    "Unreachable": "it did not answer for all that time; when it does again",
    "Limited": "it takes no more from us for now; later",
    "Conflict": "it changed at every try; once more",
    "Rejected": "it was refused as it is; change the setting that the reason names, then",
}


def _may_be_repeated(box: Box, item: Item, even_if_done: bool) -> None:
    if not even_if_done:
        raise NotPossible(f"{item.id} was worked already; its receiver knows the key, so with --even-if-done it may be")
    if box is OUTBOX and not item.body:
        raise NotPossible(f"{item.id} was a secret; its words were forgotten when it left")


def _note(db: Connection, box: Box, item: Item, what: Handled) -> None:
    values = {"id": uuid4().hex, "box": box.name, "item": item.id, "what": what.what, "by": what.by}
    db.execute(insert(handled).values(**values, reason=what.reason, at=what.at.isoformat()))


def _this(box: Box, id: str) -> tuple[ColumnElement[bool], ...]:  # noqa: A002
    if box is OUTBOX:
        return (box.table.c.key == id,)
    source, _, key = id.partition("/")
    return (box.table.c.source == source, box.table.c.key == key)


def _item(box: Box, row: Row[Any]) -> Item:
    known = row._mapping
    id = known["key"] if box is OUTBOX else f"{known['source']}/{known['key']}"  # noqa: A001
    return Item(
        id,
        known[box.kind],
        _state(box, known["state"]),
        known["attempts"],
        _moment(known[box.since]),
        _moment(known["due_at"]),
        known["last_error"],
        known.get("conversation"),
        known["body"],
    )


def _state(box: Box, kept: str) -> State:
    """What is neither ended nor given up waits, whatever the worker calls the hour of its work."""
    return State.DONE if kept == box.done else State(kept) if kept in {"dead", "dropped"} else State.WAITING


def _in_states(box: Box, states: Sequence[State]) -> ColumnElement[bool]:
    kept = box.table.c.state
    named = [name for state in states for name in _kept_as(box, state)]
    if State.WAITING not in states:
        return kept.in_(named)
    return kept.in_(named) | kept.not_in([name for state in State for name in _kept_as(box, state)])


def _kept_as(box: Box, state: State) -> Iterator[str]:
    yield {State.WAITING: box.waiting, State.DONE: box.done}.get(state, state.value)


def _together(one: Count, other: Count) -> Count:
    return Count(one.kind, one.state, one.number + other.number, min(one.oldest, other.oldest))


def _as_kept(box: Box, moment: datetime) -> datetime | str:
    return moment if isinstance(box.table.c.due_at.type, Moment) else moment.isoformat()


def _moment(kept: datetime | str) -> datetime:
    return kept if isinstance(kept, datetime) else datetime.fromisoformat(kept)
