"""What exchanging units of a line for another variant costs: pure, the frozen amounts of what is replaced kept (R14).

The difference is what was paid for the old units against what the new ones cost with the same discount and tax rate,
never list price against list price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.orders import amounts
from tools.orders.agreement import Swap
from tools.orders.model import Line, LineId, Order
from tools.orders.money import half_up


@dataclass(frozen=True, slots=True)
class Priced:
    """A swap with its amounts: what is credited for the old units, and the new line as it would be."""

    swap: Swap
    line: Line
    credit: amounts.Parts
    gross: int
    discount: int
    net: int
    tax: int

    @property
    def difference(self) -> int:
        """Positive: the customer pays."""
        return self.net + self.tax - self.credit.total


def priced(order: Order, swaps: Sequence[Swap], prices: Mapping[str, int]) -> list[Priced]:
    """`prices` are the catalogue's of today, by sku; the same sku keeps the price that was paid."""
    lines = {line.id: line for line in order.lines}
    taken: dict[LineId, int] = {}
    made = []
    for swap in swaps:
        line = lines[swap.line_id]
        made.append(_priced(line, swap, taken.get(line.id, 0), prices, order.tax_included))
        taken[line.id] = taken.get(line.id, 0) + swap.quantity
    return made


def _priced(line: Line, swap: Swap, before: int, prices: Mapping[str, int], included: bool) -> Priced:
    parts = amounts.Parts(line.net.minor, line.tax.minor, line.duty.minor if line.duty else 0)
    credit = amounts.worth(parts, line.quantity, line.refunded + before, swap.quantity)
    price = line.unit_price.minor if swap.sku == line.sku and swap.quantity else prices.get(swap.sku, 0)
    gross = price * swap.units
    kept = min(swap.quantity, swap.units)
    old = amounts.worth(parts, line.quantity, line.refunded + before, kept)
    more = (price - line.unit_price.minor) * kept + price * (swap.units - kept)
    paid = old.net + (old.tax if included else 0) + more  # as the price is told: with its tax, or without
    net, tax = _taxed(line, max(paid, 0), included) if more else (old.net, old.tax)
    return Priced(swap, line, credit, gross, max(gross - max(paid, 0), 0), net, tax)


def _taxed(line: Line, paid: int, included: bool) -> tuple[int, int]:
    """At the rate of the line that is replaced: on top, or extracted where prices include it."""
    net, tax = line.net.minor, line.tax.minor
    if not net:
        return paid, 0
    if included:
        part = half_up(paid * net, net + tax)
        return part, paid - part
    return paid, half_up(paid * tax, net)
