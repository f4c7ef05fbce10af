"""Live streams: each waits for its conversation to have something new, and costs nothing while it has not.

Turns of this process wake their streams at once; what other processes wrote (a worker, a command) is looked for once
in `LOOK` seconds, in one query for all open streams.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from starlette.concurrency import run_in_threadpool

from api.widget import events, visitors
from api.widget.events import Event
from api.widget.visitors import Visitor
from tools.orders.database import Database
from tools.orders.model import Clock

LOOK = 0.5
STILL_ALLOWED = 20.0
"""Seconds after which a quiet stream asks whether its visit still holds."""
MOST = 2_000
MOST_OF_VISITOR = 12


class TooMany(RuntimeError):
    """This visitor, or this process, has as many open streams as it may."""


class Hub:
    def __init__(self, database: Callable[[], Database], now: Clock) -> None:
        self._database = database
        self._now = now
        self._bells: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._of_visitor: dict[str, int] = defaultdict(int)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self._seen: dict[str, int] = {}

    @property
    def open(self) -> int:
        return sum(self._of_visitor.values())

    def woken(self, conversation: str) -> None:
        """From any thread."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring, conversation)

    def admit(self, visitor: Visitor) -> None:
        """Raises `TooMany`."""
        if self.open >= MOST or self._of_visitor.get(visitor.digest, 0) >= MOST_OF_VISITOR:
            raise TooMany(f"{self.open} streams are open")

    async def stream(self, visitor: Visitor, after: int) -> AsyncIterator[Event]:
        """Events after this number, for as long as the visit holds."""
        async with self._listening(visitor) as bell:
            while True:
                bell.clear()
                found = await run_in_threadpool(self._read, visitor, after)
                if found is None:
                    return
                for event in found:
                    yield event
                    after = event.sequence
                if not found:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(bell.wait(), STILL_ALLOWED)

    def _read(self, visitor: Visitor, after: int) -> tuple[Event, ...] | None:
        """None once the visit is over."""
        with self._database().read() as db:
            if visitors.of_digest(db, visitor.digest, self._now()) is None:
                return None
            return events.after(db, visitor.conversation, after)

    @asynccontextmanager
    async def _listening(self, visitor: Visitor) -> AsyncIterator[asyncio.Event]:
        bell, conversation = asyncio.Event(), visitor.conversation
        self._loop = asyncio.get_running_loop()
        self._bells[conversation].add(bell)
        self._of_visitor[visitor.digest] += 1
        if self._looking is None or self._looking.done():
            self._looking = self._loop.create_task(self._look())
        try:
            yield bell
        finally:
            self._bells[conversation].discard(bell)
            if not self._bells[conversation]:
                del self._bells[conversation]
            self._of_visitor[visitor.digest] -= 1
            if not self._of_visitor[visitor.digest]:
                del self._of_visitor[visitor.digest]

    async def _look(self) -> None:
        """Until nobody listens."""
        while self._bells:
            await asyncio.sleep(LOOK)
            newest = await run_in_threadpool(self._newest, tuple(self._bells))
            for conversation, sequence in newest.items():
                if self._seen.get(conversation) != sequence:
                    self._ring(conversation)
            self._seen = dict(newest)

    def _newest(self, conversations: tuple[str, ...]) -> dict[str, int]:
        with self._database().read() as db:
            return dict(events.lasts(db, conversations))

    def _ring(self, conversation: str) -> None:
        for bell in self._bells.get(conversation, ()):
            bell.set()
