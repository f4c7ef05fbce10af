"""The watch: first every order, then only those that changed or whose time has come.

What changed is found by the moment that its events were recorded at, with an hour's overlap (hosts' clocks differ, an
import commits late), and told from what was seen already by the order's version. Once a day all versions are compared:
whatever the overlap missed is looked at then. So the cost of a look goes by changes, not by orders.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tools.orders import driver
from tools.orders.alerts import learning, reading, store
from tools.orders.alerts.calibration import Learned
from tools.orders.alerts.detectors import look
from tools.orders.alerts.limits import Limits
from tools.orders.alerts.seen import Seen
from tools.orders.alerts.sight import Sight
from tools.orders.database import Database
from tools.orders.model import Clock
from tools.orders.work import moment

PAGE = 4_000
OVERLAP = timedelta(hours=1)
DAY = timedelta(days=1)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Look:
    """`orders` were looked at, of which `changed` had events and the others' time had come; `alerts` are new."""

    orders: int = 0
    changed: int = 0
    alerts: int = 0
    whole: bool = False


class Watch:
    """`zone` is the shop's: where its weekdays begin."""

    def __init__(
        self,
        database: Database,
        limits: Callable[[], Limits],
        zone: Callable[[], ZoneInfo],
        now: Clock,
        progress: Progress = lambda *_: None,
        learned_for: timedelta = DAY,
    ) -> None:
        self._database = database
        self._limits = limits
        self._zone = zone
        self._now = now
        self._progress = progress
        self._learned_for = learned_for
        self._learned: tuple[str, Learned] | None = None

    def run(self, whole: bool = False) -> Look:
        """One look, alone over all processes. `whole`: every order, whatever was seen of it before."""
        with self._database.alone("watch"):
            now = self._now()
            learned = self.learned(now)
            with self._database.read() as db:
                changed, due, everything = self._wanted(db, now, whole)
            sight = Sight(now, self._limits(), learned, self._zone())
            alerts = self._look_at([*changed, *due], sight)
            self._remember(now, everything)
        return Look(len(changed) + len(due), len(changed), alerts, everything)

    def learned(self, now: datetime) -> Learned:
        """Anew once a day by whoever comes first; the others read it."""
        with self._database.read() as db:
            at = store.mark(db, "learned_at")
            if at and (self._learned is None or self._learned[0] != at):
                self._learned = at, store.load_learned(db)
        if at is None or not timedelta() <= now - datetime.fromisoformat(at) < self._learned_for:
            self._learned = now.isoformat(), self._learn(now)
        assert self._learned
        return self._learned[1]

    def _learn(self, now: datetime) -> Learned:
        with _uncollected(), self._database.read() as db:
            learned = learning.learn(db, now, self._zone())
        with self._database.write() as db:
            store.put_learned(db, learned)
            store.put_mark(db, "learned_at", now.isoformat())
        return learned

    # -- which orders ----------------------------------------------------------------------------------------

    def _wanted(self, db: Connection, now: datetime, whole: bool) -> tuple[list[str], list[str], bool]:
        """(changed, due, whether all versions were compared)."""
        if whole:
            return list(_every(db)), [], True
        compared = store.mark(db, "compared_at")
        everything = compared is None or not timedelta() <= now - datetime.fromisoformat(compared) < DAY
        changed = list(_unseen(db) if everything else _recorded(db, self._cursor(db, now)))
        done = set(changed)
        return changed, [one for one in _due(db, now) if one not in done], everything

    def _cursor(self, db: Connection, now: datetime) -> datetime:
        """A clock that was set back finds what it recorded meanwhile too."""
        kept = store.mark(db, "looked_at")
        return min(datetime.fromisoformat(kept) if kept else now, now) - OVERLAP

    def _remember(self, now: datetime, everything: bool) -> None:
        with self._database.write() as db:
            store.put_mark(db, "looked_at", now.isoformat())
            if everything:
                store.put_mark(db, "compared_at", now.isoformat())

    # -- the look --------------------------------------------------------------------------------------------

    def _look_at(self, ids: Sequence[str], sight: Sight) -> int:
        """By pages; the next one is read while this one is looked at and kept."""
        pages = [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]
        coming: Future[list[Seen]] | None = None
        found = 0
        with ThreadPoolExecutor(1, thread_name_prefix="wismo-watch") as beside:
            for number, page in enumerate(pages):
                with _uncollected():
                    seen = coming.result() if coming else self._seen(page, sight)
                    coming = beside.submit(self._seen, pages[number + 1], sight) if pages[number + 1 :] else None
                    found += self._kept(seen, sight)
                self._progress(min((number + 1) * PAGE, len(ids)), len(ids))
        return found

    def _seen(self, ids: Sequence[str], sight: Sight) -> list[Seen]:
        with self._database.read() as db:
            return reading.seen(db, ids, sight.now)

    def _kept(self, seen: Sequence[Seen], sight: Sight) -> int:
        looked = [(one, *look(one, sight)) for one in seen]
        with self._database.write() as db:
            return store.keep(db, looked, sight.now)


def _every(db: Connection) -> Iterator[str]:
    yield from (row[0] for row in driver.read(db, "SELECT id FROM orders ORDER BY id", ()))


def _unseen(db: Connection) -> Iterator[str]:
    sql = (
        "SELECT o.id FROM orders o LEFT JOIN watched w ON w.order_id = o.id "
        "WHERE w.order_id IS NULL OR w.version <> o.version ORDER BY o.id"
    )
    yield from (row[0] for row in driver.read(db, sql, ()))


def _recorded(db: Connection, since: datetime) -> Iterator[str]:
    mark = driver.mark(db)
    sql = (
        "SELECT e.aggregate FROM (SELECT aggregate, MAX(sequence) AS version FROM events WHERE recorded_at >= "
        f"{mark} GROUP BY aggregate) e LEFT JOIN watched w ON w.order_id = e.aggregate "
        "WHERE (w.order_id IS NULL OR w.version <> e.version) ORDER BY e.aggregate"
    )
    yield from (row[0] for row in driver.read(db, sql, (moment(since),)) if not row[0].startswith("@"))


def _due(db: Connection, now: datetime) -> Iterator[str]:
    mark = driver.mark(db)
    sql = f"SELECT order_id FROM watched WHERE due_at <= {mark} ORDER BY order_id"
    yield from (row[0] for row in driver.read(db, sql, (moment(now),)))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Many small objects live for a page: looking for cycles among them again and again costs a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
