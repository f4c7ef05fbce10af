"""The watch against what came true. Pure: promises and what was flagged in, figures out."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from eval.metrics.intervals import Rate, rate

AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Promise:
    """An order whose promise is over: when it arrived (None: not yet), and when its lateness was foreseen first."""

    order: str
    promised_at: datetime
    arrived_at: datetime | None
    foreseen_at: datetime | None = None

    @property
    def late(self) -> bool:
        return self.arrived_at is None or self.arrived_at > self.promised_at

    @property
    def foreseen(self) -> bool:
        return self.foreseen_at is not None and self.promised_at - self.foreseen_at >= AHEAD


@dataclass(frozen=True, slots=True)
class Named:
    """Days that a customer was told, and the arrival."""

    earliest: datetime
    latest: datetime
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Judged:
    """`precision` and `recall` are of lateness foreseen a day or more ahead; `lead` the hours ahead, in the middle.

    `wrong` are named days that the parcel did not come in; `after` came later than the last of them.
    """

    promises: int
    late: Rate
    precision: Rate
    recall: Rate
    lead: float | None
    wrong: Rate
    after: Rate

    def as_json(self) -> dict[str, Any]:
        rates = {name: getattr(self, name).as_json() for name in ("late", "precision", "recall", "wrong", "after")}
        return {"promises": self.promises, **rates, "lead_hours": self.lead}


def judge(promises: Sequence[Promise], named: Iterable[Named], zone: ZoneInfo, now: datetime) -> Judged:
    late = [one for one in promises if one.late]
    flagged = [one for one in promises if one.foreseen]
    right = sum(one.late for one in flagged)
    leads = [_hours(one.promised_at - one.foreseen_at) for one in late if one.foreseen_at]
    decided = [one for one in named if one.arrived_at or _day(one.latest, zone) < _day(now, zone)]
    wrong = sum(not _within(one, zone) for one in decided)
    after = sum(one.arrived_at is None or _day(one.arrived_at, zone) > _day(one.latest, zone) for one in decided)
    return Judged(
        len(promises),
        rate(len(late), len(promises)),
        rate(right, len(flagged)),
        rate(right, len(late)),
        round(statistics.median(leads), 1) if leads else None,
        rate(wrong, len(decided)),
        rate(after, len(decided)),
    )


def _within(one: Named, zone: ZoneInfo) -> bool:
    """As the customer reads it: by days, the first and the last included."""
    if one.arrived_at is None:
        return False
    return _day(one.earliest, zone) <= _day(one.arrived_at, zone) <= _day(one.latest, zone)


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


Group = tuple[float, float, int]
"""Mean chance told, share that came true, how many."""


def deciles(judged: Sequence[tuple[float, bool]]) -> tuple[Group, ...]:
    """By tenths of those judged, from the least chance to the greatest; fewer than ten have fewer groups.

    Source: "deciles of risk", D. W. Hosmer, S. Lemeshow, Communications in Statistics 9 (1980).
    """
    rising = sorted(judged)
    cuts = [len(rising) * tenth // 10 for tenth in range(11)]
    return tuple(_group(rising[low:high]) for low, high in pairwise(cuts) if high > low)


def bands(judged: Iterable[tuple[float, bool]]) -> tuple[Group, ...]:
    """By tenths of the scale: chances of 0 to 0.1, and so on. Some hold few."""
    groups: dict[int, list[tuple[float, bool]]] = {}
    for chance, true in judged:
        groups.setdefault(min(int(chance * 10), 9), []).append((chance, true))
    return tuple(_group(own) for _, own in sorted(groups.items()))


def _group(own: Sequence[tuple[float, bool]]) -> Group:
    return sum(chance for chance, _ in own) / len(own), sum(true for _, true in own) / len(own), len(own)
