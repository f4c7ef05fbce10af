"""From which locations an order is sent: the cheapest plan, and why. Pure; actions/route.py gathers what it needs.

A plan costs, in minor units, what its parcels cost, what splitting costs, distance, lateness, and scarcity: units that
eat into what a location expects to sell itself. Up to `EXACT` variants the plan is the cheapest there is; above it is
built greedily and improved. Equal plans are decided by the locations' ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

EXACT = 7
"""2^7 subsets for each location, then 3^7 ways to part them: under two milliseconds for twenty locations."""
NEVER = 1 << 60


@dataclass(frozen=True, slots=True)
class Weights:
    """Minor units: of a further parcel, of 100 km, of a day too late, of a unit that is taken from expected sales."""

    split: int = 300
    per_100_km: int = 20
    late_day: int = 400
    stockout: int = 150


@dataclass(frozen=True, slots=True)
class Place:
    """`days` until a parcel from here arrives; `parcel` is what one costs, in minor units."""

    id: str
    free: Mapping[str, int]
    km: float = 0.0
    days: int = 0
    parcel: int = 0
    expected: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cost:
    parcels: int = 0
    splits: int = 0
    distance: int = 0
    late: int = 0
    scarcity: int = 0

    @property
    def total(self) -> int:
        return self.parcels + self.splits + self.distance + self.late + self.scarcity


@dataclass(frozen=True, slots=True)
class Plan:
    """Units by location and sku."""

    units: Mapping[str, Mapping[str, int]]
    cost: Cost

    def told(self) -> Mapping[str, object]:
        units = {place: dict(some) for place, some in self.units.items()}
        return {"units": units, "cost": asdict(self.cost) | {"total": self.cost.total}}


@dataclass(frozen=True, slots=True)
class Routed:
    """`second` does without one of the best plan's locations; None where there is no other way."""

    best: Plan | None
    second: Plan | None = None
    short: tuple[str, ...] = ()

    def told(self) -> Mapping[str, object]:
        return {
            "best": self.best.told() if self.best else None,
            "second": self.second.told() if self.second else None,
            "short": list(self.short),
        }


@dataclass(frozen=True, slots=True)
class Item:
    """What goes in one parcel: units of a sku, by the locations (their positions) that can send it."""

    sku: str
    units: int
    able: frozenset[int]


def route(wanted: Mapping[str, int], places: Iterable[Place], weights: Weights, promised_days: int | None) -> Routed:
    """Units by sku. What all places together have too little of is `short`, and then there is no plan."""
    known = sorted(places, key=lambda place: place.id)
    short = tuple(sku for sku, units in wanted.items() if sum(max(p.free.get(sku, 0), 0) for p in known) < units)
    if short or not wanted:
        return Routed(None, short=short)
    sums = Sums(known, weights, promised_days)
    best = sums.plan(_items(wanted, known))
    return Routed(best, _second(best, wanted, known, sums))


def _second(best: Plan, wanted: Mapping[str, int], known: Sequence[Place], sums: Sums) -> Plan | None:
    others = []
    for without in best.units:
        left = [place for place in known if place.id != without]
        if all(sum(max(p.free.get(sku, 0), 0) for p in left) >= units for sku, units in wanted.items()):
            others.append(Sums(left, sums.weights, sums.promised).plan(_items(wanted, left)))
    return min(others, key=lambda plan: (plan.cost.total, sorted(plan.units)), default=None)


def _items(wanted: Mapping[str, int], places: Sequence[Place]) -> list[Item]:
    """A sku that no location has enough of is divided, the fullest shelves first."""
    items: list[Item] = []
    for sku, units in sorted(wanted.items()):
        able = frozenset(at for at, place in enumerate(places) if place.free.get(sku, 0) >= units)
        items += [Item(sku, units, able)] if able else _divided(sku, units, places)
    return items


def _divided(sku: str, units: int, places: Sequence[Place]) -> list[Item]:
    parts, left = [], units
    fullest = sorted(range(len(places)), key=lambda at: (-places[at].free.get(sku, 0), places[at].id))
    for at in fullest:
        part = min(left, max(places[at].free.get(sku, 0), 0))
        if part:
            parts.append(Item(sku, part, frozenset({at})))
            left -= part
    return parts


class Sums:
    """What parcels of some places cost."""

    def __init__(self, places: Sequence[Place], weights: Weights, promised: int | None) -> None:
        self.places, self.weights, self.promised = places, weights, promised
        self._open = [place.parcel + self._distance(place) + self._late(place) + weights.split for place in places]

    def plan(self, items: Sequence[Item]) -> Plan:
        """Every item has a place that can send it."""
        chosen = self._exact(items) if len(items) <= EXACT else self._improved(items, self._greedy(items))
        units: dict[str, dict[str, int]] = {}
        for item, at in zip(items, chosen, strict=True):
            here = units.setdefault(self.places[at].id, {})
            here[item.sku] = here.get(item.sku, 0) + item.units
        return Plan({place: units[place] for place in sorted(units)}, self._cost(items, chosen))

    # -- exact -----------------------------------------------------------------------------------------------

    def _exact(self, items: Sequence[Item]) -> list[int]:
        """The cheapest place for each subset of the items, then the cheapest way to part all of them into subsets."""
        cheapest, where = self._cheapest(items)
        everything = (1 << len(items)) - 1
        best, took = [0] + [NEVER] * everything, [0] * (everything + 1)
        for mask in range(1, everything + 1):
            lowest = mask & -mask
            rest = sub = mask ^ lowest
            while True:
                cost = cheapest[sub | lowest] + best[rest ^ sub]
                if cost < best[mask]:
                    best[mask], took[mask] = cost, sub | lowest
                if not sub:
                    break
                sub = (sub - 1) & rest
        return _parted(took, where, len(items))

    def _cheapest(self, items: Sequence[Item]) -> tuple[list[int], list[int]]:
        size = 1 << len(items)
        cheapest, where = [NEVER] * size, [0] * size
        for at in range(len(self.places)):
            alone = [self._scarce(at, item) if at in item.able else NEVER for item in items]
            sums = [self._open[at]] + [NEVER] * (size - 1)
            for mask in range(1, size):
                lowest = mask & -mask
                cost = sums[mask ^ lowest] + alone[lowest.bit_length() - 1]
                sums[mask] = cost
                if cost < cheapest[mask]:
                    cheapest[mask], where[mask] = cost, at
        return cheapest, where

    # -- many variants ---------------------------------------------------------------------------------------

    def _greedy(self, items: Sequence[Item]) -> list[int]:
        """Again and again the place that sends most of what is left for least."""
        chosen = [-1] * len(items)
        while -1 in chosen:
            left = [number for number, at in enumerate(chosen) if at < 0]
            offers = [(self._offer(at, items, left), at) for at in range(len(self.places))]
            (_, able), at = min((offer, at) for offer, at in offers if offer[1])
            for number in able:
                chosen[number] = at
        return chosen

    def _offer(self, at: int, items: Sequence[Item], left: Sequence[int]) -> tuple[float, tuple[int, ...]]:
        able = tuple(number for number in left if at in items[number].able)
        cost = self._open[at] + sum(self._scarce(at, items[number]) for number in able)
        return cost / len(able) if able else float(NEVER), able

    def _improved(self, items: Sequence[Item], chosen: list[int]) -> list[int]:
        """Places are added, left out or swapped while that makes the plan cheaper."""
        best, used = self._cost(items, chosen).total, frozenset(chosen)
        while True:
            tries = filter(None, (self._from(items, some) for some in self._near(used)))
            cost, cheaper = min(((self._cost(items, one).total, one) for one in tries), default=(best, chosen))
            if cost >= best:
                return chosen
            best, chosen, used = cost, cheaper, frozenset(cheaper)

    def _near(self, used: frozenset[int]) -> Iterable[frozenset[int]]:
        yield used
        others = sorted(frozenset(range(len(self.places))) - used)
        yield from (used - {one} for one in sorted(used))
        yield from (used | {other} for other in others)
        yield from (used - {one} | {other} for one in sorted(used) for other in others)

    def _from(self, items: Sequence[Item], used: frozenset[int]) -> list[int] | None:
        """Each item from the one of these places where it is scarce least; None where one of them can not be sent."""
        able = [sorted(used & item.able) for item in items]
        if not all(able):
            return None
        return [
            min(some, key=lambda at, item=item: self._scarce(at, item))  # type: ignore[misc]
            for item, some in zip(items, able, strict=True)
        ]

    # -- costs -----------------------------------------------------------------------------------------------

    def _cost(self, items: Sequence[Item], chosen: Sequence[int]) -> Cost:
        used = [self.places[at] for at in set(chosen)]
        return Cost(
            parcels=sum(place.parcel for place in used),
            splits=(len(used) - 1) * self.weights.split,
            distance=sum(map(self._distance, used)),
            late=sum(map(self._late, used)),
            scarcity=sum(self._scarce(at, item) for item, at in zip(items, chosen, strict=True)),
        )

    def _distance(self, place: Place) -> int:
        return round(place.km * self.weights.per_100_km / 100)

    def _late(self, place: Place) -> int:
        return 0 if self.promised is None else max(place.days - self.promised, 0) * self.weights.late_day

    def _scarce(self, at: int, item: Item) -> int:
        place = self.places[at]
        spare = max(place.free.get(item.sku, 0) - place.expected.get(item.sku, 0), 0)
        return max(item.units - spare, 0) * self.weights.stockout


def _parted(took: Sequence[int], where: Sequence[int], size: int) -> list[int]:
    chosen, mask = [0] * size, (1 << size) - 1
    while mask:
        part = took[mask]
        for number in range(size):
            if part >> number & 1:
                chosen[number] = where[part]
        mask ^= part
    return chosen
