"""Alerts and lanes as they are kept: written once an event, by many at once; read by order, by what they wait for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, RowMapping, Select, delete, func, select, update

from tools.orders import driver, tables
from tools.orders.alerts.calibration import Calibration, Learned, Nearing
from tools.orders.alerts.kinds import Found, Kind
from tools.orders.alerts.lanes import Counts, Lanes
from tools.orders.alerts.seen import Seen
from tools.orders.work import moment

ALERTS = tables.alerts
WAITING = "waiting"
COLUMNS = (
    *(
        "order_id",
        "customer_id",
        "kind",
        "event",
        "at",
        "since",
        "promised_at",
        "chance",
        "earliest",
        "latest",
        "facts",
    ),
    *("state", "word"),
)
TYPES = ("text", "text", "text", "text", "text", "text", "text", "int", "text", "text", "text", "text", "text")


@dataclass(frozen=True, slots=True)
class Alert:
    """`word` is what became of it for the customer, `message` the message that told it."""

    id: int
    order_id: str
    customer_id: str
    kind: Kind
    event: str
    at: datetime
    since: datetime
    promised_at: datetime | None
    chance: float | None
    earliest: datetime | None
    latest: datetime | None
    facts: Mapping[str, Any]
    state: str
    word: str
    word_at: datetime | None
    message: str | None

    def as_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}


def _alert(row: RowMapping) -> Alert:
    chance = None if row["chance"] is None else row["chance"] / 1000
    rest = {name: row[name] for name in Alert.__slots__ if name not in {"kind", "chance"}}
    return Alert(kind=Kind(row["kind"]), chance=chance, **rest)


# -- writing -------------------------------------------------------------------------------------------------


def keep(db: Connection, looked: Sequence[tuple[Seen, Sequence[Found], datetime | None]], now: datetime) -> int:
    """What was found and when each order is to be looked at again; how many alerts are new or hold again."""
    ids = [seen.id for seen, *_ in looked]
    known = _open(db, ids)
    fresh = [
        _row(seen, one, now)
        for seen, found, _ in looked
        for one in found
        if (one.kind, one.event) not in known[seen.id]
    ]
    _many(db, "alerts", COLUMNS, TYPES, fresh, "(order_id, kind, event) DO UPDATE SET state = 'open', closed_at = NULL")
    _close(db, looked, known, now)
    rows = [(seen.id, seen.version, seen.promise, _text(due)) for seen, _, due in looked]
    columns = ("order_id", "version", "promised_at", "due_at")
    again = "(order_id) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
    _many(db, "watched", columns, ("text", "int", "text", "text"), rows, again)
    return len(fresh)


def _open(db: Connection, ids: Sequence[str]) -> dict[str, dict[tuple[str, str], int]]:
    """By order."""
    found: dict[str, dict[tuple[str, str], int]] = {one: {} for one in ids}
    sql = "SELECT order_id, kind, event, id FROM alerts WHERE state = 'open' AND order_id {ids}"
    for order, kind, event, name in driver.of_many(db, sql, ids):
        found[order][kind, event] = name
    return found


def _close(
    db: Connection,
    looked: Sequence[tuple[Seen, Sequence[Found], datetime | None]],
    known: Mapping[str, Mapping[tuple[str, str], int]],
    now: datetime,
) -> None:
    """A moved promise is news until the customer was told of it; everything else ends when it holds no more."""
    over = []
    for seen, found, _ in looked:
        holds = {(one.kind.value, one.event) for one in found}
        over += [
            name
            for (kind, event), name in known[seen.id].items()
            if (kind, event) not in holds and not (kind == Kind.BACK_ORDER_MOVED and seen.open_units)
        ]
    for start in range(0, len(over), 500):
        db.execute(
            update(ALERTS).where(ALERTS.c.id.in_(over[start : start + 500])).values(state="closed", closed_at=now)
        )


def _row(seen: Seen, one: Found, now: datetime) -> tuple[Any, ...]:
    chance = None if one.chance is None else round(one.chance * 1000)
    facts = json.dumps(dict(one.facts), sort_keys=True)
    days = (_text(seen.promised_at), chance, _text(one.earliest), _text(one.latest))
    return (
        seen.id,
        seen.customer,
        one.kind.value,
        one.event,
        moment(now),
        moment(one.at),
        *days,
        facts,
        "open",
        WAITING,
    )


def _many(
    db: Connection,
    table: str,
    columns: Sequence[str],
    types: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    again: str,
) -> None:
    """All of them in one statement on PostgreSQL; on SQLite one statement that is prepared once."""
    if not rows:
        return
    names = ", ".join(columns)
    if db.dialect.name == "postgresql":
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        sql = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) ON CONFLICT {again}"
        driver.write(db, table, sql, [tuple(list(column) for column in zip(*rows, strict=True))])
        return
    marks = ", ".join("?" * len(columns))
    driver.write(db, table, f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT {again}", rows)


def _text(value: datetime | None) -> str | None:
    return moment(value) if value else None


def word(db: Connection, ids: Iterable[int], said: str, now: datetime, message: str | None = None) -> int:
    """What became of alerts that still wait; how many did. Whoever comes second changes nothing."""
    still = ALERTS.c.id.in_(list(ids)) & (ALERTS.c.word == WAITING)
    return db.execute(update(ALERTS).where(still).values(word=said, word_at=now, message=message)).rowcount


# -- reading -------------------------------------------------------------------------------------------------


def of_order(db: Connection, order: str) -> tuple[Alert, ...]:
    """Oldest first."""
    return _all(db, select(ALERTS).where(ALERTS.c.order_id == order).order_by(ALERTS.c.at, ALERTS.c.id))


def told_of(db: Connection, order: str) -> Alert | None:
    """The last that the customer was told of about this order."""
    told = select(ALERTS).where(ALERTS.c.order_id == order, ALERTS.c.word == "told")
    return next(iter(_all(db, told.order_by(ALERTS.c.word_at.desc(), ALERTS.c.id.desc()).limit(1))), None)


def of_message(db: Connection, message: str) -> tuple[Alert, ...]:
    return _all(db, select(ALERTS).where(ALERTS.c.message == message).order_by(ALERTS.c.id))


def waiting(db: Connection, limit: int) -> tuple[Alert, ...]:
    """Of customers that have something open to hear of, all that waits; oldest first, so many alerts at most."""
    oldest = select(ALERTS).where(ALERTS.c.word == WAITING, ALERTS.c.state == "open")
    return _all(db, oldest.order_by(ALERTS.c.at, ALERTS.c.id).limit(limit))


def newest(db: Connection, limit: int = 50, kind: str | None = None, word: str | None = None) -> tuple[Alert, ...]:
    wanted = select(ALERTS).order_by(ALERTS.c.at.desc(), ALERTS.c.id.desc()).limit(limit)
    if kind:
        wanted = wanted.where(ALERTS.c.kind == kind)
    if word:
        wanted = wanted.where(ALERTS.c.word == word)
    return _all(db, wanted)


def between(db: Connection, since: datetime, until: datetime) -> tuple[Alert, ...]:
    return _all(db, select(ALERTS).where(ALERTS.c.at >= since, ALERTS.c.at < until).order_by(ALERTS.c.id))


def counts(db: Connection, since: datetime, until: datetime) -> Mapping[tuple[str, str], int]:
    """By kind and what became of it."""
    rows = select(ALERTS.c.kind, ALERTS.c.word, func.count()).where(ALERTS.c.at >= since, ALERTS.c.at < until)
    return {(row[0], row[1]): row[2] for row in db.execute(rows.group_by(ALERTS.c.kind, ALERTS.c.word))}


def stale(db: Connection, now: datetime) -> int:
    """What holds no more before anybody was told of it is told to nobody."""
    gone = (ALERTS.c.word == WAITING) & (ALERTS.c.state == "closed")
    return db.execute(update(ALERTS).where(gone).values(word="stale", word_at=now)).rowcount


def _all(db: Connection, rows: Select[Any]) -> tuple[Alert, ...]:
    return tuple(map(_alert, db.execute(rows).mappings()))


# -- marks and lanes -----------------------------------------------------------------------------------------


def mark(db: Connection, name: str) -> Any:
    return db.execute(select(tables.watch_marks.c.value).where(tables.watch_marks.c.name == name)).scalar()


def put_mark(db: Connection, name: str, value: Any) -> None:
    row = (name, json.dumps(value))
    _many(db, "watch_marks", ("name", "value"), ("text", "text"), [row], "(name) DO UPDATE SET value = excluded.value")


def put_learned(db: Connection, learned: Learned) -> None:
    db.execute(delete(tables.lanes))
    rows = [
        (lane, milestone, json.dumps(_sparse(one.arrived)), json.dumps(_sparse(one.open)))
        for (lane, milestone), one in learned.lanes.counts.items()
    ]
    for start in range(0, len(rows), 5_000):
        some = rows[start : start + 5_000]
        _many(db, "lanes", ("lane", "milestone", "arrived", "open"), ("text",) * 4, some, "DO NOTHING")
    put_mark(db, "calibrations", [list(learned.under_way.knots.items()), learned.unsent.knots])


def load_learned(db: Connection) -> Learned:
    kept = driver.read(db, "SELECT lane, milestone, arrived, open FROM lanes", ())
    counts = {(lane, name): Counts(_dense(arrived), _dense(still)) for lane, name, arrived, still in kept}
    under_way, unsent = mark(db, "calibrations") or ((), ())
    nearing = {hours: tuple(map(tuple, knots)) for hours, knots in under_way}
    return Learned(Lanes(counts), Nearing(nearing), Calibration(tuple(map(tuple, unsent))))


def _sparse(counts: Any) -> list[list[int]]:
    return [[int(place), int(counts[place])] for place in np.flatnonzero(counts)]


def _dense(text: str) -> Any:
    made = Counts().arrived
    for place, count in json.loads(text):
        made[place] = count
    return made
