"""Lanes from past deliveries, and what their chances came to: learned anew once a day, from half a year.

Calibration: the weeks of the past are dealt into folds; the lanes of the other folds judge each, so many hours before
each promise. Source of the cross-fitting: M. Stone, "Cross-validatory choice and assessment of statistical
predictions", JRSS B 36 (1974).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tools.orders import driver
from tools.orders.alerts import lanes as ways
from tools.orders.alerts.calibration import Calibration, Learned, Nearing, enough
from tools.orders.alerts.lanes import BIN, BINS, Counts, Key, Lanes
from tools.orders.alerts.reading import seen as read
from tools.orders.alerts.seen import Parcel, Seen

HISTORY = timedelta(days=180)
PAGE = 2_000
FOLDS = 4
DAY = timedelta(days=1)
NEAR = tuple(timedelta(hours=hours) for hours in (24, 36, 48))
Past = tuple[Seen, Parcel]
Judged = tuple[float, bool]
"""A chance as it was told, and whether it came true."""


def learn(db: Connection, now: datetime, zone: ZoneInfo) -> Learned:
    folds: list[list[Past]] = [[] for _ in range(FOLDS)]
    for one in _past(db, now):
        folds[one[0].placed_at.toordinal() // 7 % FOLDS].append(one)
    counted = [_counted(fold, now, zone) for fold in folds]
    whole = _sum(counted)
    under_way: dict[float, list[Judged]] = {_hours(ahead): [] for ahead in NEAR}
    unsent: list[Judged] = []
    for fold, own in zip(folds, counted, strict=True):
        others = Lanes(_without(whole, own))
        for one in (one for one in fold if _is_decided(one, now)):
            for ahead, judged in _judgements(one, others, zone):
                under_way[ahead].append(judged)
            unsent += _before_leaving(one, others, zone)
    together = enough([one for judged in under_way.values() for one in judged])
    nearing = Nearing({hours: enough(judged) or together for hours, judged in under_way.items()})
    return Learned(Lanes(whole), nearing, Calibration(enough(unsent)))


def _past(db: Connection, now: datetime) -> Iterator[Past]:
    """Parcels that left since then, delivered or not; dates that were only guessed are no history."""
    mark, last = driver.mark(db), ""
    sql = (
        f"SELECT DISTINCT order_id FROM shipments WHERE order_id > {mark} AND shipped_at >= {mark} "
        f"AND delivered_exactly = 1 ORDER BY order_id LIMIT {PAGE}"
    )
    since = (now - HISTORY).isoformat(timespec="microseconds")
    while ids := [row[0] for row in driver.read(db, sql, (last, since))]:
        for seen in read(db, ids, now):
            yield from ((seen, parcel) for parcel in seen.parcels if parcel.shipped_at)
        last = ids[-1]


# -- counting ------------------------------------------------------------------------------------------------


def _counted(past: Iterable[Past], now: datetime, zone: ZoneInfo) -> dict[Key, Counts]:
    counts: dict[Key, Counts] = {}
    handled: set[str] = set()
    for seen, parcel in past:
        if seen.id not in handled:
            handled.add(seen.id)
            _handling(counts, seen, parcel, zone)
        ended = parcel.delivered_at or now
        if parcel.shipped_at and ended >= parcel.shipped_at:
            _add(counts, ways.bound_for(seen), "way", ended - parcel.shipped_at, parcel.delivered_at is not None)
        for name, since in ways.milestones(parcel):
            if ended >= since:
                _add(
                    counts, ways.levels(parcel, seen, since, zone), name, ended - since, parcel.delivered_at is not None
                )
    return counts


def _handling(counts: dict[Key, Counts], seen: Seen, parcel: Parcel, zone: ZoneInfo) -> None:
    sent = parcel.shipped_at
    if sent and sent >= seen.placed_at:
        _add(counts, ways.before_sending(seen, zone), "placed", sent - seen.placed_at, True)


def _add(counts: dict[Key, Counts], levels: Iterable[str], milestone: str, took: timedelta, arrived: bool) -> None:
    place = min(int(took.total_seconds() / 3600 / BIN), BINS)
    for level in levels:
        kept = counts.get((level, milestone))
        if kept is None:
            kept = counts[level, milestone] = Counts()
        (kept.arrived if arrived else kept.open)[place] += 1


def _sum(parts: Sequence[Mapping[Key, Counts]]) -> dict[Key, Counts]:
    whole: dict[Key, Counts] = {}
    for part in parts:
        for key, one in part.items():
            kept = whole.setdefault(key, Counts())
            kept.arrived += one.arrived
            kept.open += one.open
    return whole


def _without(whole: Mapping[Key, Counts], part: Mapping[Key, Counts]) -> dict[Key, Counts]:
    """What only the part has seen is not known at all."""
    rest: dict[Key, Counts] = {}
    for key, one in whole.items():
        own = part.get(key)
        left = Counts(one.arrived - own.arrived, one.open - own.open) if own else one
        if left.arrived.any() or left.open.any():
            rest[key] = left
    return rest


# -- calibrating ---------------------------------------------------------------------------------------------


def _is_decided(one: Past, now: datetime) -> bool:
    """Its promise is over, by a day where it has not arrived."""
    promised, arrived = one[0].promised_at, one[1].delivered_at
    return promised is not None and promised <= now and (arrived is not None or now - promised >= DAY)


def _is_late(one: Past) -> bool:
    promised, arrived = one[0].promised_at, one[1].delivered_at
    return arrived is None or (promised is not None and arrived > promised)


def _judgements(one: Past, lanes: Lanes, zone: ZoneInfo) -> Iterator[tuple[float, Judged]]:
    """Hours before the promise, and the judgement of then, of a parcel that was under way."""
    seen, parcel = one
    assert seen.promised_at
    for ahead in NEAR:
        moment = seen.promised_at - ahead
        reached = [(name, since) for name, since in ways.milestones(parcel) if since <= moment]
        if not reached or (parcel.delivered_at and parcel.delivered_at <= moment):
            continue
        name, since = max(reached, key=lambda pair: pair[1])
        curve = lanes.curve(ways.levels(parcel, seen, since, zone), name)
        if curve:
            chance = curve.chance(_hours(seen.promised_at - since), _hours(moment - since))
            yield _hours(ahead), (chance, _is_late(one))


def _before_leaving(one: Past, lanes: Lanes, zone: ZoneInfo) -> Iterator[Judged]:
    """Each quarter day that the order waited in the house."""
    seen, parcel = one
    handling = lanes.curve(ways.before_sending(seen, zone), "placed")
    transit = lanes.curve(ways.bound_for(seen), "way")
    if not (handling and transit and seen.promised_at and parcel.shipped_at):
        return
    bins = max(int(_hours(seen.promised_at - seen.placed_at) / BIN), 0)
    chances = lanes.late_by_waiting(handling, transit, bins)
    waited = _hours(min(parcel.shipped_at, seen.promised_at - DAY) - seen.placed_at)
    for place in range(min(int(waited / BIN) + 1, len(chances))):
        yield chances[place], _is_late(one)


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600
