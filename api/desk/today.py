"""The figures of the last days beside those of as many days before, and two charts. Counted by eval.metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from time import monotonic
from zoneinfo import ZoneInfo

from agent.journal import Entry
from api.desk import pulse
from api.wiring import House
from eval.grading import from_journal
from eval.metrics import restating
from eval.metrics.contacts import utc
from eval.metrics.intervals import Rate
from eval.metrics.live import BEFORE, Live, Reading, of_entries, read
from eval.metrics.summary import Period, Summary
from eval.report.charts import Bar, bars, columns
from eval.report.wording import plain

OPAQUE = "metrics"
INTENTS = 12
FRESH, LONGER = 5.0, 60.0
"""Seconds for which figures are kept; pages that follow wait a little longer than the first (today.html)."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure, what it was counted over, and what it was in the days before."""

    name: str
    figure: str
    beside: str
    before: str


@dataclass(frozen=True, slots=True)
class Today:
    days: int
    turns: int
    tiles: tuple[Tile, ...]
    by_intent: tuple[tuple[str, int, int], ...]
    by_hour: tuple[int, ...]


class Figures:
    """Those of `today`, kept for some seconds, and for a minute while nobody wrote; counted by one thread at a time."""

    def __init__(self) -> None:
        self._counting = Lock()
        self._kept: dict[tuple[int, int, str], tuple[float, str, Today]] = {}

    def of(self, house: House, days: int, grade: int = 0) -> Today:
        """`grade`: at most so many conversations of each period are graded; reading one takes a fifth of a second."""
        key = days, grade, house.policy.version
        with self._counting:
            with house.database.read() as db:
                talks = pulse.stamps(db).talks
            kept = self._kept.get(key)
            if kept is None or monotonic() - kept[0] > (LONGER if talks == kept[1] else FRESH):
                self._forget()
                kept = self._kept[key] = (monotonic(), talks, today(house, days, grade))
        return kept[2]

    def _forget(self) -> None:
        self._kept = {key: one for key, one in self._kept.items() if monotonic() - one[0] <= LONGER}


def today(house: House, days: int, grade: int = 0) -> Today:
    """The journal is read once, for both periods and the hours."""
    zone = ZoneInfo(house.policy.terms.timezone)
    period = restating.days(house.now(), zone, days)
    before = Period(period.since - timedelta(days=days), period.since)
    keyed, grader = house.keyed, from_journal(house.orders, house.policy)
    reading = Reading(house.policy, lambda who: keyed.of(OPAQUE, who), house.now(), grader, grade)
    with house.database.read() as db:
        entries = read(db, utc(before.since) - BEFORE, house.now())
        now, then = of_entries(db, entries, (period, before), "72h", reading)
    found = sorted(now.summary.by["intent"], key=lambda one: (-one.inbound, one.name))
    intents = tuple((plain(one.name or "no intent"), one.inbound, one.handed_over) for one in found[:INTENTS])
    return Today(days, now.volume.turns, tuple(_tiles(now, then)), intents, _hours(entries, period, zone))


def charts(shown: Today) -> tuple[str, str]:
    """By intent and by hour, as SVG; the same figures stand in tables beside them."""
    return _intents(shown.by_intent), _by_hour(shown.by_hour)


def _hours(entries: Sequence[Entry], period: Period, zone: ZoneInfo) -> tuple[int, ...]:
    """Messages by hour of the shop's day."""
    asked = (one for one in entries if period.since <= one.at < period.until and one.body["kind"] == "message")
    counted = Counter(one.at.astimezone(zone).hour for one in asked)
    return tuple(counted[hour] for hour in range(24))


def _tiles(now: Live, then: Live) -> Iterator[Tile]:
    one, other = now.summary, then.summary
    people, before = one.headline.populations, other.headline.populations
    yield _rate("Coverage", people.coverage, before.coverage)
    yield _rate("Contained (72 h)", one.contained, other.contained)
    yield _rate("Verified", one.headline.verified, other.headline.verified, "not graded")
    yield Tile(
        "Handed over",
        str(now.volume.handed_off),
        f"of {now.volume.turns} messages",
        f"before: {then.volume.handed_off}",
    )
    yield Tile("CSAT", *_csat(one.csat), f"before: {_csat(other.csat)[0]}")
    cost, earlier = (_money(told.spending.automation_micros) for told in (one, other))
    yield Tile("Cost", cost, "of language models", f"before: {earlier}")
    yield Tile("Saved", _saved(one), f"{one.spending.contained} contained", f"before: {_saved(other)}")
    yield Tile("Conversations", str(now.volume.conversations), "", f"before: {then.volume.conversations}")


def _rate(name: str, now: Rate, then: Rate, nothing: str = "nothing to count yet") -> Tile:
    beside = f"{now.low:.0%} to {now.high:.0%}, {now.hits} of {now.of}" if now.of else nothing
    return Tile(name, _share(now), beside, f"before: {_share(then)}")


def _share(rate: Rate) -> str:
    return "–" if rate.share is None else f"{rate.share:.0%}"


def _csat(found: tuple[float, int] | None) -> tuple[str, str]:
    """From 1 to 5, as customers rate."""
    return (f"{1 + 4 * found[0]:.1f}", f"of 5, {found[1]} rated") if found else ("–", "nobody rated")


def _money(micros: int) -> str:
    return f"{micros / 1_000_000:.2f}"


def _saved(one: Summary) -> str:
    """Money where the shop named the price of an hour, else minutes."""
    spent = one.spending
    return f"{spent.minutes_saved} min" if spent.saved is None else f"{spent.saved / 100:.2f}"


def _intents(rows: Sequence[tuple[str, int, int]]) -> str:
    most = max((count for _, count, _ in rows), default=1)
    told = [Bar(name, count / most, str(count)) for name, count, _ in rows]
    return bars("intents", "Conversations by intent", "The main intent of each conversation.", told)


def _by_hour(hours: Sequence[int]) -> str:
    most = max(hours, default=0) or 1
    told = [Bar(f"{hour:02}:00", count / most, str(count)) for hour, count in enumerate(hours)]
    return columns("hours", "Messages by hour", "In the shop's own time zone.", told)
