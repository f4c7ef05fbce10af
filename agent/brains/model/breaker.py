"""A server that is down is left alone: after so many failures in a row nothing is asked until it has cooled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic


class Breaker:
    """One a process and server. After the cooling one call tries; the others wait for what it finds."""

    def __init__(self, failures: int, cooling: float, clock: Callable[[], float] = monotonic) -> None:
        """`cooling` in seconds of `clock`."""
        self._most, self._cooling, self._clock = failures, cooling, clock
        self._failed, self._until = 0, 0.0
        self._lock = threading.Lock()

    def lets_through(self) -> bool:
        with self._lock:
            if self._failed < self._most:
                return True
            now = self._clock()
            if now < self._until:
                return False
            self._until = now + self._cooling  # this one tries
            return True

    def went_well(self) -> None:
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        with self._lock:
            self._failed += 1
            self._until = self._clock() + self._cooling
