"""Webhooks on their way into the inbox: those that come together share one commit; each is told once it is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from connectors import inbox
from tools.orders import watch
from tools.orders.database import Database
from tools.orders.model import Clock

MOST = 200
"""Events of one commit."""


@dataclass(eq=False, slots=True)
class Arrival:
    source: str
    key: str
    conversation: str
    body: str
    trace: str | None = field(default_factory=watch.carried)
    stored: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Arrivals:
    """While one commit is under way the next group gathers; nobody waits for company. One event loop only."""

    def __init__(self, database: Database, now: Clock, quiet: timedelta) -> None:
        self._database = database
        self._now = now
        self._quiet = quiet
        self._waiting: list[Arrival] = []
        self._storing: asyncio.Task[None] | None = None

    async def put(self, source: str, key: str, conversation: str, body: str) -> bool:
        """False when this event was seen before. Returns when it is durable. Raises SQLAlchemyError."""
        arrival = Arrival(source, key, conversation, body)
        self._waiting.append(arrival)
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_all())
        return await arrival.stored

    async def _store_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            await self._store(group)

    async def _store(self, group: Sequence[Arrival]) -> None:
        """One that can not be stored keeps the others from nothing: then each is stored alone."""
        try:
            fresh = await run_in_threadpool(self._written, group)
        except SQLAlchemyError as error:
            if len(group) == 1:
                return _told(group[0], error)
            for one in group:
                await self._store([one])
            return None
        for arrival, was_fresh in zip(group, fresh, strict=True):
            if not arrival.stored.done():
                arrival.stored.set_result(was_fresh)
        return None

    def _written(self, group: Sequence[Arrival]) -> list[bool]:
        now = self._now()
        rows = [
            inbox.row(one.source, one.key, one.conversation, one.body, now, self._quiet, one.trace) for one in group
        ]
        with self._database.write() as db:
            return inbox.put_all(db, rows)


def _told(arrival: Arrival, error: SQLAlchemyError) -> None:
    if not arrival.stored.done():
        arrival.stored.set_exception(error)
