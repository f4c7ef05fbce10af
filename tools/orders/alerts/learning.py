"""Lanes from past deliveries, and what their chances came to: learned anew once a day, from half a year.

Calibration: lanes of the older three quarters judge the last quarter, one and two days before each promise; the
pool-adjacent-violators rule makes rising knots of it (Ayer et al., "An empirical distribution function for sampling
with incomplete information", 1955).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tools.orders import driver
from tools.orders.alerts import lanes as ways
from tools.orders.alerts.lanes import BIN, BINS, Counts, Knot, Lanes
from tools.orders.alerts.reading import seen as read
from tools.orders.alerts.seen import Parcel, Seen
from tools.orders.model import ShipmentState

HISTORY = timedelta(days=180)
PAGE = 2_000
FEWEST = 200
"""Judgements below which nothing is calibrated."""
DAY = timedelta(days=1)
NEAR = tuple(timedelta(hours=hours) for hours in (24, 36, 48))
SMALLEST, BLOCKS = 50, 400
Past = tuple[Seen, Parcel]
Knots = tuple[Knot, ...]


def learn(db: Connection, now: datetime, zone: ZoneInfo) -> Lanes:
    past = list(_past(db, now))
    knots, unsent = _knots(past, now, zone)
    return Lanes(_counted(past, now, zone), knots, unsent)


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


def _counted(past: Iterable[Past], now: datetime, zone: ZoneInfo) -> dict[tuple[str, str], Counts]:
    counts: dict[tuple[str, str], Counts] = {}
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


def _handling(counts: dict[tuple[str, str], Counts], seen: Seen, parcel: Parcel, zone: ZoneInfo) -> None:
    sent = parcel.shipped_at
    if sent and sent >= seen.placed_at:
        _add(counts, ways.before_sending(seen, zone), "placed", sent - seen.placed_at, True)


def _add(
    counts: dict[tuple[str, str], Counts], levels: Iterable[str], milestone: str, took: timedelta, arrived: bool
) -> None:
    place = min(int(took.total_seconds() / 3600 / BIN), BINS)
    for level in levels:
        kept = counts.get((level, milestone))
        if kept is None:
            kept = counts[level, milestone] = Counts()
        (kept.arrived if arrived else kept.open)[place] += 1


# -- calibrating ---------------------------------------------------------------------------------------------


def _knots(past: Sequence[Past], now: datetime, zone: ZoneInfo) -> tuple[Knots, Knots]:
    """Of parcels under way and of orders that have not left; none where there is too little to judge by."""
    left = sorted(one.shipped_at for _, one in past if one.shipped_at)
    if not left:
        return (), ()
    cut = left[len(left) * 3 // 4]
    older = Lanes(_counted([_as_of(one, cut) for one in past if _before(one, cut)], cut, zone))
    later = [one for one in past if not _before(one, cut) and _is_decided(one, now)]
    under_way = sorted(pair for one in later for pair in _judgements(one, older, zone))
    unsent = sorted(pair for one in later for pair in _before_leaving(one, older, zone))
    return _enough(under_way), _enough(unsent)


def _enough(judged: Sequence[tuple[float, bool]]) -> Knots:
    return pooled(judged) if len(judged) >= FEWEST else ()


def _is_decided(one: Past, now: datetime) -> bool:
    """Its promise is over, by a day where it has not arrived."""
    promised, arrived = one[0].promised_at, one[1].delivered_at
    return promised is not None and promised <= now and (arrived is not None or now - promised >= DAY)


def _is_late(one: Past) -> bool:
    promised, arrived = one[0].promised_at, one[1].delivered_at
    return arrived is None or (promised is not None and arrived > promised)


def _before(one: Past, cut: datetime) -> bool:
    left = one[1].shipped_at
    return left is not None and left < cut


def _as_of(one: Past, cut: datetime) -> Past:
    """As it stood then: what came later was not known."""
    seen, parcel = one
    arrived = parcel.delivered_at if parcel.delivered_at and parcel.delivered_at < cut else None
    state = parcel.state if arrived else ShipmentState.IN_TRANSIT
    scans = [scan for scan in parcel.scans if scan.at < cut]
    return seen, replace(parcel, delivered_at=arrived, state=state, scans=scans)


def _judgements(one: Past, lanes: Lanes, zone: ZoneInfo) -> Iterator[tuple[float, bool]]:
    """(chance told, truly late) as the promise comes near, of a parcel that is under way then."""
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
            yield curve.chance(_hours(seen.promised_at - since), _hours(moment - since)), _is_late(one)


def _before_leaving(one: Past, lanes: Lanes, zone: ZoneInfo) -> Iterator[tuple[float, bool]]:
    """The same, each quarter day that the order waited in the house."""
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


def pooled(judged: Sequence[tuple[float, bool]]) -> Knots:
    """Of judgements by rising chance: at most `BLOCKS` groups, joined until what came of them rises too."""
    size = max(len(judged) // BLOCKS, SMALLEST)
    groups = [judged[at : at + size] for at in range(0, len(judged), size)]
    blocks: list[tuple[float, float, int]] = []
    for group in groups:
        count = len(group)
        block = (sum(told for told, _ in group) / count, sum(real for _, real in group) / count, count)
        while blocks and blocks[-1][1] >= block[1]:
            block = _joined(blocks.pop(), block)
        blocks.append(block)
    return tuple((told, real) for told, real, _ in blocks)


def _joined(one: tuple[float, float, int], other: tuple[float, float, int]) -> tuple[float, float, int]:
    count = one[2] + other[2]
    return (
        (one[0] * one[2] + other[0] * other[2]) / count,
        (one[1] * one[2] + other[1] * other[2]) / count,
        count,
    )
