"""The line to the open pages of the desk: one look at the database a second for all of them, and none for nobody.

What other processes wrote is seen by the same look. Between two looks no stream holds a connection or a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from time import monotonic

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.desk import pulse
from api.desk.pulse import Pulse
from tools.orders.database import Database
from tools.orders.model import Clock

LOOK = 1.0
STILL_ALLOWED = 20.0
"""Seconds after which a stream asks whether its person is still signed in."""
COUNTED = 15.0
"""Seconds after which is counted although no stamp changed: what waits can also expire."""
SHARE = 10
"""Counting may take at most this part of the time, however many conversations there are."""
MOST = 500
MOST_OF_ONE = 12

Allowed = Callable[[], bool]


class TooMany(RuntimeError):
    """This person, or this process, has as many open pages as it may."""


class Line:
    """`elsewhere` are channels whose people answer in a helpdesk; `runs` is the stamp of evaluations (Playing)."""

    def __init__(
        self,
        database: Callable[[], Database],
        now: Clock,
        elsewhere: Callable[[], tuple[str, ...]],
        runs: Callable[[], str] = str,
    ) -> None:
        self._database = database
        self._now = now
        self._elsewhere = elsewhere
        self._runs = runs
        self._bells: dict[asyncio.Event, str] = {}
        self._looking: asyncio.Task[None] | None = None
        self._newest: Pulse | None = None
        self._count_after = 0.0
        self._count_by = 0.0

    @property
    def open(self) -> int:
        return len(self._bells)

    def admit(self, who: str) -> None:
        """Raises `TooMany`."""
        if self.open >= MOST or sum(one == who for one in self._bells.values()) >= MOST_OF_ONE:
            raise TooMany(f"{self.open} pages are open")

    async def stream(self, who: str, allowed: Allowed) -> AsyncIterator[Pulse]:
        """What holds now, and again whenever it changed, for as long as the person is `allowed`."""
        asked, last = monotonic(), None
        async with self._listening(who) as bell:
            while True:
                if monotonic() - asked >= STILL_ALLOWED:
                    if not await run_in_threadpool(allowed):
                        return
                    asked = monotonic()
                bell.clear()
                if self._newest and self._newest != last:
                    last = self._newest
                    yield last
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), STILL_ALLOWED)

    @asynccontextmanager
    async def _listening(self, who: str) -> AsyncIterator[asyncio.Event]:
        bell = asyncio.Event()
        self._bells[bell] = who
        if self._looking is None or self._looking.done():
            self._newest = None  # nobody has looked for a while
            self._looking = asyncio.get_running_loop().create_task(self._look())
        try:
            yield bell
        finally:
            del self._bells[bell]

    async def _look(self) -> None:
        """Until nobody listens."""
        while self._bells:
            found = await run_in_threadpool(self._read)
            if found != self._newest:
                self._newest = found
                for bell in self._bells:
                    bell.set()
            await asyncio.sleep(LOOK)

    def _read(self) -> Pulse:
        before, moment, runs = self._newest, monotonic(), self._runs()
        with self._database().read() as db:
            stamps = pulse.stamps(db)
            fresh = before is None or moment >= self._count_by or stamps != before.stamps
            if before and not (fresh and moment >= self._count_after):
                return replace(before, runs=runs)
            return Pulse(stamps, self._counted(db), runs)

    def _counted(self, db: Connection) -> pulse.Counts:
        begun = monotonic()
        found = pulse.counts(db, self._now(), self._elsewhere())
        ended = monotonic()
        self._count_after, self._count_by = ended + SHARE * (ended - begun), ended + COUNTED
        return found
