"""Goods coming back: the return with its number, its receipt, its inspection. The money is refunds.py's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from tools.orders import events
from tools.orders.model import Actor, LineId, Order, OrderId, Quote, ReturnId
from tools.orders.states import change
from tools.orders.store import order_key
from tools.orders.tables import order_lines, return_lines, returns, stock_levels, stock_movements


class NoSuchReturn(LookupError):
    pass


def request(db: Connection, order: Order, quote: Quote, actor: Actor, key: str, now: datetime) -> tuple[str, bool]:
    """Returns the number that the customer writes on the parcel; it tells the order and which return it is."""
    number = f"RMA-{order_key(order.number)}-{len(order.returns) + 1}"
    rma = f"{order.id}:return:{len(order.returns) + 1}"
    db.execute(
        insert(returns),
        {
            "id": rma,
            "order_id": order.id,
            "number": number,
            "state": "approved",
            "reason": quote.reason,
            "label_fee": quote.fee.minor if quote.fee else 0,
            "requested_at": now,
        },
    )
    awaiting = {"return_id": rma, "reception": "awaiting", "acceptance": "pending"}
    db.execute(
        insert(return_lines),
        [awaiting | {"line_id": one.line_id, "quantity": one.quantity} for one in quote.lines],
    )
    events.append(db, order.id, "return.requested", now, actor, {"return": number, "reason": quote.reason, "key": key})
    events.append(db, order.id, "return.approved", now, actor, {"return": number})
    return number, True


def receive(db: Connection, rma: ReturnId, units: Mapping[LineId, int], actor: Actor, now: datetime) -> None:
    """Units that arrived; never more than were announced. Raises `NoSuchReturn`."""
    order, state = _found(db, rma)
    change(db, returns, rma, "state", state, "received", "return")
    for line, count in units.items():
        db.execute(
            update(return_lines)
            .where(return_lines.c.return_id == rma, return_lines.c.line_id == line)
            .values(received=return_lines.c.received + count, reception="received")
        )
        db.execute(update(order_lines).where(order_lines.c.id == line).values(returned=order_lines.c.returned + count))
    events.append(db, order, "return.received", now, actor, {"return": rma, "units": dict(units)})


def inspect(db: Connection, rma: ReturnId, accepted: Mapping[LineId, int], actor: Actor, now: datetime) -> None:
    """What is accepted goes back to stock, once, and becomes refundable (R6)."""
    order, state = _found(db, rma)
    change(db, returns, rma, "state", state, "inspected", "return")
    for line, count in accepted.items():
        db.execute(
            update(return_lines)
            .where(return_lines.c.return_id == rma, return_lines.c.line_id == line)
            .values(accepted=count, acceptance="accepted" if count else "rejected")
        )
        _restock(db, line, count, rma, now)
    after = "refund_due" if any(accepted.values()) else "rejected"
    change(db, returns, rma, "state", "inspected", after, "return")
    events.append(db, order, "return.inspected", now, actor, {"return": rma, "accepted": dict(accepted)})


def _restock(db: Connection, line: LineId, count: int, rma: ReturnId, now: datetime) -> None:
    sku = db.execute(select(order_lines.c.sku).where(order_lines.c.id == line)).scalar_one()
    level = db.execute(
        select(stock_levels).where(stock_levels.c.sku == sku).order_by(stock_levels.c.location_id)
    ).first()
    if level is None or not count:
        return
    place = (stock_levels.c.sku == sku) & (stock_levels.c.location_id == level.location_id)
    db.execute(update(stock_levels).where(place).values(on_hand=stock_levels.c.on_hand + count))
    moved = {
        "sku": sku,
        "location_id": level.location_id,
        "quantity": count,
        "reason": "return",
        "reference": rma,
        "at": now,
    }
    db.execute(insert(stock_movements), moved)


def _found(db: Connection, rma: ReturnId) -> tuple[OrderId, str]:
    row = db.execute(select(returns.c.order_id, returns.c.state).where(returns.c.id == rma)).one_or_none()
    if row is None:
        raise NoSuchReturn(rma)
    return OrderId(row.order_id), row.state
