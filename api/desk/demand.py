"""What the page of demand shows of the last forecasts: items at risk, what to order, an item's chart, tickets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.foreseeing import DEMAND, TICKETS, Kept, kept
from api.wiring import House
from eval.report.charts import Bar, bars, fan
from eval.report.wording import plain

LISTED = 50
COLUMNS = (
    *("sku", "name", "available", "incoming", "reorder point", "order now", "risk", "units short", "days of cover"),
    *("open orders hit", "expected orders hit"),
)


@dataclass(frozen=True, slots=True)
class Risk:
    """An item that may run out before new goods can come, and whom it hits."""

    sku: str
    name: str
    available: int
    incoming: int
    point: int
    quantity: int
    risk: float
    short: float
    cover: float | None
    open: tuple[Mapping[str, Any], ...]
    expected: int

    @property
    def row(self) -> tuple[object, ...]:
        cover = "" if self.cover is None else round(self.cover, 1)
        head = (self.sku, self.name, self.available, self.incoming, self.point, self.quantity)
        return (*head, round(self.risk, 3), round(self.short, 1), cover, len(self.open), self.expected)


@dataclass(frozen=True, slots=True)
class Week:
    end: str
    tickets: float
    busy: float
    to_people: float
    needed: int
    most: int
    without: int


@dataclass(frozen=True, slots=True)
class Page:
    """`made_at` None: nothing was forecast yet. `chosen` is the item whose chart is shown."""

    made_at: datetime | None
    terms: Mapping[str, float]
    items: int
    counted: int
    at_risk: tuple[Risk, ...]
    to_order: tuple[Risk, ...]
    measured: Mapping[str, Mapping[str, float | None]]
    chosen: Mapping[str, Any] | None
    names: tuple[tuple[str, str], ...]
    weeks: tuple[Week, ...]
    intents: tuple[tuple[str, float], ...]
    tickets_at: datetime | None
    dates: tuple[str, ...] = ()


def page(house: House, sku: str = "") -> Page:
    demand, tickets = kept(house, DEMAND), kept(house, TICKETS)
    items = demand.body["items"] if demand else []
    every = risks(demand) if demand else ()
    at_risk = tuple(one for one in every if at_risk_of(one, demand))
    first = at_risk[0].sku if at_risk else ""
    return Page(
        demand.made_at if demand else None,
        demand.body["terms"] if demand else {},
        len(items),
        len(every),
        at_risk,
        tuple(one for one in every if one.quantity),
        demand.body["measured"] if demand else {},
        _chosen(items, sku or first),
        tuple((one["sku"], one["name"]) for one in _most_wanted(items)),
        tuple(_weeks(tickets)) if tickets else (),
        tuple(_intents(tickets)) if tickets else (),
        tickets.made_at if tickets else None,
        tuple(demand.body["dates"]) if demand else (),
    )


def risks(demand: Kept) -> tuple[Risk, ...]:
    """Everything that is counted, the most units short first."""
    a_line = float(demand.body["units_a_line"])
    found = [_risk(one, a_line) for one in demand.body["items"] if one["stock"]]
    return tuple(sorted(found, key=lambda one: (-one.short, -one.risk, one.sku)))


def at_risk_of(one: Risk, demand: Kept | None) -> bool:
    """More likely to run out within the lead time than the shop's service level bears, or orders wait already."""
    bears = 1 - float(demand.body["terms"]["service"]) if demand else 0.0
    return one.risk > bears or bool(one.open)


def _risk(one: Mapping[str, Any], a_line: float) -> Risk:
    stock = one["stock"]
    figures = {name: stock[name] for name in ("available", "incoming", "point", "quantity", "risk", "short", "cover")}
    return Risk(one["sku"], one["name"], **figures, open=tuple(one["open"]), expected=round(stock["short"] / a_line))


def _chosen(items: Sequence[Mapping[str, Any]], sku: str) -> Mapping[str, Any] | None:
    named = next((one for one in items if one["sku"] == sku), None)
    return named or next(iter(_most_wanted(items)), None)


def _most_wanted(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(items, key=lambda one: (-sum(one["mean"]), one["sku"]))[:LISTED]


def _weeks(tickets: Kept) -> Iterator[Week]:
    return (Week(end, **week) for end, week in zip(tickets.body["dates"], tickets.body["weeks"], strict=False))


def _intents(tickets: Kept) -> Iterator[tuple[str, float]]:
    made = sorted(((plain(one["sku"]), one["mean"][0]) for one in tickets.body["items"]), key=lambda one: -one[1])
    return (one for one in made if one[1] >= 0.05)


# -- charts -------------------------------------------------------------------------------------------------------


def item_chart(one: Mapping[str, Any]) -> str:
    ahead = list(zip(one["p10"], one["mean"], one["p90"], strict=True))
    says = "Units by week: what was wanted, then what is expected; the band holds four of five weeks."
    return fan("item", f"Demand of {one['sku']}", says, one["past"], ahead)


def intents_chart(rows: Sequence[tuple[str, float]]) -> str:
    most = max((count for _, count in rows), default=0.0) or 1.0
    told = [Bar(name, count / most, f"{count:.1f}") for name, count in rows]
    return bars("intents", "Tickets of the next week by intent", "The mean that is expected.", told)


def people_chart(weeks: Sequence[Week]) -> str:
    most = max((week.without for week in weeks), default=0) or 1
    told = [Bar(week.end, week.needed / most, f"{week.needed} of {week.without}") for week in weeks]
    return bars("people", "People needed by week", "Of how many it would take without Wismo.", told)
