"""What every quote is made of: the units that were asked for, what they are worth, the delivery that goes back with
them, and the quote as it is written down. Pure; integers in minor units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.orders import amounts, rules
from tools.orders.agreement import Quote, QuoteLine, Ruling, Wish
from tools.orders.model import Line, LineId, Order, Return
from tools.orders.money import Money


def refundable(order: Order) -> int:
    """Captured − refunded − on its way back − disputed, over all tenders (R10)."""
    return sum(one.refundable for one in order.tenders)


def worth(line: Line, units: int) -> int:
    """What `units` more units of a line give back (R4): each component by its cumulative slice."""
    return amounts.of_line(line, units).total


def named_lines(order: Order, wish: Wish) -> Sequence[Line]:
    chosen = wish.selection.units
    return [line for line in order.lines if not chosen or line.id in chosen]


def units_of(wish: Wish, available: Mapping[LineId, int]) -> dict[LineId, int]:
    """What was asked for, never more than there is."""
    asked = {line: min(wish.selection.units.get(line, most), most) for line, most in available.items()}
    return {line: units for line, units in asked.items() if units > 0}


def coming_back(order: Order) -> Mapping[LineId, int]:
    """Units in returns that are still to be refunded."""
    on_their_way = [rma.lines for rma in order.returns if rma.state in rules.STILL_OPEN]
    return {line.id: sum(one.get(line.id, 0) for one in on_their_way) for line in order.lines}


def shipping_back(order: Order, units: Mapping[LineId, int], soon: Mapping[LineId, int]) -> int:
    """R7: what is left of it, with the units that complete the order's going back; before that nothing."""

    def all_back(line: Line) -> bool:
        return line.given_back + units.get(line.id, 0) + soon.get(line.id, 0) >= line.quantity - line.cancelled

    return rules.shipping_left(order) if all(map(all_back, order.lines)) else 0


def quoted(
    order: Order,
    wish: Wish,
    ruling: Ruling,
    amount: int,
    units: Mapping[LineId, int],
    *,
    fee: int = 0,
    shipping: int = 0,
    charge: int = 0,
    deduction: int = 0,
    of_return: Return | None = None,
) -> Quote:
    """Amounts are minor units; a fee, a charge and a delivery of nothing are left out."""
    return Quote(
        action=wish.action,
        order_id=order.id,
        order_number=order.number,
        amount=Money(amount, order.currency),
        lines=tuple(_line(order, line, units[line.id]) for line in order.lines if units.get(line.id)),
        reason=wish.reason,
        ruling=ruling,
        address=wish.address,
        fee=_some(fee, order.currency),
        return_id=of_return.id if of_return else None,
        charge=_some(charge, order.currency),
        shipping=_some(shipping, order.currency),
        swaps=wish.swaps,
        method_id=wish.method_id,
        deduction=deduction,
        basis=_basis(order),
    )


def _some(minor: int, currency: str) -> Money | None:
    return Money(minor, currency) if minor else None


def _line(order: Order, line: Line, units: int) -> QuoteLine:
    return QuoteLine(line.id, _words(line), units, Money(worth(line, units), order.currency))


def _basis(order: Order) -> int:
    """Moves on with everything that an agreement can bring about, so that one agreement is for one execution."""
    made = len(order.refunds) + len(order.returns) + len(order.exchanges) + len(order.lines) + len(order.tenders)
    return made + sum(line.cancelled for line in order.lines)


def _words(line: Line) -> str:
    options = ", ".join(line.options.values())
    return f"{line.name} ({options})" if options else line.name
