"""Every change of an order, appended with its actor. `at` is when it happened, `recorded_at` when we knew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from tools.orders.model import Actor, Event, OrderId
from tools.orders.tables import events, orders


def append(
    db: Connection,
    order: OrderId,
    kind: str,
    at: datetime,
    actor: Actor,
    body: Mapping[str, object] | None = None,
    *,
    recorded_at: datetime | None = None,
    reconstructed: bool = False,
) -> int:
    """Returns its sequence, which is also the order's new version."""
    last = db.execute(
        select(func.coalesce(func.max(events.c.sequence), 0)).where(events.c.order_id == order)
    ).scalar_one()
    sequence = int(last) + 1
    db.execute(insert(events), row(order, sequence, kind, at, recorded_at or at, actor, body or {}, reconstructed))
    db.execute(update(orders).where(orders.c.id == order).values(version=sequence))
    return sequence


def row(
    order: OrderId,
    sequence: int,
    kind: str,
    at: datetime,
    recorded_at: datetime,
    actor: Actor,
    body: Mapping[str, object],
    reconstructed: bool,
) -> dict[str, object]:
    """As the table keeps it; the importer writes many at once."""
    return {
        "order_id": order,
        "sequence": sequence,
        "type": kind,
        "at": at,
        "recorded_at": recorded_at,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "reconstructed": int(reconstructed),
        "body": dict(body),
    }


def of(db: Connection, order: OrderId) -> tuple[Event, ...]:
    rows = db.execute(select(events).where(events.c.order_id == order).order_by(events.c.sequence)).mappings()
    return tuple(
        Event(
            one["sequence"],
            one["type"],
            one["at"],
            one["recorded_at"],
            Actor(one["actor_kind"], one["actor_id"]),
            bool(one["reconstructed"]),
            one["body"],
        )
        for one in rows
    )
