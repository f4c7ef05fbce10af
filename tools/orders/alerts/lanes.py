"""How long parcels take: by carrier × service × country × region × weekday, from a milestone to the door.

A lane's deliveries are counted by quarter days, and so are parcels that had not arrived yet, so that what is still
under way does not look as if it had never been late. The hazard of each quarter day is that of the broader lane, moved
by what the narrower one saw (shrinkage by `WEIGHT` parcels). Source: E. L. Kaplan and P. Meier, "Nonparametric
estimation from incomplete observations", JASA 53 (1958); shrinkage as of a binomial with a beta prior.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from tools.orders.alerts.seen import Parcel, Seen
from tools.orders.axes import CODES
from tools.orders.model import ShipmentState

BIN = 6.0
BINS = 120
WEIGHT = 20.0
"""Hours of a bin, how many (thirty days), and how many parcels the broader lane counts for."""
MOVING = "moving"
HUBS = tuple(f"{MOVING}{count}" for count in range(4))
NAMES = {
    ShipmentState.IN_TRANSIT: MOVING,
    ShipmentState.OUT_FOR_DELIVERY: "out",
    **{one: one.value for one in (ShipmentState.DELAYED, ShipmentState.EXCEPTION, ShipmentState.ATTEMPT_FAILED)},
}
MILESTONES = {code: NAMES[state] for code, state in CODES.items() if state in NAMES}
"""What a carrier's code is a milestone as."""
Levels = tuple[str, ...]
Key = tuple[str, str]
"""A lane and a milestone."""
Floats = NDArray[np.float64]


class Way(NamedTuple):
    """A parcel's last milestone: what it was, when, and the lanes that know of it, the broadest first."""

    milestone: str
    since: datetime
    levels: Levels


@dataclass(slots=True)
class Counts:
    """By bins after the milestone; the last bin holds the rest."""

    arrived: Floats = field(default_factory=lambda: np.zeros(BINS + 1))
    open: Floats = field(default_factory=lambda: np.zeros(BINS + 1))

    @property
    def deliveries(self) -> int:
        return int(self.arrived.sum())


@dataclass(frozen=True, slots=True)
class Curve:
    """`still[i]` is the share that has not arrived `i` bins after the milestone; `seen` deliveries bear it out."""

    lane: str
    seen: int
    still: tuple[float, ...]
    _rising: tuple[float, ...]

    def left(self, hours: float) -> float:
        """The share that has not arrived so many hours after the milestone."""
        if hours <= 0:
            return 1.0
        place = min(hours / BIN, len(self.still) - 1.000001)
        whole = int(place)
        return self.still[whole] + (self.still[whole + 1] - self.still[whole]) * (place - whole)

    def chance(self, until: float, waited: float) -> float:
        """That it arrives later than `until` hours after the milestone, when it has not after `waited`."""
        return 1.0 if waited >= until else min(self.left(until) / max(self.left(waited), 1e-9), 1.0)

    def reached(self, chance: float, until: float) -> float | None:
        """Hours after the milestone from which lateness is so likely; None: not before `until`."""
        return self.when(min(self.left(until) / chance, 1.0), until)

    def when(self, share: float, most: float) -> float | None:
        """Hours after which only this share is left; None: not before `most`."""
        place = bisect_left(self._rising, -share)
        if place >= len(self.still):
            return None
        if place == 0:
            return 0.0
        above, below = self.still[place - 1], self.still[place]
        hours = (place - 1 + (above - share) / (above - below if above > below else 1.0)) * BIN
        return hours if hours < most else None

    def quantile(self, share: float, waited: float) -> float:
        """Hours after the milestone by which this share of those that waited so long has arrived."""
        found = self.when((1 - share) * self.left(waited), len(self.still) * BIN)
        return max(waited, (len(self.still) - 1) * BIN if found is None else found)


class Lanes:
    """Counts by lane and milestone; curves are made when they are first asked for."""

    def __init__(self, counts: Mapping[Key, Counts]) -> None:
        self.counts = counts
        self._hazards: dict[tuple[str, str], Floats] = {}
        self._curves: dict[tuple[str, str], Curve] = {}
        self._asked: dict[tuple[str, str], Curve | None] = {}
        self._late: dict[tuple[str, str, int], tuple[float, ...]] = {}
        self._middle: dict[tuple[str, int], float] = {}

    def curve(self, levels: Levels, milestone: str) -> Curve | None:
        """None where nothing of this milestone was ever seen. The broader lanes of a lane are always the same."""
        asked = levels[-1], milestone
        if asked not in self._asked:
            self._asked[asked] = self._known(levels, milestone)
        return self._asked[asked]

    def _known(self, levels: Levels, milestone: str) -> Curve | None:
        known = [level for level in levels if (level, milestone) in self.counts]
        if not known:
            return None
        key = known[-1], milestone
        if key not in self._curves:
            still = np.concatenate(([1.0], np.cumprod(1.0 - self._hazard(known, milestone))[:-1]))
            seen = self.counts[known[0], milestone].deliveries
            self._curves[key] = Curve(known[-1], seen, tuple(still.tolist()), tuple((-still).tolist()))
        return self._curves[key]

    def _hazard(self, known: Sequence[str], milestone: str) -> Floats:
        key = known[-1], milestone
        if key not in self._hazards:
            broader = self._hazard(known[:-1], milestone) if known[1:] else np.full(BINS + 1, 0.05)
            self._hazards[key] = _shrunk(self.counts[key], broader, WEIGHT if known[1:] else 1.0)
        return self._hazards[key]

    def middle(self, curve: Curve) -> float:
        """Hours by which half of them have arrived."""
        key = curve.lane, curve.seen
        if key not in self._middle:
            self._middle[key] = curve.quantile(0.5, 0.0)
        return self._middle[key]

    def late_by_waiting(self, handling: Curve, transit: Curve, bins: int) -> tuple[float, ...]:
        """The raw chance of arriving later than so many bins after the order, by bins that it has waited unsent.

        It rises.
        """
        key = handling.lane, transit.lane, bins
        if key not in self._late:
            rising = np.maximum.accumulate(_by_waiting(handling, transit, bins))
            self._late[key] = tuple(rising.tolist())
        return self._late[key]


def _mass(curve: Curve) -> Floats:
    """The share that arrives within each bin."""
    still = np.asarray(curve.still)
    made: Floats = still - np.append(still[1:], 0.0)
    return made


def _by_waiting(handling: Curve, transit: Curve, bins: int) -> Floats:
    mass = _mass(handling)[: bins + 1]
    late = np.array([transit.left((bins - place - 0.5) * BIN) for place in range(len(mass))])
    rest = handling.left(len(mass) * BIN)
    sent_late = np.cumsum((mass * late)[::-1])[::-1] + rest
    made: Floats = sent_late / np.maximum(np.cumsum(mass[::-1])[::-1] + rest, 1e-9)
    return made


def sum_of(handling: Curve, transit: Curve, waited: float) -> Floats:
    """The distribution of handling and way together, in bins after the order, when it has not been sent yet."""
    mass = _mass(handling)
    mass[: int(waited / BIN)] = 0.0
    total = mass.sum()
    made: Floats = np.convolve(mass / total if total > 0 else mass, _mass(transit))
    return made


def _shrunk(counts: Counts, prior: Floats, weight: float) -> Floats:
    """Of each bin: who arrived in it, of those who had not before; moved from the prior as far as they are many."""
    gone = counts.arrived + counts.open
    at_risk = gone.sum() - np.concatenate(([0.0], np.cumsum(gone)[:-1])) - counts.open / 2
    made: Floats = np.clip((counts.arrived + weight * prior) / (np.maximum(at_risk, 0.0) + weight), 1e-4, 0.9999)
    return made


# -- milestones ----------------------------------------------------------------------------------------------


def levels(parcel: Parcel, seen: Seen, since: datetime, zone: ZoneInfo) -> Levels:
    """From all parcels down to carrier × service × region × weekday; weekdays are the shop's."""
    return _named(parcel.carrier, parcel.service, seen.country, seen.region, since.astimezone(zone).weekday())


@lru_cache(maxsize=65_536)
def _named(carrier: str, service: str, country: str, region: str, weekday: int) -> Levels:
    served = f"{carrier}|{service}"
    there = f"{served}|{region}"
    return ("*", carrier, served, f"{served}|{country}", there, f"{there}|{weekday}")


def bound_for(seen: Seen) -> Levels:
    """Of a parcel that has not left, only where it will go is known."""
    return ("*", f">{seen.country}", f">{seen.region}")


def before_sending(seen: Seen, zone: ZoneInfo) -> Levels:
    return ("*", f"*|{seen.placed_at.astimezone(zone).weekday()}")


def milestones(parcel: Parcel) -> Iterator[tuple[str, datetime]]:
    """Each that was reached, oldest first; "moving" counts the hubs, as far as three."""
    if parcel.shipped_at:
        yield "sent", parcel.shipped_at
    hubs = 0
    for scan in parcel.scans:
        name = MILESTONES.get(scan.code)
        if name == MOVING:
            hubs += 1
            yield HUBS[min(hubs, 3)], scan.at
        elif name:
            yield name, scan.at


def last_milestone(parcel: Parcel) -> tuple[str, datetime] | None:
    found = None
    for one in milestones(parcel):
        if found is None or one[1] >= found[1]:
            found = one
    return found


def way(parcel: Parcel, seen: Seen, zone: ZoneInfo) -> Way | None:
    """None before it has left, and once it has arrived."""
    found = None if parcel.delivered_at else last_milestone(parcel)
    return Way(found[0], found[1], levels(parcel, seen, found[1], zone)) if found else None
