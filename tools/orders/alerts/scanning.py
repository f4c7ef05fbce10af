"""The watch: first every order, then only those that changed or whose time has come.

What changed is found by the moment that its events were recorded at, with an hour's overlap (hosts' clocks differ, an
import commits late), and told from what was seen already by the order's version. Once a day all versions are compared:
whatever the overlap missed is looked at then. So the cost of a look goes by changes, not by orders.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tools.orders import driver
from tools.orders.alerts import learning, reading, store
from tools.orders.alerts.detectors import look
from tools.orders.alerts.lanes import Lanes
from tools.orders.alerts.limits import Limits
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
        self._lanes: tuple[str, Lanes] | None = None

    def run(self, whole: bool = False) -> Look:
        """One look, alone over all processes. `whole`: every order, whatever was seen of it before."""
        with self._database.alone("watch"):
            now = self._now()
            lanes = self.lanes(now)
            with self._database.read() as db:
                changed, due, everything = self._wanted(db, now, whole)
            sight = Sight(now, self._limits(), lanes, self._zone())
            alerts = self._look_at([*changed, *due], sight)
            self._remember(now, everything)
        return Look(len(changed) + len(due), len(changed), alerts, everything)

    def lanes(self, now: datetime) -> Lanes:
        """Learned anew once a day by whoever comes first; the others read them."""
        with self._database.read() as db:
            at = store.mark(db, "lanes_at")
            if at and (self._lanes is None or self._lanes[0] != at):
                self._lanes = at, store.load_lanes(db)
        if at is None or not timedelta() <= now - datetime.fromisoformat(at) < self._learned_for:
            self._lanes = self._learned(now)
        assert self._lanes
        return self._lanes[1]

    def _learned(self, now: datetime) -> tuple[str, Lanes]:
        with self._database.read() as db:
            lanes = learning.learn(db, now, self._zone())
        with self._database.write() as db:
            store.put_lanes(db, lanes)
            store.put_mark(db, "lanes_at", now.isoformat())
        return now.isoformat(), lanes

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
        found = 0
        for start in range(0, len(ids), PAGE):
            some = ids[start : start + PAGE]
            with _uncollected(), self._database.read() as db:
                looked = [(one, *look(one, sight)) for one in reading.seen(db, some, sight.now)]
            with self._database.write() as db:
                found += store.keep(db, looked, sight.now)
            self._progress(min(start + PAGE, len(ids)), len(ids))
        return found


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
