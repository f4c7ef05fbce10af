"""Cancelling a whole order: stock released, work stopped, money on its way back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from tools.orders import events
from tools.orders.actions import refunds
from tools.orders.model import Actor, Order, OrderId, Quote
from tools.orders.states import change
from tools.orders.tables import fulfillment_orders, order_lines, orders, reservations, stock_levels


def cancel(db: Connection, order: Order, quote: Quote, actor: Actor, key: str, now: datetime) -> tuple[str, bool]:
    """Returns the refund's id (empty when nothing was paid), and whether everything is settled."""
    change(db, orders, order.id, "lifecycle", order.lifecycle, "cancelled", "order")
    db.execute(
        update(orders).where(orders.c.id == order.id).values(cancelled_at=now, cancel_reason=quote.reason or "customer")
    )
    db.execute(
        update(order_lines)
        .where(order_lines.c.order_id == order.id)
        .values(cancelled=order_lines.c.quantity - order_lines.c.shipped)
    )
    db.execute(update(fulfillment_orders).where(fulfillment_orders.c.order_id == order.id).values(state="cancelled"))
    release_stock(db, order.id)
    events.append(db, order.id, "order.cancelled", now, actor, {"reason": quote.reason, "key": key})
    return refunds.start(db, order, quote, actor, key, now) if quote.amount else ("", True)


def release_stock(db: Connection, order: OrderId) -> None:
    """Every reservation that still holds, back to what is available."""
    of_order = select(order_lines.c.id).where(order_lines.c.order_id == order)
    held = (reservations.c.line_id.in_(of_order), reservations.c.state == "held")
    for row in db.execute(select(reservations).where(*held)).all():
        db.execute(
            update(stock_levels)
            .where(stock_levels.c.sku == row.sku, stock_levels.c.location_id == row.location_id)
            .values(reserved=stock_levels.c.reserved - row.quantity, version=stock_levels.c.version + 1)
        )
    db.execute(update(reservations).where(*held).values(state="released"))
