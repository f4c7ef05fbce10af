"""Past periods twice: as they were known when they ended, and as they are known now. Later events restate them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from eval.conversation import Conversation
from eval.metrics.contacts import RECONTACT, utc
from eval.metrics.resolution import judged
from eval.metrics.summary import Headline, Period, headline


@dataclass(frozen=True, slots=True)
class Restated:
    """`published` is what was known ten days after its end, when its last resolutions could be settled."""

    name: str
    period: Period
    published: Headline
    current: Headline

    @property
    def published_at(self) -> datetime:
        return published_at(self.period)

    @property
    def reversed_since(self) -> int:
        return self.current.states["reversed"] - self.published.states["reversed"]

    def as_json(self) -> dict[str, Any]:
        return {
            "period": self.name,
            "published": _told(self.published),
            "now": _told(self.current),
            "reversed_since": self.reversed_since,
        }


def restated(
    conversations: Iterable[Conversation], periods: Iterable[tuple[str, Period]], now: datetime
) -> tuple[Restated, ...]:
    """Of the periods that were published before `now`, and in which anything began."""
    every = tuple(conversations)
    current = judged(every, now)
    found = []
    for name, period in periods:
        today = [one for one in current if period.holds(one.conversation)]
        if today and published_at(period) <= utc(now):
            then = [one for one in judged(every, published_at(period)) if period.holds(one.conversation)]
            found.append(Restated(name, period, headline(then), headline(today)))
    return tuple(found)


def published_at(period: Period) -> datetime:
    """The window and the week of re-contacts after its end."""
    return utc(period.until) + RECONTACT + timedelta(days=3)


def months(now: datetime, zone: ZoneInfo, count: int) -> Sequence[tuple[str, Period]]:
    """The last whole months before `now` in the shop's days, oldest first."""
    local = now.astimezone(zone)
    starts = [_month(local, back, zone) for back in range(count, -1, -1)]
    return [(f"{since:%Y-%m}", Period(since, until)) for since, until in pairwise(starts)]


def days(now: datetime, zone: ZoneInfo, count: int) -> Period:
    """The last `count` days in the shop's zone, today's begun one included."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return Period(today - timedelta(days=count - 1), now + timedelta(seconds=1))


def _month(local: datetime, back: int, zone: ZoneInfo) -> datetime:
    months_ago = local.year * 12 + local.month - 1 - back
    return datetime(months_ago // 12, months_ago % 12 + 1, 1, tzinfo=zone)


def _told(one: Headline) -> dict[str, Any]:
    rates = {name: getattr(one, name).as_json() for name in ("verified", "automation", "false_resolution")}
    contained = {"contained_72h": one.contained["72h"].as_json()}
    return {**contained, **rates, "states": dict(one.states)}
