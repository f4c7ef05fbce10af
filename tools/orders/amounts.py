"""The arithmetic of a sale and of giving it back: R1–R4 of the order core's specification. Pure integers, minor units.

`rhu(n, d)` rounds half up; a rate is in millionths (200000 is 20 %). Nothing here is a float.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.orders.model import Line
from tools.orders.money import allocate, half_up, slice_of

WHOLE = 1_000_000


@dataclass(frozen=True, slots=True)
class Priced:
    unit_price: int
    quantity: int
    discount: int = 0
    tax_ppm: int = 0
    duty: int = 0


@dataclass(frozen=True, slots=True)
class Frozen:
    order_discount: int
    net: int
    tax: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What some units of a line are worth, by component."""

    net: int
    tax: int
    duty: int

    @property
    def total(self) -> int:
        return self.net + self.tax + self.duty


def frozen(lines: Sequence[Priced], order_discount: int, *, included: bool) -> list[Frozen]:
    """R2: the order's discount by largest remainder over what the lines cost; R3: tax a line, on top or extracted.

    A discount above what the lines cost stops at that. Where prices include tax the discount takes tax with it:
    `net` and `tax` are the two parts of what is paid, and the order's discount is told without tax.
    """
    costs = [one.unit_price * one.quantity - one.discount for one in lines]
    shares = allocate(min(order_discount, sum(costs)), costs)
    return [_frozen(one, cost, share, included) for one, cost, share in zip(lines, costs, shares, strict=True)]


def _frozen(line: Priced, cost: int, share: int, included: bool) -> Frozen:
    paid = cost - share
    if not included:
        return Frozen(share, paid, half_up(paid * line.tax_ppm, WHOLE))
    net = half_up(paid * WHOLE, WHOLE + line.tax_ppm)
    return Frozen(share, net, paid - net)


def worth(parts: Parts, quantity: int, already: int, more: int) -> Parts:
    """R4: what `more` units are worth after `already`, each component by its own cumulative slice."""
    return Parts(*(slice_of(one, quantity, already, more) for one in (parts.net, parts.tax, parts.duty)))


def sale(goods: int, tax: int, shipping: int, shipping_tax: int) -> Mapping[str, int]:
    """The accounts that a sale credits, and that taking it back debits."""
    return {"sales": goods, "tax_payable": tax + shipping_tax, "shipping": shipping}


def share(amount: int, part: int, whole: int) -> int:
    """The share of `amount` that falls on `part` of `whole`, half up; nothing of nothing."""
    return half_up(amount * part, whole) if whole else 0


def of_line(line: Line, units: int) -> Parts:
    """What the next `units` of a line give back; never more units than are left."""
    more = min(units, line.quantity - line.refunded)
    parts = Parts(line.net.minor, line.tax.minor, line.duty.minor if line.duty else 0)
    return worth(parts, line.quantity, line.refunded, more)
