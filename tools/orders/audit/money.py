"""I5, I6: tenders within what was captured, refunds within it, and a ledger that balances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text

from tools.orders.audit import scope

ENDED = frozenset({"cancelled", "rejected", "closed"})
AWAITED = "('submitting', 'pending', 'unknown')"


def tenders(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I5: captured within authorised; refunds, awaited ones and lost disputes within captured, a tender at a time."""
    where, given = scope.where("p.order_id", scope.orders_of(aggregates))
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


def balanced(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I6: every transaction balances in its currency."""
    chosen = f"SELECT id FROM ledger_transactions{scope.where('order_id', scope.orders_of(aggregates))[0]}"
    given = scope.where("order_id", scope.orders_of(aggregates))[1]
    sql = (
        "SELECT transaction_id, currency, sum(amount) FROM ledger_entries "
        f"WHERE transaction_id IN ({chosen}) GROUP BY 1, 2 HAVING sum(amount) <> 0"
    )
    for transaction, currency, amount in db.execute(text(sql), given):
        yield f"ledger transaction {transaction} is off by {amount} {currency}"


def receivables(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I6: nothing is owed on an order that is cancelled, rejected or closed; only on these the shop has a debt."""
    for order, lifecycle, owed in _standing(db, "customer_receivable", aggregates):
        if owed and lifecycle in ENDED:
            yield f"order {order} is {lifecycle} and {owed} stands open"
    for order, lifecycle, owed in _standing(db, "customer_payable", aggregates):
        if owed > 0 or (owed and lifecycle not in ENDED):
            yield f"order {order} is {lifecycle} and {-owed} is the shop's debt"


def _standing(db: Connection, account: str, aggregates: Sequence[str] | None) -> Iterator[tuple[str, str, int]]:
    where, given = scope.where("o.id", scope.orders_of(aggregates))
    sql = (
        "SELECT o.id, o.lifecycle, coalesce(sum(e.amount), 0) FROM orders o "
        f"LEFT JOIN ledger_entries e ON e.account = '{account}:' || o.id{where} GROUP BY o.id, o.lifecycle"
    )
    for order, lifecycle, owed in db.execute(text(sql), given):
        yield order, lifecycle, int(owed)


def refunds(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """I5, I6: parts add up to their refund; what is awaited is exactly what `refund_clearing` holds."""
    where, given = scope.where("r.order_id", scope.orders_of(aggregates))
    sql = (
        "SELECT r.id, r.amount, sum(a.amount) FROM refunds r "
        f"JOIN refund_allocations a ON a.refund_id = r.id{where} GROUP BY r.id, r.amount"
    )
    for refund, amount, parts in db.execute(text(sql), given):
        if amount != parts:
            yield f"refund {refund} of {amount} has parts of {parts}"
    yield from _clearing(db, aggregates)


def _clearing(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    where, given = scope.where("x.order_id", scope.orders_of(aggregates))
    held = (
        "SELECT x.order_id, sum(e.amount) FROM ledger_entries e "
        f"JOIN ledger_transactions x ON x.id = e.transaction_id{where}{' AND' if where else ' WHERE'} "
        "e.account = 'refund_clearing' GROUP BY x.order_id"
    )
    waiting, given_too = scope.where("r.order_id", scope.orders_of(aggregates))
    parts = (
        "SELECT r.order_id, sum(a.amount) FROM refund_allocations a JOIN refunds r ON r.id = a.refund_id"
        f"{waiting}{' AND' if waiting else ' WHERE'} a.state IN {AWAITED} GROUP BY r.order_id"
    )
    awaited = {order: int(amount) for order, amount in db.execute(text(parts), given_too)}
    for order, balance in db.execute(text(held), given):
        if -int(balance) != awaited.pop(order, 0):
            yield f"order {order}: refund_clearing holds {-balance}, another amount is awaited"
    yield from (f"order {order}: {amount} is awaited and not in refund_clearing" for order, amount in awaited.items())


def balances(db: Connection, aggregates: Sequence[str] | None) -> Iterator[str]:
    """A gift card or store credit never holds less than nothing."""
    if aggregates is not None:
        return
    sql = (
        "SELECT account, currency, sum(amount) FROM ledger_entries "
        "WHERE account LIKE 'gift_card:%' OR account LIKE 'store_credit:%' GROUP BY 1, 2 HAVING sum(amount) > 0"
    )
    for account, currency, amount in db.execute(text(sql)):
        yield f"{account} is overdrawn by {amount} {currency}"
