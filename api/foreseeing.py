"""What is coming in this shop: demand, stock and tickets forecast from its own past, and kept for the desk.

The forecasts themselves are tools.forecast's; here the past is read, and the last result is kept in the database.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select

from agent import journal
from api.tables import forecasts
from eval.metrics.contacts import utc
from tools.forecast.calendar import LONGEST, Calendar, Frequency, Plan
from tools.forecast.terms import Shift, Terms

if TYPE_CHECKING:
    from api.wiring import House
    from tools.forecast.demand import Hit, Stock
    from tools.forecast.forecasting import Forecast, Forecasts
    from tools.forecast.history import History
    from tools.forecast.sales import Sale

Progress = Callable[[int, int], None]
DEMAND, TICKETS = "demand", "tickets"
HORIZON = 8
SHOWN = 26
"""Weeks of the past that are kept beside a forecast, for its chart."""
RECENT = timedelta(weeks=13)
LEAST_WEEKS = 4
"""Weeks of tickets without which nothing can be told of the next."""
PEOPLE = frozenset({"handed_off", "queued"})


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


class NothingYet(ValueError):
    """There is no past to forecast from; says what would make one."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The last forecast: when it was made and what it says."""

    made_at: datetime
    body: Mapping[str, Any]


def kept(house: House, name: str) -> Kept | None:
    with house.database.read() as db:
        row = db.execute(select(forecasts).where(forecasts.c.name == name)).one_or_none()
    return Kept(datetime.fromisoformat(row.made_at), json.loads(row.body)) if row else None


def _keep(house: House, name: str, body: Mapping[str, Any]) -> Kept:
    now = house.now()
    row = {"name": name, "made_at": now.isoformat(), "body": json.dumps(body, ensure_ascii=False)}
    with house.database.write() as db:
        db.execute(delete(forecasts).where(forecasts.c.name == name))
        db.execute(insert(forecasts), row)
    return Kept(now, body)


# -- demand and stock ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Past:
    """What the order core knows: weekly histories, levels, open orders that nothing is reserved for."""

    calendar: Calendar
    items: tuple[History, ...]
    stock: Stock
    hits: Mapping[str, Sequence[Hit]]
    names: Mapping[str, str]
    units_a_line: float


def demand(house: House, terms: Terms, progress: Progress = silent, workers: int = 0) -> Kept:
    """Weeks of demand of everything that sold, and what to order of what is counted. Raises `NothingYet`."""
    past = _past(house)
    made = _forecast(past.items, max(HORIZON, terms.weeks), progress, workers)
    rows = [
        _item(one, history, past.names) | _shelf(one, past, terms)
        for one, history in zip(made.items, past.items, strict=True)
    ]
    body = {"terms": asdict(terms), "units_a_line": past.units_a_line}
    return _keep(house, DEMAND, body | _told(past.calendar, made) | {"items": rows})


def _past(house: House) -> Past:
    from tools.forecast import demand as core
    from tools.forecast.history import histories

    zone, now = ZoneInfo(house.policy.terms.timezone), house.now()
    calendar = Calendar(Frequency.WEEK, _yesterday(now, zone))
    with house.database.read() as db:
        stock = core.stock(db, now, zone)
        sales = _until(core.wanted(db, now - timedelta(weeks=LONGEST[Frequency.WEEK]), zone), calendar)
        hits, names = core.uncovered(db, stock.positions), core.names(db)
    if not sales:
        raise NothingYet("no order of an earlier day holds a line; import orders: wismo orders import FILE")
    of_item: dict[str, list[Hit]] = {}
    for hit in hits:
        of_item.setdefault(hit.sku, []).append(hit)
    items = histories(_until(core.marked(sales, stock), calendar), calendar)
    return Past(calendar, items, stock, of_item, names, _units_a_line(sales))


def _shelf(one: Forecast, past: Past, terms: Terms) -> dict[str, Any]:
    """What to order of an item, None where its stock is not counted, and the open orders that wait for it."""
    from tools.forecast.stock import reorder

    position = past.stock.positions.get(one.name)
    told = asdict(reorder(one, position, terms)) if position else None
    return {"stock": told, "open": [_hit(hit) for hit in past.hits.get(one.name, ())]}


def _forecast(items: Sequence[History], horizon: int, progress: Progress, workers: int) -> Forecasts:
    from tools.forecast.forecasting import forecast

    return forecast(items, Plan(Frequency.WEEK, horizon), workers or min(os.cpu_count() or 1, 2), progress)


def _yesterday(now: datetime, zone: ZoneInfo) -> date:
    """The last whole day of the shop: today's sales are not all in."""
    return now.astimezone(zone).date() - timedelta(days=1)


def _until(sales: Iterable[Sale], calendar: Calendar) -> list[Sale]:
    return [one for one in sales if one.day <= calendar.last]


def _units_a_line(sales: Sequence[Sale]) -> float:
    bought = [one.units for one in sales if one.units > 0]
    return round(sum(bought) / len(bought), 3) if bought else 1.0


def _told(calendar: Calendar, made: Forecasts) -> dict[str, Any]:
    horizon = len(made.items[0].mean) if made.items else 0
    return {
        "last": calendar.last.isoformat(),
        "dates": [day.isoformat() for day in calendar.following(horizon)],
        "measured": {name: quality.as_json() for name, quality in made.measured.items()},
    }


def _item(one: Forecast, past: History, names: Mapping[str, str]) -> dict[str, Any]:
    low, middle, high = ([round(float(value), 2) for value in row] for row in one.quantiles)
    return {
        "sku": one.name,
        "name": names.get(one.name, ""),
        "pattern": one.pattern.value,
        "models": list(one.models),
        "past": [float(value) for value in past.units[-SHOWN:]],
        "out": [bool(value) for value in past.out[-SHOWN:]],
        "mean": [round(float(value), 2) for value in one.mean],
        "p10": low,
        "p50": middle,
        "p90": high,
    }


def _hit(one: Hit) -> dict[str, Any]:
    return {"order": one.order, "number": one.number, "units": one.units, "at": one.at.isoformat()}


# -- tickets ------------------------------------------------------------------------------------------------------


def tickets(house: House, shift: Shift, progress: Progress = silent, workers: int = 0) -> Kept:
    """Weeks of tickets by intent, and the people they need. Raises `NothingYet`."""
    from tools.forecast.history import histories

    zone, now = ZoneInfo(house.policy.terms.timezone), house.now()
    calendar = Calendar(Frequency.WEEK, _yesterday(now, zone))
    with house.database.read() as db:
        entries = journal.between(db, utc(now - timedelta(weeks=LONGEST[Frequency.WEEK])), utc(now))
        asked = [
            (one.at, _intent(one.body), one.body["disposition"]) for one in entries if one.body["kind"] == "message"
        ]
    sales = [_ticket(at, intent, zone) for at, intent, _ in asked]
    counted = _until(sales, calendar)
    if not counted or calendar.back(min(one.day for one in counted)) < LEAST_WEEKS - 1:
        raise NothingYet(f"tickets of {LEAST_WEEKS} whole weeks are needed before anything can be told of the next")
    items = histories(counted, calendar)
    made = _forecast(items, HORIZON, progress, workers)
    shares = _shares((intent, end) for at, intent, end in asked if at >= now - RECENT)
    rows = [
        _item(one, past, {}) | {"share": shares.get(one.name, 0.0)} for one, past in zip(made.items, items, strict=True)
    ]
    body = {"shift": asdict(shift), "weeks": list(_weeks(made, shares, shift))}
    return _keep(house, TICKETS, body | _told(calendar, made) | {"items": rows})


def _intent(body: Mapping[str, Any]) -> str:
    return str(body["requests"][0]["intent"]) if body["requests"] else "none"


def _ticket(at: datetime, intent: str, zone: ZoneInfo) -> Sale:
    from tools.forecast.sales import Sale

    return Sale(at.astimezone(zone).date(), intent, 1.0)


def _shares(ends: Iterable[tuple[str, str]]) -> dict[str, float]:
    """By intent, the share of its tickets that came to a person."""
    every, people = Counter[str](), Counter[str]()
    for intent, end in ends:
        every[intent] += 1
        people[intent] += end in PEOPLE
    return {intent: round(people[intent] / count, 4) for intent, count in every.items()}


def _weeks(made: Forecasts, shares: Mapping[str, float], shift: Shift) -> Iterator[dict[str, Any]]:
    """People are reckoned over all intents together. Quantiles of intents are added: a busy week is busy for all."""
    from tools.forecast.people import staff

    for at in range(HORIZON):
        mean = {one.name: float(one.mean[at]) for one in made.items}
        total, busy = sum(mean.values()), sum(float(one.quantiles[2][at]) for one in made.items)
        to_people = sum(count * shares.get(name, 0.0) for name, count in mean.items())
        needed = staff(total, busy, to_people / total if total else 0.0, shift)
        yield {"tickets": round(total, 1), "busy": round(busy, 1), "to_people": round(to_people, 1), **asdict(needed)}
