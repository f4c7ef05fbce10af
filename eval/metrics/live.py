"""The figures of a shop as it runs: journal and order core in, one report out. Nothing is kept or changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from agent import journal, ratings
from agent.journal import Entry
from agent.policy import Policy
from agent.tables import costs
from eval.conversation import Conversation
from eval.metrics import from_core, from_journal
from eval.metrics.contacts import utc
from eval.metrics.definitions import decided
from eval.metrics.resolution import judged
from eval.metrics.restating import Restated, months, restated
from eval.metrics.spending import Inputs
from eval.metrics.summary import Given, Period, Summary, Window, summarise
from eval.metrics.thinking import Thinking, thinking
from eval.metrics.volume import Gap, Volume, gaps, volume

BEFORE = timedelta(days=120)
"""How far back the journal is read beside the period: three months that are told anew, and whose turns go on."""
MONTHS = 3


@dataclass(frozen=True, slots=True)
class Live:
    """`volume` and `gaps` are of turns; `restated` are the last months, as they were published and as they are now."""

    period: Period
    volume: Volume
    gaps: tuple[Gap, ...]
    summary: Summary
    restated: tuple[Restated, ...]
    thinking: Thinking = field(default_factory=Thinking)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the figures are asked with; `opaque` makes a key of an address, `grader` reads a conversation's entries.

    `sample`: at most so many of the period's decided conversations are graded, always the same ones; None: all.
    """

    policy: Policy
    opaque: Callable[[str], str]
    now: datetime
    grader: from_journal.Grader = from_journal.ungraded
    sample: int | None = None
    progress: Callable[[int, int], None] = lambda *_: None


def live(db: Connection, period: Period, window: Window, reading: Reading) -> Live:
    entries = read(db, utc(period.since) - BEFORE, reading.now)
    return of_entries(db, entries, (period,), window, reading)[0]


def of_entries(
    db: Connection, entries: Sequence[Entry], periods: Sequence[Period], window: Window, reading: Reading
) -> tuple[Live, ...]:
    """Several periods of one reading, which must begin `BEFORE` the earliest of them."""
    known = conversations(db, entries, reading)
    return tuple(_of_period(db, entries, known, period, window, reading) for period in periods)


def _of_period(
    db: Connection,
    entries: Sequence[Entry],
    known: Sequence[Conversation],
    period: Period,
    window: Window,
    reading: Reading,
) -> Live:
    found = graded(known, entries, period, reading)
    told = summarise(found, window, now=reading.now, period=period, given=_given(db, period, reading.policy))
    zone = ZoneInfo(reading.policy.terms.timezone)
    turns = [entry for entry in entries if period.since <= entry.at < period.until]
    return Live(
        period,
        volume(turns),
        gaps(turns),
        told,
        restated(found, months(reading.now, zone, MONTHS), reading.now),
        thinking(turns),
    )


def read(db: Connection, since: datetime, now: datetime) -> Sequence[Entry]:
    """Since then (in UTC), and the earlier turns of what was going on, which then have their beginning."""
    entries = list(journal.between(db, since, utc(now) + timedelta(seconds=1)))
    going_on = {one.conversation for one in entries} - {one.conversation for one in entries if one.sequence == 1}
    earlier = (one for name in sorted(going_on) for one in journal.of_conversation(db, name) if one.at < since)
    return [*earlier, *entries]


def conversations(db: Connection, entries: Sequence[Entry], reading: Reading) -> tuple[Conversation, ...]:
    found = from_journal.conversations(entries, reading.opaque)
    addresses = {reading.opaque(who): who for who in map(from_journal.customer_of, entries) if who}
    found = from_core.with_segments(db, rated(found, ratings.latest(db)), addresses)
    return from_core.with_reversals(
        found, from_core.undone_since(db, min((one.began for one in found), default=reading.now))
    )


def graded(
    found: Sequence[Conversation], entries: Sequence[Entry], period: Period, reading: Reading
) -> tuple[Conversation, ...]:
    chosen = sampled(found, period, reading)
    talks: dict[str, list[Entry]] = {name: [] for name in chosen}
    for entry in entries:
        if entry.conversation in talks:
            talks[entry.conversation].append(entry)
    grades = {}
    for done, name in enumerate(chosen):
        reading.progress(done, len(chosen))
        grades[name] = reading.grader(sorted(talks[name], key=lambda entry: entry.sequence))
    return tuple(replace(one, grades=grades[one.id]) if one.id in grades else one for one in found)


def sampled(found: Sequence[Conversation], period: Period, reading: Reading) -> tuple[str, ...]:
    """By a hash of their names: no choice of ours, and the same ones when the report is made again."""
    if reading.sample is None:
        return tuple(one.id for one in found)
    if not reading.sample:
        return ()
    ripe = (one.conversation for one in judged(found, reading.now) if decided(one))
    names = (one.id for one in ripe if period.holds(one))
    return tuple(sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())[: reading.sample])


def rated(found: Sequence[Conversation], scores: Mapping[str, int]) -> tuple[Conversation, ...]:
    """1 to 5 as 0 to 1."""
    return tuple(replace(one, csat=(scores[one.id] - 1) / 4) if one.id in scores else one for one in found)


def _given(db: Connection, period: Period, policy: Policy) -> Given:
    """Orders are counted only where somebody is held out: without them there is nothing to compare."""
    treated = holdout = 0
    if policy.rollout.holdout:
        treated, holdout = from_core.orders_by_group(db, period.since, period.until, policy.rollout.held_out)
    micros = db.execute(
        select(func.coalesce(func.sum(costs.c.micros), 0)).where(
            costs.c.at >= utc(period.since).isoformat(), costs.c.at < utc(period.until).isoformat()
        )
    ).scalar_one()
    inputs = Inputs(policy.cost.handoff_minutes, policy.cost.person_hour, int(micros))
    return Given(treated, holdout, inputs)
