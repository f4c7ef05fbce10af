"""The watch and the voice over a simulated world, step by step: what they said, beside what was true."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from eval.proactive.loading import Batch, catalogue, happened
from eval.proactive.world import START, Happening, Truth
from tools.orders.alerts import reading, store
from tools.orders.alerts.limits import Limits
from tools.orders.alerts.scanning import Watch
from tools.orders.alerts.sight import Sight
from tools.orders.database import Database

ZONE = ZoneInfo("Europe/Paris")
WEEK = timedelta(days=7)
AHEAD = timedelta(hours=24)


@dataclass(slots=True)
class Play:
    """`chances` are (told, truly late), a day before each promise ended, of orders that had not arrived."""

    now: datetime = START
    steps: int = 0
    looked_at: int = 0
    chances: list[tuple[float, bool]] = field(default_factory=list)


class World:
    """Its clock is the play's; `every` is how often the watch looks."""

    def __init__(self, database: Database, truths: Sequence[Truth], every: timedelta = timedelta(hours=4)) -> None:
        self._database = database
        self._truths = truths
        self._every = every
        self._versions: dict[str, int] = {}
        self.play = Play()

    def run(
        self,
        days: int,
        limits: Limits,
        speak: Callable[[], object] = lambda: None,
        judged_from: datetime = START,
        on_step: Callable[[Play], None] = lambda _: None,
    ) -> Play:
        with self._database.write() as db:
            catalogue(db)
        watch = Watch(self._database, lambda: limits, lambda: ZONE, lambda: self.play.now, learned_for=WEEK)
        coming = self._happenings()
        following = next(coming, None)
        promises = sorted(self._truths, key=lambda one: one.promised_at)
        place = 0
        while self.play.now < START + timedelta(days=days):
            self.play.now += self._every
            following = self._tell(coming, following)
            self.play.looked_at += watch.run().orders
            speak()
            before = place
            while place < len(promises) and promises[place].promised_at - AHEAD <= self.play.now:
                place += 1
            ripe = [one for one in promises[before:place] if one.promised_at - AHEAD > judged_from]
            self._judge(ripe, watch, limits)
            self.play.steps += 1
            on_step(self.play)
        return self.play

    def _happenings(self) -> Iterator[tuple[datetime, int, Truth, Happening]]:
        streams = (
            [(step.at, truth.number, truth, step) for step in sorted(truth.happenings, key=lambda one: one.at)]
            for truth in self._truths
        )
        yield from heapq.merge(*streams, key=lambda one: (one[0], one[1]))

    def _tell(
        self,
        coming: Iterator[tuple[datetime, int, Truth, Happening]],
        following: tuple[datetime, int, Truth, Happening] | None,
    ) -> tuple[datetime, int, Truth, Happening] | None:
        batch = Batch(self._versions)
        while following and following[0] <= self.play.now:
            _, _, truth, step = following
            happened(batch, truth, step, self.play.now)
            following = next(coming, None)
        with self._database.write(durable=False) as db:
            batch.write(db)
        return following

    def _judge(self, truths: Sequence[Truth], watch: Watch, limits: Limits) -> None:
        """What the lanes say now of parcels that are under way, beside what will be."""
        if not truths:
            return
        by_id = {f"sim:{one.number}": one for one in truths}
        with self._database.read() as db:
            if not store.mark(db, "learned_at"):
                return
            found = reading.seen(db, list(by_id), self.play.now)
        sight = Sight(self.play.now, limits, watch.learned(self.play.now), ZONE)
        for seen in found:
            if seen.is_open and seen.parcels:
                chance = sight.chance(seen.parcels[0], seen)
                if chance is not None:
                    self.play.chances.append((chance, by_id[seen.id].late))
