"""Quiet hours, by the customer's own clock: nobody's telephone rings at night because a parcel is late.

A country of one clock has its own; of one with several every clock must allow it, where they ever all do; a country
that nobody knows has the shop's. The hours are those of the wall clock, so summer time moves them as it moves people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.core import get_global

ROUNDS = 40
"""Each round is at least a quarter of an hour further; clocks that never allow the same moment are given up."""


def next_allowed(now: datetime, span: tuple[time, time] | None, country: str, shop: str) -> datetime:
    """The first moment from now on that is not quiet, in UTC; now itself, if it is not."""
    if span is None:
        return now
    zones = zones_of(country, now.year) or (shop,)
    allowed = _allowed(now, span, zones)
    return allowed if allowed is not None else _allowed(now, span, (shop,)) or now


def _allowed(now: datetime, span: tuple[time, time], zones: Sequence[str]) -> datetime | None:
    moment = now
    for _ in range(ROUNDS):
        later = max(_after(moment, span, ZoneInfo(zone)) for zone in zones)
        if later == moment:
            return moment
        moment = later
    return None


def _after(moment: datetime, span: tuple[time, time], zone: ZoneInfo) -> datetime:
    """The end of the quiet hours that the moment lies in, by this clock; the moment itself outside of them."""
    begin, end = span
    local = moment.astimezone(zone)
    clock = local.time()
    over_night = begin > end
    inside = (clock >= begin or clock < end) if over_night else begin <= clock < end
    if not inside:
        return moment
    day = local.date() + timedelta(days=1 if over_night and clock >= begin else 0)
    ends = datetime.combine(day, end, zone).astimezone(UTC)
    return max(ends, moment + timedelta(minutes=15)) if ends <= moment else ends


@lru_cache(maxsize=512)
def zones_of(country: str, year: int) -> tuple[str, ...]:
    """One for each clock that the country has in that year; none for a country that is none."""
    named = sorted(zone for zone, territory in get_global("zone_territories").items() if territory == country.upper())
    by_clock: dict[tuple[timedelta | None, ...], str] = {}
    for zone in named:
        at = ZoneInfo(zone)
        clock = tuple(datetime(year, month, 15, 12, tzinfo=at).utcoffset() for month in (1, 7))
        by_clock.setdefault(clock, zone)
    return tuple(by_clock.values())
