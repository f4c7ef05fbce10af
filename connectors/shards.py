"""Large work in shards over all workers: rows of one table, each worked by one at a time, its result kept in the row.

Whoever asks puts the shards, waits for what comes of them, and takes them away again: they may hold customers' words.

ShardFailed    one was given up; the message says why
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, text, update

from connectors import leases
from connectors.tables import leases as held_leases
from connectors.tables import shards
from tools.orders.database import Database
from tools.orders.model import Clock

TASK = "wismo.shard"
ATTEMPTS = 5
"""Workers that may die of one shard before it is given up."""
KEPT = timedelta(days=1)
"""Of a run whose asker died."""
AHEAD = 64
LOOK = 0.5
DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(array_agg(ROW('shards', :task, 0, lock, NULL, args, NULL)"
    "::procrastinate_job_to_defer_v1)) FROM (SELECT 'shard:' || run || ':' || number AS lock, "
    "jsonb_build_object('run', run, 'number', number) AS args FROM shards WHERE state = 'new') waiting "
    "WHERE NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.lock = waiting.lock "
    "AND j.status IN ('todo', 'doing'))"
)
"""A job for each that waits and has none: at once when they are put, and by the sweep for those that lost theirs."""
Work = Callable[[str, Any], Any]
"""(kind, body) to a result; both are JSON. Raises what makes the shard fail."""


class ShardFailed(Exception):
    """`kind` and the reason; names no customer."""


@dataclass(frozen=True, slots=True)
class Shard:
    run: str
    number: int
    kind: str
    body: Any
    attempts: int

    @property
    def lease(self) -> str:
        return f"shard:{self.run}:{self.number}"


# -- who asks -----------------------------------------------------------------------------------------------------


def over_workers(
    database: Database, kind: str, bodies: Iterable[Any], now: Clock, waits: Callable[[], None] = lambda: None
) -> Iterator[tuple[int, Any]]:
    """The number and the result of each shard, as they end; `waits` is called while nothing ends.

    No more than `AHEAD` stand in the table, and none when this ends, however it ends. Raises `ShardFailed`.
    """
    run, left, open_ = uuid4().hex, enumerate(bodies), set[int]()
    try:
        while True:
            open_ |= _put(database, run, kind, list(islice(left, AHEAD - len(open_))), now())
            if not open_:
                return
            ended = _ended(database, run, len(open_))
            if not ended:
                waits()
                time.sleep(LOOK)
            for number, result in ended:
                open_.discard(number)
                yield number, result
    finally:
        with database.write() as db:
            db.execute(delete(shards).where(shards.c.run == run))


def _put(database: Database, run: str, kind: str, bodies: Sequence[tuple[int, Any]], now: datetime) -> set[int]:
    rows = [
        {"run": run, "number": number, "kind": kind, "body": json.dumps(body), "at": now.isoformat()}
        for number, body in bodies
    ]
    if rows:
        with database.write() as db:
            db.execute(insert(shards).values(state="new", attempts=0), rows)
            defer(db)
    return {number for number, _ in bodies}


def _ended(database: Database, run: str, open_: int) -> list[tuple[int, Any]]:
    """Numbers and results; they are taken out of the table."""
    with database.read() as db:
        rows = db.execute(select(shards).where(shards.c.run == run).order_by(shards.c.number)).all()
    if len(rows) < open_:
        raise ShardFailed("the run was taken away by an erasure of personal data, or for its age: begin it again")
    for row in rows:
        if row.state == "failed":
            raise ShardFailed(f"{row.kind}: {row.error}")
    done = [row for row in rows if row.state == "done"]
    if done:
        with database.write() as db:
            numbers = [row.number for row in done]
            db.execute(delete(shards).where(shards.c.run == run, shards.c.number.in_(numbers)))
    return [(row.number, json.loads(row.result)) for row in done]


def under_way(database: Database, now: datetime) -> int:
    """How many shards somebody works on."""
    held = held_leases.c.name.like("shard:%") & (held_leases.c.until > now.isoformat())
    with database.read() as db:
        return int(db.execute(select(func.count()).select_from(held_leases).where(held)).scalar_one())


# -- who works ----------------------------------------------------------------------------------------------------


def defer(db: Connection) -> None:
    if db.dialect.name == "postgresql":
        db.execute(DEFER, {"task": TASK})


def claim(db: Connection, run: str, number: int, holder: str, now: datetime) -> Shard | None:
    """None when it is done, gone, or somebody is at it. One that killed its workers is given up."""
    row = db.execute(select(shards).where(*_this(run, number), shards.c.state == "new")).one_or_none()
    if row is None:
        return None
    one = Shard(run, number, row.kind, json.loads(row.body), row.attempts + 1)
    if not leases.take(db, one.lease, holder, now):
        return None
    if one.attempts > ATTEMPTS:
        _end(db, one, holder, {"state": "failed", "error": f"{ATTEMPTS} workers died of it"})
        return None
    db.execute(update(shards).where(*_this(run, number)).values(attempts=one.attempts))
    return one


def settle(db: Connection, one: Shard, holder: str, result: Any) -> None:
    _end(db, one, holder, {"state": "done", "result": json.dumps(result)})


def fail(db: Connection, one: Shard, holder: str, error: str) -> None:
    """It would fail anywhere: the same body gives the same error."""
    _end(db, one, holder, {"state": "failed", "error": error[:500]})


def give_back(db: Connection, one: Shard, holder: str, *, died: bool = False) -> None:
    """Not done: whoever is next. `died`: the process that computed it did, which counts."""
    _end(db, one, holder, {"attempts": one.attempts - (not died)})


def forget_old(db: Connection, now: datetime) -> None:
    db.execute(delete(shards).where(shards.c.at < (now - KEPT).isoformat()))


def _end(db: Connection, one: Shard, holder: str, values: Mapping[str, object]) -> None:
    """Only by whoever still holds it: one that slept through its lease changes nothing."""
    if leases.give_back(db, one.lease, holder):
        db.execute(update(shards).where(*_this(one.run, one.number), shards.c.state == "new").values(**values))


def _this(run: str, number: int) -> tuple[ColumnElement[bool], ...]:
    return (shards.c.run == run, shards.c.number == number)
