"""The double-entry ledger: balanced, append-only. A correction is a reversing entry.

Amounts are signed minor units: a debit is positive, a credit negative. Accounts follow the order core's chart:
`psp_clearing:{psp}`, `gift_card:{id}`, `customer_payable:{order}`, `sales`, `refunds`, `refund_clearing`, …
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, func, insert, select

from tools.orders.model import OrderId
from tools.orders.tables import ledger_entries, ledger_transactions


class Unbalanced(AssertionError):
    """Debits and credits differ: a defect, stopped before anything is written."""


def post(
    db: Connection, order: OrderId | None, kind: str, at: datetime, currency: str, entries: Mapping[str, int]
) -> str:
    """One balanced transaction. Raises `Unbalanced`."""
    if sum(entries.values()) != 0:
        raise Unbalanced(f"{kind}: {dict(entries)}")
    transaction = uuid4().hex
    db.execute(insert(ledger_transactions), {"id": transaction, "order_id": order, "kind": kind, "at": at})
    rows = [
        {"transaction_id": transaction, "account": account, "amount": amount, "currency": currency}
        for account, amount in entries.items()
        if amount
    ]
    if rows:
        db.execute(insert(ledger_entries), rows)
    return transaction


def balance(db: Connection, account: str, currency: str) -> int:
    """Debits minus credits, in minor units."""
    return int(
        db.execute(
            select(func.coalesce(func.sum(ledger_entries.c.amount), 0)).where(
                ledger_entries.c.account == account, ledger_entries.c.currency == currency
            )
        ).scalar_one()
    )


def money_account(kind: str, method: str | None) -> str:
    """Where a tender's money lies: a gift card's own account, else the provider's clearing account."""
    return f"gift_card:{method}" if kind == "gift_card" and method else "psp_clearing:sandbox"
