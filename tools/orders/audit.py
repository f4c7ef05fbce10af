"""The auditor: every invariant of the core over the whole database, or over what a command touched.

Each check yields what differs, in words that name the row. I9, I11 and I12 are held by constraints and by the shape of
the code (unique keys, the outbox, the door), and are checked here where rows can tell.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from tools.orders import replay, tables
from tools.orders.rows import fetch
from tools.orders.tables import BUCKETS
from tools.orders.work import CUSTOMER, STOCK

PAGE = 2_000
ENDED = frozenset({"cancelled", "rejected", "closed"})
AWAITED = "('submitting', 'pending', 'unknown')"


@dataclass(frozen=True, slots=True)
class Violation:
    invariant: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"


@dataclass(frozen=True, slots=True)
class Audit:
    """`checked` counts rows by what they are."""

    checked: Mapping[str, int]
    violations: tuple[Violation, ...]

    @property
    def ok(self) -> bool:
        return not self.violations


def audit(db: Connection, aggregates: Sequence[str] | None = None) -> Audit:
    """`aggregates`: orders' ids and @stock:… names; None: everything."""
    found = [Violation(name, what) for name, check in CHECKS.items() for what in check(db, aggregates)]
    counted = ("orders", "order_lines", "ledger_transactions", "stock_levels", "payments", "refunds", "events")
    sizes = {name: int(db.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()) for name in counted}
    return Audit(sizes if aggregates is None else {"aggregates": len(aggregates)}, tuple(found))


# -- stock ---------------------------------------------------------------------------------------------------


def _stock(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I1–I3: levels are their movements and reservations, and nothing is below what it may be."""
    only = _skus(db, aggregates)
    if only == []:
        return
    where, given = _where("sku", only)
    moved = _sums(
        db, f"SELECT sku, location_id, bucket, sum(quantity) FROM stock_movements{where} GROUP BY 1, 2, 3", given
    )
    held_where = f"{where} AND" if where else " WHERE"
    held = _sums(
        db, f"SELECT sku, location_id, sum(quantity) FROM reservations{held_where} state = 'held' GROUP BY 1, 2", given
    )
    chosen: dict[str, Any] = {"sku": only} if only else {}
    for level in fetch(db, tables.stock_levels, **chosen):
        place = (level["sku"], level["location_id"])
        for bucket in BUCKETS:
            if level[bucket] != moved.pop((*place, bucket), 0):
                yield f"{bucket} of {place} is not the sum of its movements (I3)"
        if level["reserved"] != held.pop(place, 0):
            yield f"reserved of {place} is not what is reserved (I2)"
        if not 0 <= level["reserved"] <= level["on_hand"]:
            yield f"{place}: reserved {level['reserved']} of {level['on_hand']} (I1)"
    yield from (f"movements of {place} have no level" for place, units in moved.items() if units)
    yield from (f"reservations of {place} have no level" for place, units in held.items() if units)


def _skus(db: Connection, aggregates: Sequence[str] | None) -> list[str] | None:
    if aggregates is None:
        return None
    named = {one.removeprefix(STOCK) for one in aggregates if one.startswith(STOCK)}
    own = [one for one in aggregates if not one.startswith("@")]
    lines = [row["id"] for row in fetch(db, tables.order_lines, order_id=own)] if own else []
    named |= {row["sku"] for row in fetch(db, tables.reservations, line_id=lines)} if lines else set()
    return sorted(named)


def _sums(db: Connection, sql: str, given: Mapping[str, object]) -> dict[tuple[str, ...], int]:
    return {tuple(row[:-1]): int(row[-1]) for row in db.execute(text(sql), given)}


# -- orders --------------------------------------------------------------------------------------------------


def _lines(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I4: ordered = cancelled + open + shipped, and what came back or was repaid stays within."""
    where, given = _where("order_id", _orders(aggregates))
    for row in db.execute(
        text(f"SELECT id, quantity, cancelled, shipped, returned, refunded FROM order_lines{where}"), given
    ):
        if min(row[1:]) < 0 or row.cancelled + row.shipped > row.quantity or row.returned > row.shipped:
            yield f"line {row.id} counts {tuple(row[1:])}"
        if row.refunded > row.quantity:
            yield f"line {row.id} repaid {row.refunded} of {row.quantity}"
    joined, given = _where("l.order_id", _orders(aggregates))
    sent = (
        "SELECT l.id, l.shipped, coalesce(sum(s.quantity), 0) FROM order_lines l "
        "LEFT JOIN shipment_lines s ON s.line_id = l.id "
        f"LEFT JOIN shipments p ON p.id = s.shipment_id{joined} GROUP BY l.id, l.shipped"
    )
    for line, shipped, in_parcels in db.execute(text(sent), given):
        if shipped > in_parcels:
            yield f"line {line} shipped {shipped}, its parcels hold {in_parcels}"


def _returns(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I4 for what comes back: nothing is restocked that was not received, in total and a line."""
    lines = "SELECT id FROM order_lines"
    where, given = _where("order_id", _orders(aggregates))
    sql = (
        "SELECT line_id, sum(received), sum(accepted), sum(restocked + damaged + quarantined + discarded) "
        f"FROM return_lines WHERE line_id IN ({lines}{where}) GROUP BY line_id"
    )
    returned = {row.id: row.returned for row in db.execute(text(f"SELECT id, returned FROM order_lines{where}"), given)}
    for line, received, accepted, disposed in db.execute(text(sql), given):
        if accepted > received or disposed > received or returned[line] != received:
            yield f"line {line}: received {received}, accepted {accepted}, disposed {disposed}"


def _totals(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I7: the stored total, recomputed from the lines to the cent."""
    where, given = _where("o.id", _orders(aggregates))
    sql = (
        "SELECT o.id, o.total, o.shipping + o.shipping_tax - o.credits + coalesce(sum(l.net + l.tax + l.duty), 0) "
        f"FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id{where} "
        "GROUP BY o.id, o.total, o.shipping, o.shipping_tax, o.credits"
    )
    for order, total, computed in db.execute(text(sql), given):
        if total != computed:
            yield f"order {order}: total {total}, its parts give {computed}"


# -- money ---------------------------------------------------------------------------------------------------


def _tenders(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I5: captured within authorised; refunds, awaited ones and lost disputes within captured, a tender at a time."""
    where, given = _where("p.order_id", _orders(aggregates))
    sql = (
        "SELECT p.id, t.kind, t.state, sum(t.amount) FROM payments p "
        f"JOIN payment_transactions t ON t.payment_id = p.id{where} GROUP BY p.id, t.kind, t.state"
    )
    sums: dict[str, dict[tuple[str, str], int]] = {}
    for tender, kind, state, amount in db.execute(text(sql), given):
        sums.setdefault(tender, {})[kind, state] = int(amount)
    for tender, found in sums.items():
        authorized = found.get(("authorize", "succeeded"), 0)
        captured = found.get(("capture", "succeeded"), 0)
        back = sum(found.get(("refund", state), 0) for state in ("succeeded", "submitting", "pending", "unknown"))
        lost = found.get(("chargeback", "succeeded"), 0)
        if authorized and captured > authorized:
            yield f"payment {tender}: captured {captured} of {authorized} authorised"
        if back + lost > captured:
            yield f"payment {tender}: {back} refunded and {lost} lost of {captured} captured"


def _balanced(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I6: every transaction balances in its currency."""
    chosen = f"SELECT id FROM ledger_transactions{_where('order_id', _orders(aggregates))[0]}"
    given = _where("order_id", _orders(aggregates))[1]
    sql = (
        "SELECT transaction_id, currency, sum(amount) FROM ledger_entries "
        f"WHERE transaction_id IN ({chosen}) GROUP BY 1, 2 HAVING sum(amount) <> 0"
    )
    for transaction, currency, amount in db.execute(text(sql), given):
        yield f"ledger transaction {transaction} is off by {amount} {currency}"


def _receivables(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I6: nothing is owed on an order that is cancelled, rejected or closed; only on these the shop has a debt."""
    for order, lifecycle, owed in _standing(db, "customer_receivable", aggregates):
        if owed and lifecycle in ENDED:
            yield f"order {order} is {lifecycle} and {owed} stands open"
    for order, lifecycle, owed in _standing(db, "customer_payable", aggregates):
        if owed > 0 or (owed and lifecycle not in ENDED):
            yield f"order {order} is {lifecycle} and {-owed} is the shop's debt"


def _standing(db: Connection, account: str, aggregates: Sequence[str] | None) -> Iterator[tuple[str, str, int]]:
    where, given = _where("o.id", _orders(aggregates))
    sql = (
        "SELECT o.id, o.lifecycle, coalesce(sum(e.amount), 0) FROM orders o "
        f"LEFT JOIN ledger_entries e ON e.account = '{account}:' || o.id{where} GROUP BY o.id, o.lifecycle"
    )
    for order, lifecycle, owed in db.execute(text(sql), given):
        yield order, lifecycle, int(owed)


def _refunds(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I5, I6: parts add up to their refund; what is awaited is exactly what `refund_clearing` holds."""
    where, given = _where("r.order_id", _orders(aggregates))
    sql = (
        "SELECT r.id, r.amount, sum(a.amount) FROM refunds r "
        f"JOIN refund_allocations a ON a.refund_id = r.id{where} GROUP BY r.id, r.amount"
    )
    for refund, amount, parts in db.execute(text(sql), given):
        if amount != parts:
            yield f"refund {refund} of {amount} has parts of {parts}"
    yield from _clearing(db, aggregates)


def _clearing(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    where, given = _where("x.order_id", _orders(aggregates))
    held = (
        "SELECT x.order_id, sum(e.amount) FROM ledger_entries e "
        f"JOIN ledger_transactions x ON x.id = e.transaction_id{where}{' AND' if where else ' WHERE'} "
        "e.account = 'refund_clearing' GROUP BY x.order_id"
    )
    waiting, given_too = _where("r.order_id", _orders(aggregates))
    parts = (
        "SELECT r.order_id, sum(a.amount) FROM refund_allocations a JOIN refunds r ON r.id = a.refund_id"
        f"{waiting}{' AND' if waiting else ' WHERE'} a.state IN {AWAITED} GROUP BY r.order_id"
    )
    awaited = {order: int(amount) for order, amount in db.execute(text(parts), given_too)}
    for order, balance in db.execute(text(held), given):
        if -int(balance) != awaited.pop(order, 0):
            yield f"order {order}: refund_clearing holds {-balance}, another amount is awaited"
    yield from (f"order {order}: {amount} is awaited and not in refund_clearing" for order, amount in awaited.items())


def _balances(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """A gift card or store credit never holds less than nothing."""
    if aggregates is not None:
        return
    sql = (
        "SELECT account, currency, sum(amount) FROM ledger_entries "
        "WHERE account LIKE 'gift_card:%' OR account LIKE 'store_credit:%' GROUP BY 1, 2 HAVING sum(amount) > 0"
    )
    for account, currency, amount in db.execute(text(sql)):
        yield f"{account} is overdrawn by {amount} {currency}"


# -- keys and events -----------------------------------------------------------------------------------------


def _unique(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
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


def _sequences(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I10: events of an aggregate are numbered without gaps, and the order's version is the last number."""
    where, given = _where("aggregate", aggregates)
    sql = f"SELECT aggregate, count(*), max(sequence) FROM events{where} GROUP BY aggregate"
    last: dict[str, int] = {}
    for aggregate, count, top in db.execute(text(sql), given):
        last[aggregate] = top
        if count != top:
            yield f"{aggregate} has {count} events, the last is number {top}"
    versions, given = _where("id", _orders(aggregates))
    for order, version in db.execute(text(f"SELECT id, version FROM orders{versions}"), given):
        if last.get(order) != version:
            yield f"order {order} is at version {version}, its events end at {last.get(order)}"


def _confirmed(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I8: an event that names a key was caused by a command that is remembered."""
    where, given = _where("aggregate", aggregates)
    sql = f"SELECT aggregate, sequence, body FROM events{where}{' AND' if where else ' WHERE'} actor_kind = 'agent'"
    keys = {row.aggregate + str(row.sequence): row.body for row in db.execute(text(sql), given)}
    known = set(db.execute(text("SELECT key FROM commands")).scalars()) if keys else set()
    for event, body in keys.items():
        key = json.loads(body).get("key")
        if key and key not in known:
            yield f"event {event} names the key {key}, which no command has"


def _replayed(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I10: the tables are what the events say, row by row."""
    with tempfile.TemporaryDirectory() as folder:
        where = "" if aggregates is not None else str(Path(folder) / "replay.db")
        with replay.rebuilt(where) as then:
            for changes in _changes(db, aggregates):
                replay.apply(then, changes)
            _versions(then, db, aggregates)
            for name in replay.REBUILT:
                yield from _differences(db, then, name, aggregates)


def _changes(db: Connection, aggregates: Sequence[str] | None) -> Iterator[Iterable[Iterable[object]]]:
    """All events in order, a page of aggregates at a time."""
    names = sorted(set(aggregates)) if aggregates is not None else None
    if names is None:
        names = list(db.execute(text("SELECT DISTINCT aggregate FROM events ORDER BY aggregate")).scalars())
    for start in range(0, len(names), PAGE):
        for row in fetch(db, tables.events, "aggregate, sequence", aggregate=names[start : start + PAGE]):
            yield row["changes"]


def _versions(then: Connection, db: Connection, aggregates: Sequence[str] | None) -> None:
    """The version is the number of the last event; the auditor compared it already."""
    where, given = _where("id", _orders(aggregates))
    rows = db.execute(text(f"SELECT version, id FROM orders{where}"), given).all()
    if rows:
        then.exec_driver_sql("UPDATE orders SET version = ? WHERE id = ?", [tuple(row) for row in rows])


def _differences(db: Connection, then: Connection, name: str, aggregates: Sequence[str] | None) -> Iterator[str]:
    table = replay.BY_NAME[name]
    keys = [column.name for column in table.primary_key]
    order = ", ".join(f'"{key}"' for key in keys)
    if aggregates is None:
        here = _stream(db, f"SELECT * FROM {name} ORDER BY {order}")
        there = _stream(then, f"SELECT * FROM {name} ORDER BY {order}")
        yield from _merged(name, here, there, [column.name for column in table.columns], keys)
        return
    for row in then.execute(table.select()).mappings():
        now = fetch(db, table, **{key: row[key] for key in keys if not hasattr(row[key], "isoformat")})
        if not any(dict(row) == one for one in now):
            yield f"{name} {[str(row[key]) for key in keys]} is not what its events say"


def _stream(db: Connection, sql: str) -> Iterator[tuple[object, ...]]:
    return (tuple(row) for row in db.execution_options(stream_results=True).exec_driver_sql(sql))


def _merged(
    name: str,
    here: Iterator[tuple[object, ...]],
    there: Iterator[tuple[object, ...]],
    columns: Sequence[str],
    keys: Sequence[str],
) -> Iterator[str]:
    """Rows of one side that the other has not, or has otherwise; both sides come sorted by key."""
    place = [columns.index(key) for key in keys]

    def key_of(row: tuple[object, ...]) -> tuple[str, ...]:
        return tuple(str(row[at]) for at in place)

    mine, theirs = {}, {}
    for row, other in _zipped(here, there):
        if row == other:
            continue
        if row is not None:
            mine[key_of(row)] = row
        if other is not None:
            theirs[key_of(other)] = other
        for both in mine.keys() & theirs.keys():
            one, two = mine.pop(both), theirs.pop(both)
            if one != two:
                yield f"{name} {'/'.join(both)} is not what its events say: {_unlike(columns, one, two)}"
    yield from (f"{name} {'/'.join(row)} is in no event" for row in mine)
    yield from (f"{name} {'/'.join(row)} is told by events and not there" for row in theirs)


def _zipped(
    here: Iterator[tuple[object, ...]], there: Iterator[tuple[object, ...]]
) -> Iterator[tuple[tuple[object, ...] | None, tuple[object, ...] | None]]:
    while True:
        one, two = next(here, None), next(there, None)
        if one is None and two is None:
            return
        yield one, two


def _unlike(columns: Sequence[str], one: tuple[object, ...], two: tuple[object, ...]) -> str:
    parts = zip(columns, one, two, strict=True)
    return ", ".join(f"{column} {mine!r}, by its events {theirs!r}" for column, mine, theirs in parts if mine != theirs)


# -- inside --------------------------------------------------------------------------------------------------


def _orders(aggregates: Sequence[str] | None) -> Sequence[str] | None:
    return None if aggregates is None else [one for one in aggregates if not one.startswith((CUSTOMER, STOCK))]


def _where(column: str, values: Sequence[str] | None) -> tuple[str, dict[str, object]]:
    if values is None:
        return "", {}
    names = {f"v{at}": value for at, value in enumerate(values)}
    marks = ", ".join(f":{name}" for name in names) or "NULL"
    return f" WHERE {column} IN ({marks})", dict(names)


CHECKS: Mapping[str, Callable[[Connection, Sequence[str] | None], Iterator[str]]] = {
    "I1-I3 stock": _stock,
    "I4 units": _lines,
    "I4 returns": _returns,
    "I5 tenders": _tenders,
    "I5 refunds": _refunds,
    "I6 ledger": _balanced,
    "I6 receivables": _receivables,
    "I6 balances": _balances,
    "I7 totals": _totals,
    "I8 keys": _confirmed,
    "I9 unique": _unique,
    "I10 sequences": _sequences,
    "I10 replay": _replayed,
}
