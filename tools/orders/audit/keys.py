"""I8–I10 by number and name: keys, references and the sequence of events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text

from tools.orders.audit import scope


def unique(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I9, where an index could have been lost: one order a channel's number, one request a provider's reference."""
    if aggregates is not None:
        return
    for sql in (
        "SELECT 'order ' || channel || ' ' || external_id FROM orders "
        "GROUP BY channel, external_id HAVING count(*) > 1",
        "SELECT 'provider reference ' || psp || ' ' || psp_ref FROM payment_transactions "
        "WHERE psp_ref IS NOT NULL GROUP BY psp, psp_ref, kind HAVING count(*) > 1",
    ):
        yield from (f"{row[0]} is there twice" for row in db.execute(text(sql)))


def sequences(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I10: events of an aggregate are numbered without gaps, and the order's version is the last number."""
    where, given = scope.where("aggregate", aggregates)
    sql = f"SELECT aggregate, count(*), max(sequence) FROM events{where} GROUP BY aggregate"
    last: dict[str, int] = {}
    for aggregate, count, top in db.execute(text(sql), given):
        last[aggregate] = top
        if count != top:
            yield f"{aggregate} has {count} events, the last is number {top}"
    versions, given = scope.where("id", scope.orders_of(aggregates))
    for order, version in db.execute(text(f"SELECT id, version FROM orders{versions}"), given):
        if last.get(order) != version:
            yield f"order {order} is at version {version}, its events end at {last.get(order)}"


def confirmed(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I8: an event that names a key was caused by a command that is remembered."""
    where, given = scope.where("aggregate", aggregates)
    sql = f"SELECT aggregate, sequence, body FROM events{where}{' AND' if where else ' WHERE'} actor_kind = 'agent'"
    keys = {row.aggregate + str(row.sequence): row.body for row in db.execute(text(sql), given)}
    known = set(db.execute(text("SELECT key FROM commands")).scalars()) if keys else set()
    for event, body in keys.items():
        key = json.loads(body).get("key")
        if key and key not in known:
            yield f"event {event} names the key {key}, which no command has"
