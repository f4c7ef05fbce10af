"""A plain Python shop: what the core must come to, computed another way. No database, no events, no ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


def half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


@dataclass
class PlainLine:
    """Units that are cancelled, shipped, in a return, given back; and what all of its units were sold for."""

    sku: str
    quantity: int
    net: int
    tax: int
    cancelled: int = 0
    shipped: int = 0
    announced: int = 0
    settled: int = 0

    @property
    def open(self) -> int:
        return self.quantity - self.cancelled - self.shipped

    def worth(self, units: int) -> int:
        """The next units, so that all of them give exactly what was charged."""
        return sum(
            self._slice(part, self.settled + units) - self._slice(part, self.settled) for part in (self.net, self.tax)
        )

    def _slice(self, part: int, units: int) -> int:
        return half_up(Fraction(part * units, self.quantity))


@dataclass
class PlainOrder:
    lines: list[PlainLine]
    shipping: int
    paid: bool
    state: str = "confirmed"
    started: bool = False
    delivered: bool = False
    captured: int = 0
    back: int = 0
    on_its_way: int = 0
    shipping_back: int = 0
    unowed: int = 0
    """What was cancelled before it was paid for."""
    open_return: list[int] = field(default_factory=list)
    arrived: list[int] = field(default_factory=list)
    due: list[int] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(line.net + line.tax for line in self.lines) + self.shipping

    @property
    def left(self) -> int:
        """What can still be paid back."""
        return self.captured - self.back - self.on_its_way


@dataclass
class PlainShop:
    """Stock of one location: what is in the building, what is reserved, what is damaged."""

    on_hand: dict[str, int]
    reserved: dict[str, int]
    damaged: dict[str, int]

    def available(self, sku: str) -> int:
        return self.on_hand[sku] - self.reserved[sku] - self.damaged[sku]
