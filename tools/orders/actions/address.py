"""A new delivery address for an order that has not left."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from tools.orders import events
from tools.orders.model import Actor, Order, Quote
from tools.orders.store import address_as_json
from tools.orders.tables import orders


def change_address(
    db: Connection, order: Order, quote: Quote, actor: Actor, key: str, now: datetime
) -> tuple[str, bool]:
    assert quote.address
    fresh = address_as_json(quote.address)
    db.execute(update(orders).where(orders.c.id == order.id).values(address=fresh))
    body = {"address": fresh, "before": address_as_json(order.address), "key": key}
    events.append(db, order.id, "order.changed", now, actor, body)
    return "", True
