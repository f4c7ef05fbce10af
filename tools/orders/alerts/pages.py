"""Orders looked at by pages, each kept as soon as it was looked at: here, or where there are many by processes beside.

Two processes take half of the time; they cost a second and a half to begin, and each holds a page and the lanes.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from tools.orders.alerts import reading, store
from tools.orders.alerts.detectors import look
from tools.orders.alerts.sight import Sight
from tools.orders.database import Database
from tools.processes import pool

SIZE, MANY, MOST = 4_000, 5, 2
"""Orders of a page, pages from which on processes pay, and how many processes."""
Progress = Callable[[int, int], None]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pages:
    """`many`: from so many pages on other processes look, as far as there are processors."""

    database: Database
    size: int = SIZE
    many: int = MANY

    def look_at(self, ids: Sequence[str], sight: Sight, progress: Progress) -> int:
        """How many alerts are new. A page is one transaction; looking at it again changes nothing."""
        pages = [ids[start : start + self.size] for start in range(0, len(ids), self.size)]
        found = 0
        for number, new in enumerate(self._looked_at(pages, sight), 1):
            found += new
            progress(min(number * self.size, len(ids)), len(ids))
        return found

    def _looked_at(self, pages: Sequence[Sequence[str]], sight: Sight) -> Iterator[int]:
        hands = min(os.cpu_count() or 1, MOST)
        if len(pages) < self.many or hands < 2:
            yield from (_page(self.database, page, sight) for page in pages)
            return
        done = 0
        try:
            with pool(hands, _enter, self.database.where, sight) as beside:
                for new in _in_turn(beside, pages, 2 * hands):
                    done += 1
                    yield new
        except BrokenProcessPool:
            log.warning(
                "watch.processes_ended", pages=len(pages), done=done, remedy="if nobody ended them: more memory"
            )
            yield from (_page(self.database, page, sight) for page in pages[done:])


def _page(database: Database, ids: Sequence[str], sight: Sight) -> int:
    with uncollected():
        with database.read() as db:
            looked = [(one, *look(one, sight)) for one in reading.seen(db, ids, sight.now)]
        with database.write() as db:
            return store.keep(db, looked, sight.now)


def _in_turn(beside: Executor, pages: Sequence[Sequence[str]], at_once: int) -> Iterator[int]:
    """Few are given out at a time: whoever ends this process waits for no more than those."""
    waiting: deque[Future[int]] = deque()
    for page in pages:
        waiting.append(beside.submit(_beside, page))
        if len(waiting) == at_once:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


# -- in a process beside -------------------------------------------------------------------------------------


_here: tuple[Database, Sight] | None = None


def _enter(where: Path | str, sight: Sight) -> None:
    global _here
    _here = Database(where), sight


def _beside(ids: Sequence[str]) -> int:
    assert _here
    database, sight = _here
    return _page(database, ids, sight)


@contextmanager
def uncollected() -> Iterator[None]:
    """Many small objects live for a page: looking for cycles among them again and again costs a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
