"""The shop's locations as routing sees them: where they are, whom they serve, what a parcel from there costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from tools.orders import addresses, rules
from tools.orders import work as works
from tools.orders.actions import bundles, levels
from tools.orders.commands import Command, Minor, Name, verb
from tools.orders.geography import Point, centre, km
from tools.orders.model import Actor, Address
from tools.orders.routing import Place, Routed, Weights, route
from tools.orders.rows import Row, fetch
from tools.orders.tables import location_profiles, locations
from tools.orders.terms import Terms
from tools.orders.work import Refused, Work

KM_A_DAY = 600
"""A parcel's way by road; one day more for handing it over."""
CountryCode = Annotated[str, Field(pattern="^[A-Z]{2}$")]


class SaveLocation(Command):
    """A place that goods are sent from. `parcel` is what one costs from there, `days` until it is handed over."""

    location_id: Name
    title: str = Field("", max_length=200)
    country: CountryCode
    postcode: str = Field("", max_length=20)
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    serves: tuple[CountryCode, ...] = ()
    parcel: Minor = 0
    days: int = Field(1, ge=0, le=60)
    closed: bool = False

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        return works.on_stock(db, f"location:{self.location_id}", actor, now, key)


@verb(SaveLocation)
def save_location(work: Work, wanted: SaveLocation) -> Mapping[str, Any]:
    known_location(work, wanted.location_id)
    if wanted.title:
        work.writer.update(locations, {"id": wanted.location_id}, {"name": wanted.title}, {}, {})
    profile = wanted.model_dump(mode="json", exclude={"location_id", "title"})
    row = {"location_id": wanted.location_id, "profile": profile}
    if not work.writer.insert_once(location_profiles, row):
        work.writer.update(location_profiles, {"location_id": wanted.location_id}, {"profile": profile}, {}, {})
    work.event("location.saved", {"location": wanted.location_id, "closed": wanted.closed})
    return {"location": wanted.location_id}


def routed(
    db: Connection,
    by_sku: Mapping[str, Sequence[Row]],
    needs: Sequence[bundles.Need],
    address: Address,
    promised: timedelta | None,
    terms: Terms | None,
) -> Routed | None:
    """The way to send it; None where there is no choice to make."""
    free: dict[str, dict[str, int]] = {}
    reserved: dict[str, dict[str, int]] = {}
    for sku, rows in by_sku.items():
        for level in rows:
            if levels.free(level) > 0:
                free.setdefault(level["location_id"], {})[sku] = levels.free(level)
                reserved.setdefault(level["location_id"], {})[sku] = level["reserved"]
    if len(free) < 2:
        return None
    profiles = {row["location_id"]: row["profile"] for row in fetch(db, location_profiles, location_id=sorted(free))}
    country = addresses.country_code(address.country)
    to = centre(country, address.postcode)
    able = [
        _place(place, free[place], reserved[place], profiles.get(place, {}), to)
        for place in free
        if _sends(profiles.get(place, {}), country)
    ]
    wanted: dict[str, int] = {}
    for _, sku, units in needs:
        wanted[sku] = wanted.get(sku, 0) + units
    return route(wanted, able, weights(terms or Terms.model_validate({})), promised.days if promised else None)


def weights(terms: Terms) -> Weights:
    return Weights(terms.route_split, terms.route_100_km, terms.route_late_day, terms.route_stockout)


def _sends(profile: Mapping[str, Any], country: str) -> bool:
    return not profile.get("closed") and (not profile.get("serves") or country in profile["serves"])


def _place(
    name: str, free: Mapping[str, int], reserved: Mapping[str, int], profile: Mapping[str, Any], to: Point | None
) -> Place:
    """What is reserved there now is taken for what it will go on selling."""
    away = km(_where(profile), to)
    days = profile.get("days", 1) + 1 + int(away // KM_A_DAY)
    return Place(name, free, away, days, profile.get("parcel", 0), reserved)


def _where(profile: Mapping[str, Any]) -> Point | None:
    if profile.get("latitude") is not None and profile.get("longitude") is not None:
        return profile["latitude"], profile["longitude"]
    return centre(profile.get("country", ""), profile.get("postcode", ""))


def known_location(work: Work, location: str) -> None:
    """A location is made when stock first comes to it; it has no history of its own."""
    work.writer.insert_once(locations, {"id": location, "name": location})


def refuse_unknown(db: Connection, location: str) -> None:
    """Goods go only where the shop has a place; the main one is always there."""
    if location != "main" and not fetch(db, locations, id=location):
        raise Refused(rules.refuse("STK-2", "unknown_location", accepts="a location that has stock"))
