"""What a look needs: the moment, the limits, the lanes; and what history says of an order under way."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from tools.orders.alerts import lanes as ways
from tools.orders.alerts.calibration import Learned
from tools.orders.alerts.lanes import BIN, Curve, Floats, Way
from tools.orders.alerts.limits import Limits
from tools.orders.alerts.seen import Parcel, Seen

EARLY, LATEST = 0.1, 0.9
"""The arrival is told as a range that eight parcels in ten fall into."""


class Risk(NamedTuple):
    """`at`: from when on lateness is as likely as the limits ask; `chance` is the calibrated one of that moment."""

    at: datetime
    chance: float


class Arrival(NamedTuple):
    """Where the range comes from: so many deliveries of this lane."""

    earliest: datetime
    latest: datetime
    lane: str
    seen: int


@dataclass(frozen=True, slots=True)
class Sight:
    now: datetime
    limits: Limits
    learned: Learned
    zone: ZoneInfo

    # -- under way -------------------------------------------------------------------------------------------

    def risk(self, parcel: Parcel, seen: Seen) -> Risk | None:
        """None where history knows too little, or it does not become so likely before the promise is over."""
        known = self._known(parcel, seen)
        if known is None or seen.promised_at is None:
            return None
        way, curve = known
        until = _hours(seen.promised_at - way.since)
        hours = self.learned.under_way.reached(curve, until, self.limits.chance)
        if hours is None:
            return None
        at = way.since + timedelta(hours=hours)
        waited = _hours(max(at, self.now) - way.since)
        return Risk(at, self.learned.under_way.real(curve.chance(until, waited), until - waited))

    def chance(self, parcel: Parcel, seen: Seen) -> float | None:
        """Of being late as it looks now, calibrated."""
        known = self._known(parcel, seen)
        if known is None or seen.promised_at is None:
            return None
        way, curve = known
        until, waited = _hours(seen.promised_at - way.since), _hours(self.now - way.since)
        return self.learned.under_way.real(curve.chance(until, waited), until - waited)

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
        curve = self.learned.lanes.curve(way.levels, way.milestone) if way else None
        return (way, curve) if way and curve and curve.seen >= self.limits.history else None

    # -- not sent yet ----------------------------------------------------------------------------------------

    def risk_unsent(self, seen: Seen) -> Risk | None:
        """What is left of the handling and then of the way, each by its history."""
        curves = self._before(seen)
        if curves is None or seen.promised_at is None:
            return None
        bins = max(int(_hours(seen.promised_at - seen.placed_at) / BIN), 0)
        chances = self.learned.lanes.late_by_waiting(*curves, bins)
        reached = bisect_left(chances, self.learned.unsent.told(self.limits.chance))
        if reached == len(chances):
            return None
        at = seen.placed_at + timedelta(hours=reached * BIN)
        place = int(_hours(max(at, self.now) - seen.placed_at) / BIN)
        return Risk(at, self.learned.unsent.real(chances[min(place, len(chances) - 1)]))

    def arrival_unsent(self, seen: Seen) -> Arrival | None:
        curves = self._before(seen)
        if curves is None:
            return None
        handling, transit = curves
        arrives = ways.sum_of(handling, transit, max(_hours(self.now - seen.placed_at), 0.0))
        early, late = (seen.placed_at + timedelta(hours=_at_share(arrives, q)) for q in (EARLY, LATEST))
        return Arrival(max(early, self.now), max(late, self.now), transit.lane, min(handling.seen, transit.seen))

    def transit(self, seen: Seen) -> timedelta:
        """What a parcel takes to there, in the middle; without a history what the limits say."""
        curve = self.learned.lanes.curve(ways.bound_for(seen), "way")
        if curve is None or curve.seen < self.limits.history:
            return timedelta(days=self.limits.transit_days)
        return timedelta(hours=self.learned.lanes.middle(curve))

    def _before(self, seen: Seen) -> tuple[Curve, Curve] | None:
        handling = self.learned.lanes.curve(ways.before_sending(seen, self.zone), "placed")
        transit = self.learned.lanes.curve(ways.bound_for(seen), "way")
        enough = handling and transit and min(handling.seen, transit.seen) >= self.limits.history
        return (handling, transit) if enough and handling and transit else None


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def _at_share(mass: Floats, share: float) -> float:
    return float(np.searchsorted(np.cumsum(mass), share) + 1) * BIN
