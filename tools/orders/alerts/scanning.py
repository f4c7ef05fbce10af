"""The watch: first every order, then only those that changed or whose time has come.

What changed is found by the moment that its events were recorded at, with an hour's overlap (hosts' clocks differ, an
import commits late), and told from what was seen already by the order's version. Once a day all versions are compared:
whatever the overlap missed is looked at then. So the cost of a look goes by changes, not by orders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tools.orders import driver
from tools.orders.alerts import learning, store
from tools.orders.alerts.calibration import Learned
from tools.orders.alerts.limits import Limits
from tools.orders.alerts.pages import Pages, Progress, uncollected
from tools.orders.alerts.sight import Sight
from tools.orders.database import Database
from tools.orders.model import Clock
from tools.orders.work import moment

OVERLAP = timedelta(hours=1)
DAY = timedelta(days=1)


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
        pages: Pages | None = None,
    ) -> None:
        self._database = database
        self._pages = pages or Pages(database)
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
            alerts = self._pages.look_at([*changed, *due], sight, self._progress)
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
        with uncollected(), self._database.read() as db:
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
