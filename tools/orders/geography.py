"""How far a postcode is from a location: a small table of centres (postal.csv), no network.

Countries, and within France, Germany and the United States the first characters of the postcode: good to about 100 km,
which is what choosing between warehouses needs. Where a country is not in the table the distance is not counted.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files
from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0
Point = tuple[float, float]
"""Latitude and longitude in degrees."""


@lru_cache(maxsize=1)
def _centres() -> dict[tuple[str, str], Point]:
    text = files("tools.orders").joinpath("postal.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {(row["country"], row["prefix"]): (float(row["latitude"]), float(row["longitude"])) for row in rows}


@lru_cache(maxsize=4096)
def centre(country: str, postcode: str) -> Point | None:
    """`country` in two letters; the longest known beginning of the postcode decides."""
    digits = postcode.replace(" ", "")
    for length in (2, 1, 0):
        found = _centres().get((country, digits[:length]))
        if found and len(digits) >= length:
            return found
    return None


def km(one: Point | None, other: Point | None) -> float:
    """Haversine; 0 where either is unknown."""
    if one is None or other is None:
        return 0.0
    (lat1, lon1), (lat2, lon2) = one, other
    rise, turn = radians(lat2 - lat1), radians(lon2 - lon1)
    part = sin(rise / 2) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(turn / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(part))
