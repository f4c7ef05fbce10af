"""Money as integer minor units, and the two divisions that never lose a cent. No floats, no display."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Self

from babel.numbers import get_currency_precision, list_currencies

CURRENCIES = frozenset(list_currencies())


class MoneyError(ValueError):
    """An amount that is not an exact number of minor units, or a mix of currencies."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """`minor` units of `currency` (ISO 4217): Money(1990, "EUR") is 19.90 EUR, Money(5, "JPY") is 5 JPY."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str | int | float | Decimal, currency: str) -> Self:
        """Exact or refused: more decimals than the currency has raise `MoneyError`, nothing is rounded.

        A JSON number arrives as a float; its shortest decimal form is what the sender wrote.
        """
        if currency not in CURRENCIES:
            raise MoneyError(f"unknown currency {currency!r}")
        try:
            decimal = Decimal(repr(amount) if isinstance(amount, float) else str(amount).strip())
        except InvalidOperation:
            raise MoneyError(f"not an amount: {amount!r}") from None
        if not decimal.is_finite() or abs(decimal) >= Decimal(10) ** 15:
            raise MoneyError(f"not an amount: {amount!r}")
        scaled = decimal.scaleb(get_currency_precision(currency))
        if scaled != scaled.to_integral_value():
            raise MoneyError(f"{amount} has more decimals than {currency} allows")
        return cls(int(scaled), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.minor * count, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def decimal(self) -> str:
        """The plain decimal string of machines: "19.90". People see babel's."""
        places = get_currency_precision(self.currency)
        return f"{Decimal(self.minor).scaleb(-places):.{places}f}"

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise MoneyError(f"{self.currency} and {other.currency} do not add up")
        return other.minor


def total(amounts: Iterable[Money], currency: str) -> Money:
    return sum(amounts, Money.zero(currency))


def allocate(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Largest remainder (orders.md R2): shares add up to `amount` exactly; ties go to the earlier index.

    With no weight at all everything falls on the first share.
    """
    whole = sum(weights)
    if not whole:
        return (amount, *(0 for _ in weights[1:])) if weights else ()
    shares = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
    for index in by_remainder[: amount - sum(shares)]:
        shares[index] += 1
    return tuple(shares)


def slice_of(amount: int, units: int, already: int, more: int) -> int:
    """Cumulative slice (orders.md R4): what `more` units of a frozen component are worth after `already`.

    All units together give `amount` exactly, whatever the partition, and no prefix exceeds it.
    """
    return half_up(amount * (already + more), units) - half_up(amount * already, units)


def half_up(numerator: int, denominator: int) -> int:
    """Rounds a fraction of non-negative integers, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)
