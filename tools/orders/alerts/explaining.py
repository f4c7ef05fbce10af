"""Why an order is an alert, or not: what is seen of it now, what history says, and what was found before."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from tools.orders.alerts import reading, store
from tools.orders.alerts.detectors import look
from tools.orders.alerts.kinds import MEANING
from tools.orders.alerts.lanes import way
from tools.orders.alerts.limits import Limits
from tools.orders.alerts.seen import Parcel, Seen
from tools.orders.alerts.sight import Sight


def explain(db: Connection, order: str, limits: Limits, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Ready for JSON. Raises KeyError for an order that is none."""
    found = reading.seen(db, [order], now)
    if not found:
        raise KeyError(order)
    seen, sight = found[0], Sight(now, limits, store.load_learned(db), zone)
    holds, again = look(seen, sight)
    return {
        "order": seen.id,
        "promised": _text(seen.promised_at),
        "open": seen.is_open,
        "parcels": [_parcel(one, seen, sight) for one in seen.parcels],
        "holds": [{"kind": one.kind.value, "says": MEANING[one.kind], "since": _text(one.at)} for one in holds],
        "looked_at_again": _text(again),
        "alerts": [one.as_json() for one in store.of_order(db, order)],
    }


def _parcel(parcel: Parcel, seen: Seen, sight: Sight) -> dict[str, Any]:
    known, arrival = way(parcel, seen, sight.zone), sight.arrival(parcel, seen)
    chance = sight.chance(parcel, seen)
    return {
        "id": parcel.id,
        "state": parcel.state.value,
        "milestone": known.milestone if known else None,
        "since": _text(known.since) if known else None,
        "lane": arrival.lane if arrival else None,
        "deliveries": arrival.seen if arrival else 0,
        "chance_of_late": None if chance is None else round(chance, 3),
        "earliest": _text(arrival.earliest) if arrival else None,
        "latest": _text(arrival.latest) if arrival else None,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
