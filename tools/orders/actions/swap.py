"""Units of one line for units of another variant: what order changes and exchanges have in common.

pricing.py says what each is worth. Lines are never rewritten: the old units are credited, a new line is added.
"""

from __future__ import annotations

from collections.abc import Sequence

from tools.orders import ledger
from tools.orders.model import Order
from tools.orders.pricing import Priced
from tools.orders.rows import Row, fetch
from tools.orders.tables import order_lines, orders, products, variants
from tools.orders.work import Work


def write(work: Work, order: Order, made: Sequence[Priced]) -> list[Row]:
    """Credits the old units, adds the new lines, and books the difference; the new lines' rows are returned."""
    position = max(line.position for line in order.lines)
    fresh = []
    for one in made:
        work.add(order_lines, one.line.id, {"refunded": one.swap.quantity})
        if one.swap.units:
            position += 1
            fresh.append(_new_line(work, order, one, position))
    if fresh:
        work.insert(order_lines, *fresh)
    _totals(work, order, made)
    _book(work, order, made)
    return fresh


def _new_line(work: Work, order: Order, one: Priced, position: int) -> Row:
    variant = fetch(work.db, variants, sku=one.swap.sku)[0]
    product = fetch(work.db, products, id=variant["product_id"])[0]
    return {
        "id": f"{order.id}:{position}",
        "order_id": order.id,
        "position": position,
        "sku": one.swap.sku,
        "name": product["name"],
        "options": variant["options"],
        "quantity": one.swap.units,
        "unit_price": one.gross // one.swap.units,
        "order_discount": one.discount,
        "net": one.net,
        "tax": one.tax,
        "returnable": product["returnable"],
        "replaces": one.line.id,
    }


def _totals(work: Work, order: Order, made: Sequence[Priced]) -> None:
    deltas = {
        "items_total": sum(one.net + one.discount for one in made),
        "discount": sum(one.discount for one in made),
        "tax": sum(one.tax for one in made),
        "credits": sum(one.credit.total for one in made),
        "total": sum(one.difference for one in made),
    }
    work.add(orders, order.id, deltas)


def _book(work: Work, order: Order, made: Sequence[Priced]) -> None:
    goods = sum(one.net - one.credit.net - one.credit.duty for one in made)
    tax = sum(one.tax - one.credit.tax for one in made)
    entries = {ledger.receivable(order.id): goods + tax, "sales": -goods, "tax_payable": -tax}
    ledger.post(work, order.id, "order.changed", order.currency, entries)
