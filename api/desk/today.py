"""The figures of the last days beside those of as many days before, and two charts. Counted by eval.metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from agent import journal
from api.wiring import House
from eval.grading import from_journal
from eval.metrics import restating
from eval.metrics.contacts import utc
from eval.metrics.intervals import Rate
from eval.metrics.live import Live, Reading, live
from eval.metrics.summary import Period, Summary
from eval.report.charts import Bar, bars, columns
from eval.report.wording import plain

OPAQUE = "metrics"
INTENTS = 12


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


def today(house: House, days: int, grade: int = 0) -> Today:
    """`grade`: at most so many conversations of each period are graded; reading one takes a fifth of a second."""
    zone = ZoneInfo(house.policy.terms.timezone)
    period = restating.days(house.now(), zone, days)
    before = Period(period.since - timedelta(days=days), period.since)
    with house.database.read() as db:
        now, then = (_read(house, db, one, grade) for one in (period, before))
        hours = _hours(db, period, zone)
    found = sorted(now.summary.by["intent"], key=lambda one: (-one.inbound, one.name))
    intents = tuple((plain(one.name or "no intent"), one.inbound, one.handed_over) for one in found[:INTENTS])
    return Today(days, now.volume.turns, tuple(_tiles(now, then)), intents, hours)


def charts(shown: Today) -> tuple[str, str]:
    """By intent and by hour, as SVG; the same figures stand in tables beside them."""
    return _intents(shown.by_intent), _by_hour(shown.by_hour)


def _read(house: House, db: Connection, period: Period, grade: int) -> Live:
    keyed, grader = house.keyed, from_journal(house.orders, house.policy)
    return live(db, period, "72h", Reading(house.policy, lambda who: keyed.of(OPAQUE, who), house.now(), grader, grade))


def _hours(db: Connection, period: Period, zone: ZoneInfo) -> tuple[int, ...]:
    """Messages by hour of the shop's day."""
    found = journal.between(db, utc(period.since), utc(period.until))
    asked = (one for one in found if one.body["kind"] == "message")
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
