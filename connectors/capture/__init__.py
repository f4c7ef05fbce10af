"""Orders that come as files: EDI (X12 850, EDIFACT ORDERS) and marketplaces' tables. One module a form.

A file that can not be read as a whole is refused as a whole; of one that can, each line is accepted, held or rejected,
with its reasons. take.py brings them to the core.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from tools.orders.model import Address
from tools.orders.money import Money, MoneyError

PIECES = frozenset({"", "EA", "PC", "PCE", "UN", "C62", "H87"})
"""Units of measure that count single pieces."""
MOST_UNITS = 1_000_000


class CaptureError(ValueError):
    """The file as a whole can not be used; nothing of it was taken. The message names the place and the remedy."""


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    HELD = "held"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Buyer:
    """`id` is what the channel calls them."""

    id: str
    name: str
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One line as it was read. `unit_price` and `discount` are minor units; a reason here means that it is rejected."""

    place: str
    sku: str
    quantity: int
    unit_price: int | None = None
    discount: int = 0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Captured:
    """One order of a file. `reasons`: why no line of it can be taken. `paid`: the channel has the money already."""

    place: str
    channel: str
    number: str
    buyer: Buyer
    address: Address
    currency: str
    items: tuple[Item, ...]
    shipping: int = 0
    total: int | None = None
    paid: bool = False
    reasons: tuple[str, ...] = ()


def minor(given: str, currency: str) -> int:
    """Raises ValueError in words for a reason."""
    try:
        amount = Money.parse(given, currency).minor
    except MoneyError as error:
        raise ValueError(str(error)) from None
    if not 0 <= amount <= 10**12:
        raise ValueError(f"{given} is no price")
    return amount


def pieces(given: str, unit: str = "") -> int:
    """A whole number of single pieces. Raises ValueError in words for a reason."""
    if unit.strip().upper() not in PIECES:
        raise ValueError(f"unit {unit} is not single pieces; ask for EA, PCE or C62")
    try:
        number = Decimal(given.strip())
    except InvalidOperation:
        raise ValueError(f"quantity {given!r} is no number") from None
    if number != number.to_integral_value() or not 1 <= number <= MOST_UNITS:
        raise ValueError(f"quantity {given} is not a whole number of pieces from 1 to {MOST_UNITS}")
    return int(number)
