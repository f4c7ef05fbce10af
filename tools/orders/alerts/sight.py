"""What a look needs: the moment, the limits, the lanes; and what history says of an order under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from tools.orders.alerts import lanes as ways
from tools.orders.alerts.lanes import BIN, Curve, Floats, Lanes, Way
from tools.orders.alerts.limits import Limits
from tools.orders.alerts.seen import Parcel, Seen

EARLY, LATEST = 0.1, 0.9
"""The arrival is told as a range that eight parcels in ten fall into."""


@dataclass(frozen=True, slots=True)
class Risk:
    """`at`: from when on lateness is as likely as the limits ask; `chance` is the calibrated one of that moment."""

    at: datetime
    chance: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where the range comes from: so many deliveries of this lane."""

    earliest: datetime
    latest: datetime
    lane: str
    seen: int


@dataclass(frozen=True, slots=True)
class Sight:
    now: datetime
    limits: Limits
    lanes: Lanes
    zone: ZoneInfo
    _unsent: dict[tuple[str, int], Floats] = field(default_factory=dict)

    # -- under way -------------------------------------------------------------------------------------------

    def risk(self, parcel: Parcel, seen: Seen) -> Risk | None:
        """None where history knows too little, or it does not become so likely before the promise is over."""
        known = self._known(parcel, seen)
        if known is None or seen.promised_at is None:
            return None
        way, curve = known
        until = _hours(seen.promised_at - way.since)
        hours = curve.reached(self.lanes.raw(self.limits.chance), until)
        if hours is None:
            return None
        at = way.since + timedelta(hours=hours)
        waited = _hours(max(at, self.now) - way.since)
        return Risk(at, self.lanes.calibrated(curve.chance(until, waited)))

    def chance(self, parcel: Parcel, seen: Seen) -> float | None:
        """Of being late as it looks now, calibrated."""
        known = self._known(parcel, seen)
        if known is None or seen.promised_at is None:
            return None
        way, curve = known
        raw = curve.chance(_hours(seen.promised_at - way.since), _hours(self.now - way.since))
        return self.lanes.calibrated(raw)

    def arrival(self, parcel: Parcel, seen: Seen) -> Arrival | None:
        known = self._known(parcel, seen)
        if known is None:
            return None
        way, curve = known
        waited = max(_hours(self.now - way.since), 0.0)
        early, late = (way.since + timedelta(hours=curve.quantile(q, waited)) for q in (EARLY, LATEST))
        return Arrival(max(early, self.now), max(late, self.now + timedelta(hours=BIN)), curve.lane, curve.seen)

    def _known(self, parcel: Parcel, seen: Seen) -> tuple[Way, Curve] | None:
        way = ways.way(parcel, seen, self.zone)
        curve = self.lanes.curve(way.levels, way.milestone) if way else None
        return (way, curve) if way and curve and curve.seen >= self.limits.history else None

    # -- not sent yet ----------------------------------------------------------------------------------------

    def risk_unsent(self, seen: Seen) -> Risk | None:
        """What is left of the handling and then of the way, each by its history."""
        curves = self._before(seen)
        if curves is None or seen.promised_at is None:
            return None
        bins = max(int(_hours(seen.promised_at - seen.placed_at) / BIN), 0)
        chances = self._chances(*curves, bins)
        reached = np.flatnonzero(chances >= self.lanes.raw(self.limits.chance))
        if not len(reached):
            return None
        at = seen.placed_at + timedelta(hours=float(reached[0]) * BIN)
        place = int(_hours(max(at, self.now) - seen.placed_at) / BIN)
        return Risk(at, self.lanes.calibrated(float(chances[min(place, len(chances) - 1)])))

    def arrival_unsent(self, seen: Seen) -> Arrival | None:
        curves = self._before(seen)
        if curves is None:
            return None
        handling, transit = curves
        arrives = _sum(handling, transit, max(_hours(self.now - seen.placed_at), 0.0))
        early, late = (seen.placed_at + timedelta(hours=_at_share(arrives, q)) for q in (EARLY, LATEST))
        return Arrival(max(early, self.now), max(late, self.now), transit.lane, min(handling.seen, transit.seen))

    def transit(self) -> timedelta:
        """What a parcel of any lane takes, in the middle; without a history what the limits say."""
        curve = self.lanes.curve(("*",), "sent")
        if curve is None or curve.seen < self.limits.history:
            return timedelta(days=self.limits.transit_days)
        return timedelta(hours=curve.quantile(0.5, 0.0))

    def _before(self, seen: Seen) -> tuple[Curve, Curve] | None:
        handling = self.lanes.curve(ways.before_sending(seen, self.zone), "placed")
        transit = self.lanes.curve(("*",), "sent")
        enough = handling and transit and min(handling.seen, transit.seen) >= self.limits.history
        return (handling, transit) if enough and handling and transit else None

    def _chances(self, handling: Curve, transit: Curve, bins: int) -> Floats:
        key = handling.lane, bins
        if key not in self._unsent:
            self._unsent[key] = _by_waiting(handling, transit, bins)
        return self._unsent[key]


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def _mass(curve: Curve) -> Floats:
    """The share that arrives within each bin."""
    still = np.asarray(curve.still)
    made: Floats = still - np.append(still[1:], 0.0)
    return made


def _by_waiting(handling: Curve, transit: Curve, bins: int) -> Floats:
    """The chance of arriving later than so many bins after the order, by bins that it has waited unsent."""
    mass = _mass(handling)[: bins + 1]
    late = np.array([transit.left((bins - place - 0.5) * BIN) for place in range(len(mass))])
    rest = handling.left(len(mass) * BIN)
    sent_late = np.cumsum((mass * late)[::-1])[::-1] + rest
    made: Floats = sent_late / np.maximum(np.cumsum(mass[::-1])[::-1] + rest, 1e-9)
    return made


def _sum(handling: Curve, transit: Curve, waited: float) -> Floats:
    """The distribution of handling and way together, in bins after the order, when it has not been sent yet."""
    mass = _mass(handling)
    mass[: int(waited / BIN)] = 0.0
    total = mass.sum()
    made: Floats = np.convolve(mass / total if total > 0 else mass, _mass(transit))
    return made


def _at_share(mass: Floats, share: float) -> float:
    return float(np.searchsorted(np.cumsum(mass), share) + 1) * BIN
