"""The double-entry ledger: balanced, append-only (the database refuses changes). A correction is a reversing entry.

Amounts are signed minor units: a debit is positive, a credit negative. The chart:

    psp_clearing:{psp}            money at a provider              asset
    customer_receivable:{order}   sold and not paid for yet        asset
    customer_payable:{order}      owed to who ordered, after its end  liability
    psp_receivable                taken back by a dispute          asset
    gift_card:{id}                what a gift card still holds     liability
    store_credit:{customer}       what the shop owes a customer    liability
    refund_clearing               refunds that are on their way    liability
    tax_payable                                                    liability
    sales, shipping, restocking_fee                                revenue
    refunds, goodwill                                              contra revenue
    chargeback_loss                                                expense
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from tools.orders.model import Lifecycle, OrderId
from tools.orders.rows import fetch
from tools.orders.tables import ledger_entries, ledger_transactions, orders
from tools.orders.work import Work

ENDED = frozenset({Lifecycle.CANCELLED, Lifecycle.REJECTED, Lifecycle.CLOSED})
"""Nothing stands open on such an order (I6)."""
OWN = frozenset({"gift_card", "store_credit"})
"""Tenders that are accounts of our own ledger: they settle at once."""


class Unbalanced(AssertionError):
    """Debits and credits differ: a defect, stopped before anything is written."""


def post(
    work: Work,
    order: OrderId | None,
    kind: str,
    currency: str,
    entries: Mapping[str, int],
    at: datetime | None = None,
    key: str = "",
) -> str:
    """One balanced transaction; none at all where nothing moves. Raises `Unbalanced`."""
    if sum(entries.values()) != 0:
        raise Unbalanced(f"{kind}: {dict(entries)}")
    moved = {account: amount for account, amount in entries.items() if amount}
    if not moved:
        return ""
    transaction = key or work.new_id("ledger")
    work.insert(ledger_transactions, {"id": transaction, "order_id": order, "kind": kind, "at": at or work.now})
    work.insert(
        ledger_entries,
        *(
            {"transaction_id": transaction, "account": account, "amount": amount, "currency": currency}
            for account, amount in moved.items()
        ),
    )
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


def receivable(order: OrderId) -> str:
    return f"customer_receivable:{order}"


def payable(order: OrderId) -> str:
    return f"customer_payable:{order}"


def to_customer(db: Connection, order: OrderId, currency: str, amount: int) -> Mapping[str, int]:
    """What to debit where `amount` that was paid too much goes back: the shop's debt first, if the order has ended."""
    debt = min(max(-balance(db, payable(order), currency), 0), amount)
    return {payable(order): debt, receivable(order): amount - debt}


def tender_account(kind: str, method: str | None, psp: str = "sandbox") -> str:
    """Where a tender's money lies: an account of our own, else the provider's clearing account."""
    return f"{kind}:{method}" if kind in OWN and method else f"psp_clearing:{psp}"


def is_own(kind: str, method: str | None) -> bool:
    """A gift card without a name has no account here: whoever keeps it is asked like a provider."""
    return kind in OWN and bool(method)


def keep_debt(work: Work, order: OrderId, currency: str) -> int:
    """Nothing stands open on an order that has ended (I6): what it was paid too much is a debt of the shop's."""
    ended = fetch(work.db, orders, id=order)[0]["lifecycle"] in ENDED
    debt = -balance(work.db, receivable(order), currency) if ended else 0
    if debt <= 0:
        return 0
    post(work, order, "order.owed", currency, {receivable(order): debt, payable(order): -debt})
    return debt
