"""What is asked of providers: a row and a message each, written with the change (I11).

A request's id is the provider's idempotency key; a payment's state is what its requests tell (`state_of`). The answers
are payment_results.py's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from tools.orders import ledger, outbox, rules
from tools.orders.model import OrderId
from tools.orders.rows import Row, fetch
from tools.orders.tables import orders, payment_transactions, payments
from tools.orders.work import Refused, Work


def ask(work: Work, order: OrderId, tender: Row, kind: str, amount: int, allocation: str | None = None) -> str:
    """A request of the provider, by the outbox; its id is the idempotency key there."""
    request = record(work, tender, kind, amount, "submitting", None, allocation)
    granted = fetch(work.db, payment_transactions, "at, id", payment_id=tender["id"], state="succeeded")
    reference = next((one["psp_ref"] for one in granted if one["kind"] in {"authorize", "capture"}), None)
    number = work.db.execute(select(orders.c.number).where(orders.c.id == order)).scalar_one()
    body = {
        "transaction": request,
        "allocation": allocation,
        "payment": tender["id"],
        "order": number,
        "amount": amount,
        "currency": tender["currency"],
        "token": tender["method_id"],
        "reference": reference,
        "psp": tender["psp"],
    }
    outbox.put(work.db, message_key(request), f"payment.{kind}", body, work.now)
    return request


def message_key(request: str) -> str:
    return f"payment:{request}"


def refuse_known(db: Connection, psp: str, kind: str, reference: str | None, own: str = "") -> None:
    """A provider's reference names one thing (I9)."""
    found = fetch(db, payment_transactions, psp=psp, psp_ref=reference, kind=kind) if reference else []
    if any(one["id"] != own for one in found):
        raise Refused(rules.refuse("PAY-9", "reference_known", accepts="the reference of a request that is new here"))


def record(
    work: Work,
    tender: Row,
    kind: str,
    amount: int,
    state: str,
    reference: str | None,
    allocation: str | None = None,
) -> str:
    refuse_known(work.db, tender["psp"], kind, reference)
    request = work.new_id(kind)
    row = {"id": request, "payment_id": tender["id"], "kind": kind, "amount": amount, "state": state}
    row |= {"psp": tender["psp"], "psp_ref": reference, "at": work.now, "allocation_id": allocation}
    work.insert(payment_transactions, row | {"settled_at": work.now if state == "succeeded" else None})
    return request


def account_of(tender: Row) -> str:
    return ledger.tender_account(tender["kind"], tender["method_id"], tender["psp"])


def settle_state(work: Work, tender: str) -> str:
    """Derives the payment's state from its requests, and keeps it for who reads rows."""
    state = state_of(fetch(work.db, payment_transactions, payment_id=tender))
    kept = fetch(work.db, payments, id=tender)[0]["state"]
    if state != kept:
        work.set(payments, tender, {"state": state})
    return state


def state_of(requests: Sequence[Row]) -> str:
    """What requests tell of a payment, the most urgent first. Refunds do not change it: the order's axis tells them."""
    by_kind = {
        kind: [one for one in requests if one["kind"] == kind]
        for kind in ("authorize", "capture", "void", "chargeback")
    }
    if any(one["state"] == "pending" for one in by_kind["chargeback"]):
        return "disputed"
    if any(one["state"] == "succeeded" for one in by_kind["chargeback"]):
        return "charged_back"
    asked = by_kind["authorize"] + by_kind["capture"] + by_kind["void"]
    if any(one["state"] == "unknown" for one in asked):
        return "unknown"
    for kind, state in (("authorize", "authorizing"), ("capture", "capturing"), ("void", "voiding")):
        if any(one["state"] in {"submitting", "pending"} for one in by_kind[kind]):
            return state
    return _settled_state(by_kind)


def _settled_state(by_kind: Mapping[str, Sequence[Row]]) -> str:
    def got(kind: str) -> int:
        return sum(one["amount"] for one in by_kind[kind] if one["state"] == "succeeded")

    authorized, captured = got("authorize"), got("capture")
    if any(one["state"] == "succeeded" for one in by_kind["void"]):
        return "captured" if captured else "voided"
    if captured:
        return "captured" if captured >= authorized else "partially_captured"
    if authorized:
        return "authorized"
    return "failed" if by_kind["authorize"] or by_kind["capture"] else "created"
