"""What becomes of a refund: where each part is paid to, the provider's answer, and the state that the parts give.

A success moves the part's money from `refund_clearing` to where it went, and once no part is awaited any more the
credit note is written. A failure reverses the approval of its part: the amount is refundable again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from tools.orders import ledger, rules
from tools.orders.actions import requests
from tools.orders.model import OrderId
from tools.orders.money import allocate
from tools.orders.rows import Row, fetch
from tools.orders.store import by_id
from tools.orders.tables import (
    counters,
    credit_notes,
    ledger_entries,
    order_lines,
    payment_methods,
    payment_transactions,
    payments,
    refund_allocations,
    refund_lines,
    refunds,
    returns,
    withdrawals,
)
from tools.orders.views import AWAITED
from tools.orders.work import Refused, Work


def target(work: Work, customer: str, tender: Row, destination: str | None) -> Row:
    """The tender, or the method of the customer's that gets the money instead of it.

    Gift-card money never goes to a card (R11), unless the shop's terms let it be cashed out.
    """
    if destination is None:
        return tender
    if ledger.is_own(tender["kind"], tender["method_id"]) and not _cash_out(work):
        return tender
    method = fetch(work.db, payment_methods, customer_id=customer, id=destination)
    if not method:
        raise Refused(rules.refuse("PAY-8", "unknown_method", accepts="a payment method of the customer"))
    foreign = tender["psp"] if tender["psp"] != "ledger" else "sandbox"
    psp = "ledger" if ledger.is_own(method[0]["type"], destination) else foreign
    return {**tender, "kind": method[0]["type"], "method_id": destination, "psp": psp}


def _where(work: Work, part: Row, refund: Row) -> Row:
    tender = fetch(work.db, payments, id=part["payment_id"])[0]
    customer = by_id(work.db, refund["order_id"]).customer_id if part["destination"] else ""
    return target(work, customer, tender, part["destination"])


def _cash_out(work: Work) -> bool:
    return bool(work.terms and work.terms.gift_money_to_cards)


def answered(work: Work, request: Row, state: str, reference: str, code: str) -> Mapping[str, Any]:
    """A provider's answer, once: the same again changes nothing.

    A success may be taken back later (orders.md, section 4); a failure never becomes a success by itself: what
    contradicts it is kept as an event, for a person.
    """
    part = fetch(work.db, refund_allocations, id=request["allocation_id"])[0]
    refund = fetch(work.db, refunds, id=part["refund_id"])[0]
    if request["state"] in AWAITED:
        if state != request["state"]:
            _answer(work, request, part, refund, state, reference, code)
    elif request["state"] == "succeeded" and state == "failed":
        _taken_back(work, request, part, refund, code)
    elif {request["state"], state} == {"failed", "succeeded"}:
        work.event("payment.contradicted", {"transaction": request["id"], "said": state, "kept": request["state"]})
    return {"transaction": request["id"], "refund": refund["id"]}


def _answer(work: Work, request: Row, part: Row, refund: Row, state: str, reference: str, code: str) -> None:
    final = {"settled_at": work.now} if state in {"succeeded", "failed"} else {}
    work.set(
        payment_transactions,
        request["id"],
        {"state": state, "psp_ref": reference or None, "code": code or None, **final},
        was={"state": request["state"]},
    )
    if state == "succeeded":
        settle(work, part, request["id"], refund["order_id"], _where(work, part, refund))
    elif state == "failed":
        _fail(work, part, request["id"], refund)
    else:
        work.set(refund_allocations, part["id"], {"state": state})
    told = {"part": part["id"], "state": state, "transaction": request["id"], "code": code}
    work.event("refund.answered", told | {"amount": part["amount"]})
    close(work, refund["id"])


def _taken_back(work: Work, request: Row, part: Row, refund: Row, code: str) -> None:
    """The money came back to where it lay: the settling entry reversed, then the approval."""
    values = {"state": "failed", "settled_at": work.now, "code": code or None}
    work.set(payment_transactions, request["id"], values, was={"state": "succeeded"})
    account = requests.account_of(_where(work, part, refund))
    reversing = {account: part["amount"], "refund_clearing": -part["amount"]}
    ledger.post(work, refund["order_id"], "refund.taken_back", refund["currency"], reversing)
    _fail(work, part, request["id"], refund)
    work.event("refund.taken_back", {"part": part["id"], "transaction": request["id"]})
    close(work, refund["id"])


def settle(work: Work, part: Row, request: str, order: OrderId, target: Row) -> None:
    entries = {"refund_clearing": part["amount"], requests.account_of(target): -part["amount"]}
    ledger.post(work, order, "refund.succeeded", target["currency"], entries, key=f"{request}:paid")
    work.set(refund_allocations, part["id"], {"state": "succeeded"})


def _fail(work: Work, part: Row, request: str, refund: Row) -> None:
    """The amount is refundable again, and the ledger says so by a reversing entry."""
    approved = fetch(work.db, ledger_entries, transaction_id=f"{refund['id']}:approved")
    debits = {row["account"]: row["amount"] for row in approved if row["account"] != "refund_clearing"}
    shares = proportional(part["amount"], debits)
    reversing = {account: -amount for account, amount in shares.items()}
    entries = reversing | {"refund_clearing": part["amount"]}
    ledger.post(work, refund["order_id"], "refund.failed", refund["currency"], entries, key=f"{request}:failed")
    work.set(refund_allocations, part["id"], {"state": "failed"})
    ledger.keep_debt(work, refund["order_id"], refund["currency"])


def proportional(amount: int, debits: Mapping[str, int]) -> Mapping[str, int]:
    """This part's share of what the whole refund debited; a fee (a credit among them) stays with the goods."""
    positive = {account: value for account, value in debits.items() if value > 0}
    return dict(zip(positive, allocate(amount, list(positive.values())), strict=True))


def close(work: Work, refund: str) -> bool:
    """The refund's state from its parts; settled when none is awaited any more, failed when one failed.

    Only when every part failed do its units count as not refunded: after a success of one tender the rest is a
    person's to send again, else the next refund of these units would pay that tender twice.
    """
    kept = fetch(work.db, refunds, id=refund)[0]
    states = {row["state"] for row in fetch(work.db, refund_allocations, refund_id=refund)}
    state = _state_of(states)
    if state == kept["state"]:
        return state in {"succeeded", "failed"}
    settled = work.now if state in {"succeeded", "failed"} else None
    work.set(refunds, refund, {"state": state, "settled_at": settled})
    if states == {"failed"}:
        recount(work, refund, -1)
    if state == "succeeded":
        _finished(work, kept)
    work.event(f"refund.{state}", {"refund": refund})
    return settled is not None


def _state_of(parts: set[str]) -> str:
    for state in ("unknown", "submitting", "pending", "failed"):
        if state in parts:
            return state
    return "succeeded"


def recount(work: Work, refund: str, sign: int) -> None:
    for row in fetch(work.db, refund_lines, refund_id=refund):
        work.add(order_lines, row["line_id"], {"refunded": sign * row["quantity"]})


def _finished(work: Work, refund: Row) -> None:
    """The credit note, and the return and withdrawal that it pays for."""
    _credit_note(work, refund)
    if not refund["return_id"]:
        for row in fetch(work.db, withdrawals, order_id=refund["order_id"], state="acknowledged"):
            if row["return_id"] is None and refund["reason"].startswith("order."):
                work.set(withdrawals, row["id"], {"state": "refunded"})
        return
    rma = fetch(work.db, returns, id=refund["return_id"])[0]
    if rma["state"] == "refund_due":
        work.change(returns, rma["id"], "return", "refund_due", "closed")
    for row in fetch(work.db, withdrawals, return_id=rma["id"], state="acknowledged"):
        work.set(withdrawals, row["id"], {"state": "refunded"})


def _credit_note(work: Work, refund: Row) -> None:
    """Numbered without gaps: the counter's row is locked until this transaction ends."""
    if fetch(work.db, credit_notes, refund_id=refund["id"]):
        return
    work.writer.insert_once(counters, {"name": "credit_note"})
    work.db.execute(update(counters).where(counters.c.name == "credit_note").values(value=counters.c.value + 1))
    number = fetch(work.db, counters, name="credit_note")[0]["value"]
    approved = fetch(work.db, ledger_entries, transaction_id=f"{refund['id']}:approved", account="tax_payable")
    tax = approved[0]["amount"] if approved else 0
    row = {"id": f"{refund['id']}:credit_note", "number": f"CN-{number:06}", "order_id": refund["order_id"]}
    row |= {"refund_id": refund["id"], "net": refund["amount"] - tax, "tax": tax, "currency": refund["currency"]}
    work.insert(credit_notes, row | {"issued_at": work.now})
