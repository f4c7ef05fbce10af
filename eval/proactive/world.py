"""A simulated shop and its carriers: every order's truth is drawn beforehand, and told to the database as it happens.

What makes a parcel late: a warehouse that is behind for a week, goods that are missing, a carrier whose network is slow
for days (most say so, some are only silent), parcels that are lost, and drivers who find nobody. The last is not to be
foreseen a day ahead by anybody; the others are, more or less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

START = datetime(2028, 1, 3, 6, tzinfo=UTC)
"""A leap year: 29 February and the change to summer time on 26 March lie in the first months."""
ZONE = ZoneInfo("Europe/Paris")
DAY = timedelta(days=1)
SUNDAY = 6
CARRIERS = ("DHL", "DHL Express", "UPS", "Chronopost")
SPEED = {"DHL": 1.0, "DHL Express": 0.6, "UPS": 0.9, "Chronopost": 0.7}
REGIONS = (("FR", "75", 1), ("FR", "69", 2), ("FR", "33", 2), ("FR", "20", 4), ("DE", "10", 3), ("ES", "28", 3))
"""Country, the beginning of a postcode, and hubs on the way."""
CITIES = {"FR": "Ville", "DE": "Stadt", "ES": "Ciudad"}


@dataclass(frozen=True, slots=True)
class Happening:
    """`code` is "placed", "shipped", or a scan's."""

    at: datetime
    code: str


@dataclass(slots=True)
class Truth:
    """An order as it will go. `arrives` is None for a parcel that is lost; `why` names what made it slow."""

    number: int
    customer: int
    carrier: str
    country: str
    postcode: str
    placed_at: datetime
    promised_at: datetime
    short: bool = False
    arrives: datetime | None = None
    why: str = ""
    happenings: list[Happening] = field(default_factory=list)

    @property
    def late(self) -> bool:
        return self.arrives is None or self.arrives > self.promised_at


def orders(count: int, days: int, seed: int) -> Iterator[Truth]:
    """By the moment they were placed."""
    random = Random(seed)
    slow_weeks = {week for week in range(days // 7 + 2) if random.random() < 0.08}
    slow_hubs = {(carrier, day) for carrier in CARRIERS for day in range(days + 30) if random.random() < 0.02}
    for number in range(count):
        placed = START + timedelta(days=days * number / count, minutes=random.random() * 60)
        yield _order(number, count, placed, random, slow_weeks, slow_hubs)


def _order(
    number: int, count: int, placed: datetime, random: Random, slow_weeks: set[int], slow_hubs: set[tuple[str, int]]
) -> Truth:
    country, code, hops = random.choice(REGIONS)
    carrier = random.choice(CARRIERS)
    made = Truth(
        number,
        random.randrange(max(count // 3, 1)),
        carrier,
        country,
        f"{code}{random.randrange(1000):03}",
        placed,
        _promise(placed, carrier, hops),
    )
    made.happenings.append(Happening(placed, "placed"))
    sent = _handled(made, random, slow_weeks)
    made.happenings.append(Happening(sent, "shipped"))
    _travel(made, sent, hops, random, slow_hubs)
    return made


def _promise(placed: datetime, carrier: str, hops: int) -> datetime:
    """What a shop says at the checkout: the end of a day by which nine in ten of such orders have come."""
    usual = 1.6 + 1.1 * hops * SPEED[carrier] + 1.7
    local = (placed + timedelta(days=usual)).astimezone(ZONE)
    return _working(datetime.combine(local.date(), time(20), ZONE)).astimezone(UTC)


def _handled(made: Truth, random: Random, slow_weeks: set[int]) -> datetime:
    """When the carrier fetches it: in the afternoon of a working day."""
    days = random.uniform(0.2, 1.2)
    if (made.placed_at - START).days // 7 in slow_weeks:
        days += random.uniform(1, 4)
        made.why = "backlog"
    if random.random() < 0.012:
        days += random.uniform(4, 9)
        made.short, made.why = True, "stock"
    local = (made.placed_at + timedelta(days=days)).astimezone(ZONE)
    return _working(datetime.combine(local.date(), time(17), ZONE), local).astimezone(UTC)


def _travel(made: Truth, sent: datetime, hops: int, random: Random, slow_hubs: set[tuple[str, int]]) -> None:
    at = sent + timedelta(hours=random.uniform(4, 10))
    made.happenings.append(Happening(at, "in_transit"))
    trouble = random.random()
    for hop in range(hops):
        at += timedelta(hours=random.lognormvariate(2.9, 0.22) * SPEED[made.carrier])
        if (made.carrier, (at - START).days) in slow_hubs:
            at = _held_up(made, at, timedelta(days=random.uniform(2, 5)), random.random() < 0.85)
        if trouble < 0.012 and hop == hops // 2:
            at = _held_up(made, at, timedelta(days=random.uniform(3, 7)), said=True)
        elif trouble < 0.016 and hop == hops // 2:
            made.happenings.append(Happening(at + timedelta(hours=30), "exception"))
            made.why = "lost"
            return
        made.happenings.append(Happening(at, "in_transit"))
    _to_the_door(made, at, random)


def _held_up(made: Truth, at: datetime, longer: timedelta, said: bool) -> datetime:
    """Most networks say that they are slow, half a day after they are."""
    made.why = made.why or "carrier"
    if said:
        made.happenings.append(Happening(at + timedelta(hours=12), "delayed"))
    return at + longer


def _to_the_door(made: Truth, at: datetime, random: Random) -> None:
    """Into the van on the next working morning; one in a hundred and fifty finds nobody."""
    morning = _working(_next(at.astimezone(ZONE), time(8)))
    made.happenings.append(Happening(morning.astimezone(UTC), "out_for_delivery"))
    door = morning + timedelta(hours=random.uniform(1.5, 10))
    if random.random() < 0.007:
        made.happenings.append(Happening(door.astimezone(UTC), "attempt_failed"))
        made.why = made.why or "nobody in"
        door = _working(_next(door, time(8))) + timedelta(hours=random.uniform(2, 10))
    made.arrives = door.astimezone(UTC)
    made.happenings.append(Happening(made.arrives, "delivered"))


def _next(local: datetime, at: time) -> datetime:
    day = local.date() if local.time() < at else local.date() + DAY
    return datetime.combine(day, at, ZONE)


def _working(local: datetime, after: datetime | None = None) -> datetime:
    """Not on a Sunday, and not before `after`."""
    while local.weekday() == SUNDAY or (after and local < after):
        local = datetime.combine(local.date() + DAY, local.time(), ZONE)
    return local
