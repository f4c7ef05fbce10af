"""What carriers take, by a table: one row a service, destination and weight. The shop's own stands in its home."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from tools.orders.money import Money

COLUMNS = ("carrier", "service", "countries", "up_to_grams", "price", "currency", "days")
EVERYWHERE = "*"


class RatesError(ValueError):
    """The table can not be used; says the row and what would be."""


@dataclass(frozen=True, slots=True)
class Rate:
    carrier: str
    service: str
    countries: frozenset[str]
    up_to_grams: int
    price: Money
    days: int

    def serves(self, country: str, grams: int) -> bool:
        return grams <= self.up_to_grams and bool(self.countries & {country, EVERYWHERE})


def table(own: Path | None = None) -> tuple[Rate, ...]:
    """The shop's own, or the sandbox carriers'. Raises `RatesError`."""
    if own and own.exists():
        try:
            return _read(own.read_text(encoding="utf-8").splitlines(), str(own))
        except (OSError, UnicodeDecodeError) as error:
            raise RatesError(f"{own} can not be read: {error}") from None
    text = files("connectors.carriers").joinpath("rates.csv").read_text(encoding="utf-8")
    return _read(text.splitlines(), "rates.csv")


def _read(lines: Sequence[str], name: str) -> tuple[Rate, ...]:
    found = csv.DictReader(lines)
    if tuple(found.fieldnames or ()) != COLUMNS:
        raise RatesError(f"{name}: the first row must be {','.join(COLUMNS)}")
    rates = []
    for number, row in enumerate(found, 2):
        try:
            price = Money.parse(row["price"] or "", row["currency"] or "")
            countries = frozenset((row["countries"] or "").split())
            grams, days = int(row["up_to_grams"] or ""), int(row["days"] or "")
        except ValueError as error:
            raise RatesError(f"{name} row {number}: {error}") from None
        if not countries or grams < 1 or days < 0 or price.minor < 0 or not row["carrier"] or not row["service"]:
            raise RatesError(f"{name} row {number}: needs a carrier, a service, countries or *, grams, a price, days")
        rates.append(Rate(row["carrier"], row["service"], countries, grams, price, days))
    return tuple(rates)


def offers(rates: Iterable[Rate], country: str, grams: int, service: str | None = None) -> list[Rate]:
    """What can carry it there, the cheapest first; a country's own rows before those for everywhere."""
    able = [one for one in rates if one.serves(country, grams) and service in {None, one.service}]
    own = [one for one in able if country in one.countries]
    return sorted(own or able, key=lambda one: (one.price.minor, one.days, one.carrier, one.service))
