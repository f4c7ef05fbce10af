"""Our own keeping of a vendor's rate limit: so many calls in any stretch of time, by all threads of a process together.

A short wait is waited here; a long one is `Limited`, so that the worker does something else meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.errors import Limited
from tools.orders.model import Clock

PATIENCE = timedelta(seconds=2)
FOR_ALL_OF_IT = timedelta(minutes=15)
"""Of a command that reads a whole account, where nobody waits for one ticket."""
AT_ONCE = timedelta()
MOST_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class Limit:
    calls: int
    per: timedelta


class Pace:
    """`take` before each call; `shut` when the vendor itself said to wait; `learn` when it tells its limit."""

    def __init__(
        self, limit: Limit, now: Clock, sleep: Callable[[float], None] = time.sleep, patience: timedelta = PATIENCE
    ) -> None:
        self.patience = patience
        self._limits = {"": limit}
        self._taken: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._now = now
        self._sleep = sleep
        self._shut_until: datetime | None = None
        self._guard = threading.Lock()

    def take(self, *more: tuple[str, Limit]) -> None:
        """One call of the account, and of each limit named in `more` ("ticket 7", 30 in ten minutes).

        Raises `Limited` before anything is taken.
        """
        with self._guard:
            wait = self._wait(dict(more))
        if wait:
            self._sleep(wait.total_seconds())

    def _wait(self, more: dict[str, Limit]) -> timedelta:
        limits, now = self._limits | more, self._now()
        waits = [self._until_free(name, limit, now) for name, limit in limits.items()]
        wait = max([AT_ONCE, *waits, (self._shut_until - now) if self._shut_until else AT_ONCE])
        if wait > self.patience:
            raise Limited("our own keeping of the vendor's rate limit", wait)
        for name in limits:
            self._of(name).append(now + wait)
        return wait

    def _until_free(self, name: str, limit: Limit, now: datetime) -> timedelta:
        taken = self._of(name)
        while len(taken) > limit.calls or (taken and taken[0] + limit.per <= now):
            taken.popleft()
        return taken[0] + limit.per - now if len(taken) >= limit.calls else AT_ONCE

    def _of(self, name: str) -> deque[datetime]:
        taken = self._taken.setdefault(name, deque())
        self._taken.move_to_end(name)
        if len(self._taken) > MOST_KEYS:
            self._taken.popitem(last=False)
        return taken

    def pause(self, wait: timedelta) -> None:
        self._sleep(wait.total_seconds())

    def shut(self, wait: timedelta) -> None:
        with self._guard:
            until = self._now() + wait
            self._shut_until = max(until, self._shut_until or until)

    def learn(self, calls: int) -> None:
        """The vendor's own word on the account's limit, for the same stretch of time."""
        with self._guard:
            self._limits[""] = Limit(max(1, calls), self._limits[""].per)
