"""The ledger of one order, line by line as it was posted: reading only. What may be posted is ledger.py's affair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from tools.orders.model import OrderId
from tools.orders.money import Money
from tools.orders.tables import ledger_entries, ledger_transactions


@dataclass(frozen=True, slots=True)
class Posting:
    """`amount` is a debit above zero and a credit below; a transaction's postings add up to nothing."""

    transaction: str
    kind: str
    at: datetime
    account: str
    amount: Money


def of_order(db: Connection, order: OrderId) -> tuple[Posting, ...]:
    """Oldest first."""
    joined = ledger_transactions.join(ledger_entries, ledger_entries.c.transaction_id == ledger_transactions.c.id)
    rows = db.execute(
        select(ledger_transactions, ledger_entries.c.account, ledger_entries.c.amount, ledger_entries.c.currency)
        .select_from(joined)
        .where(ledger_transactions.c.order_id == order)
        .order_by(ledger_transactions.c.at, ledger_transactions.c.id, ledger_entries.c.account)
    ).mappings()
    return tuple(
        Posting(row["id"], row["kind"], row["at"], row["account"], Money(row["amount"], row["currency"]))
        for row in rows
    )
