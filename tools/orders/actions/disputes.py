"""Disputes: the customer's bank takes money back, and decides. While one is open nothing of its order is refunded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from tools.orders import ledger, rules
from tools.orders.actions import requests
from tools.orders.commands import Minor, Name, OnOrder, verb
from tools.orders.model import OrderId
from tools.orders.rows import Row, fetch
from tools.orders.store import by_id
from tools.orders.tables import payment_transactions, payments
from tools.orders.work import Refused, Work


class OpenDispute(OnOrder):
    """The customer's bank takes money back; refunds of the order stop until it is decided (REF-8)."""

    payment_id: Name
    amount: Minor
    reference: Name


class CloseDispute(OnOrder):
    """The bank decided: won, the money comes back; lost, it is gone."""

    reference: Name
    won: bool


@verb(OpenDispute)
def open_dispute(work: Work, wanted: OpenDispute) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    tender = next((one for one in order.tenders if one.payment_id == wanted.payment_id), None)
    if _dispute(work.db, wanted.order_id, wanted.reference):
        return {"dispute": wanted.reference}
    most = tender.refundable if tender else 0
    if not 0 < wanted.amount <= most:
        raise Refused(rules.refuse("PAY-7", "not_captured", accepts=f"1 to {most} in minor units"))
    row = fetch(work.db, payments, id=wanted.payment_id)[0]
    requests.record(work, row, "chargeback", wanted.amount, "pending", wanted.reference)
    entries = {"psp_receivable": wanted.amount, requests.account_of(row): -wanted.amount}
    ledger.post(work, wanted.order_id, "dispute.opened", order.currency, entries)
    requests.settle_state(work, wanted.payment_id)
    work.event("payment.disputed", {"payment": wanted.payment_id, "amount": wanted.amount})
    return {"dispute": wanted.reference}


@verb(CloseDispute)
def close_dispute(work: Work, wanted: CloseDispute) -> Mapping[str, Any]:
    """Won: the provider gives the money back. Lost: it is gone, and counts against what can be refunded (R10)."""
    request = _dispute(work.db, wanted.order_id, wanted.reference)
    if request is None:
        raise Refused(rules.refuse("PAY-7", "no_such_dispute", accepts="the reference of an open dispute"))
    state = "failed" if wanted.won else "succeeded"
    if request["state"] == "pending":
        work.set(payment_transactions, request["id"], {"state": state, "settled_at": work.now})
        row = fetch(work.db, payments, id=request["payment_id"])[0]
        where = requests.account_of(row) if wanted.won else "chargeback_loss"
        entries = {where: request["amount"], "psp_receivable": -request["amount"]}
        ledger.post(work, wanted.order_id, "dispute.closed", row["currency"], entries)
        requests.settle_state(work, request["payment_id"])
        work.event("payment.dispute_won" if wanted.won else "payment.dispute_lost", {"dispute": wanted.reference})
    decided = _dispute(work.db, wanted.order_id, wanted.reference)
    return {"dispute": wanted.reference, "state": "lost" if decided and decided["state"] == "succeeded" else "won"}


def by_reference(db: Connection, psp: str, reference: str) -> tuple[OrderId, str] | None:
    """A dispute names the payment as the provider does; what was voided or refunded is named otherwise."""
    found = fetch(db, payment_transactions, psp=psp, psp_ref=reference, kind=["authorize", "capture"])
    if not found:
        return None
    tender = fetch(db, payments, id=found[0]["payment_id"])[0]
    return OrderId(tender["order_id"]), tender["id"]


def _dispute(db: Connection, order: OrderId, reference: str) -> Row | None:
    tenders = [row["id"] for row in fetch(db, payments, order_id=order)]
    found = fetch(db, payment_transactions, payment_id=tenders, kind="chargeback", psp_ref=reference) if tenders else []
    return found[0] if found else None
