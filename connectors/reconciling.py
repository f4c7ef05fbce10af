"""Events never come, sometimes: each helpdesk is asked now and then what changed, and what never knocked is put in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, func, insert, select, update

from connectors import inbox
from connectors.errors import ConnectorError
from connectors.tables import inbox as events
from connectors.tables import polls
from tools.orders.database import Database
from tools.orders.model import Clock

Changed = Callable[[datetime], Iterable[tuple[str, str]]]
"""The conversations that changed since a moment: their ids, each with the stamp of its state, a moment if possible."""
OVERLAP = timedelta(minutes=5)
"""Helpdesks list a change a little after it was made."""
FIRST = timedelta(hours=1)
log = structlog.get_logger()


class Reconciling:
    """`sources` by the name that their events have in the inbox."""

    def __init__(self, database: Database, sources: Mapping[str, Changed], now: Clock, every: timedelta) -> None:
        self._database = database
        self._sources = sources
        self._now = now
        self._every = every

    def run_once(self) -> int:
        """How many events had never come. A helpdesk that can not be asked is asked again next time, from there on."""
        return sum(self._asked(source) for source in self._sources)

    def _asked(self, source: str) -> int:
        now = self._now()
        with self._database.read() as db:
            until = _until(db, source) or now - FIRST
        if now - until < self._every:
            return 0
        try:
            changed = tuple(self._sources[source](until - OVERLAP))
        except ConnectorError as error:
            log.warning("reconciling.not_asked", source=source, error=f"{type(error).__name__}: {error}")
            return 0
        with self._database.write() as db:
            put = sum(_put(db, source, conversation, stamp, now) for conversation, stamp in changed)
            _asked_until(db, source, now)
        if put:
            log.info("reconciling.found", source=source, events=put)
        return put


def _put(db: Connection, source: str, conversation: str, stamp: str, now: datetime) -> bool:
    if _came_after(db, source, conversation, stamp):
        return False
    body = json.dumps({"reconciled": stamp})
    return inbox.put(db, source, f"reconciled:{conversation}:{stamp}", conversation, body, now)


def _came_after(db: Connection, source: str, conversation: str, stamp: str) -> bool:
    """An event that came after the change has made, or will make, us look at it."""
    changed = _moment(stamp)
    if changed is None:
        return False
    last = db.execute(
        select(func.max(events.c.received_at)).where(events.c.source == source, events.c.conversation == conversation)
    ).scalar()
    return last is not None and datetime.fromisoformat(last) >= changed


def _moment(stamp: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return read if read.tzinfo else None


def _until(db: Connection, source: str) -> datetime | None:
    found = db.execute(select(polls.c.until).where(polls.c.source == source)).scalar()
    return datetime.fromisoformat(found) if found else None


def _asked_until(db: Connection, source: str, now: datetime) -> None:
    changed = db.execute(update(polls).where(polls.c.source == source).values(until=now.isoformat()))
    if changed.rowcount == 0:
        db.execute(insert(polls), {"source": source, "until": now.isoformat()})
