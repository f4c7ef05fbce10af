"""A provider's answer to a request, by webhook or by call, and asking again for one that did not come.

Late, twice and reordered have one effect. What an answer sets free follows at once, in the same transaction: the rest
of what was authorised is taken or given back, the tender that was replaced goes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Connection, select

from tools.orders import outbox, rules
from tools.orders import work as works
from tools.orders.actions import payments as paying
from tools.orders.actions import refund_settlement, refunds, requests
from tools.orders.commands import Command, Name, verb
from tools.orders.model import Actor, OrderId
from tools.orders.rows import Row, fetch
from tools.orders.store import by_id
from tools.orders.tables import payment_transactions, payments
from tools.orders.views import AWAITED
from tools.orders.work import Refused, Work


class OnTransaction(Command):
    transaction: Name

    def open(self, db: Connection, actor: Actor, now: datetime, key: str) -> Work:
        return works.on_order(db, order_of(db, self.transaction), actor, now, key)


class RecordPaymentResult(OnTransaction):
    """A provider's answer for one request, by webhook or by call: late, twice and reordered have one effect."""

    state: Literal["succeeded", "failed", "pending", "unknown"]
    reference: str = Field("", max_length=200)
    code: str = Field("", max_length=200)


class ReconcilePayment(OnTransaction):
    """Ask the provider again, with the same key, what became of a request."""


def order_of(db: Connection, transaction: str) -> OrderId:
    """Raises KeyError: an answer may come before the order is here; it is parked and tried again."""
    chosen = (
        select(payments.c.order_id)
        .join(payment_transactions, payment_transactions.c.payment_id == payments.c.id)
        .where(payment_transactions.c.id == transaction)
    )
    found = db.execute(chosen).scalar_one_or_none()
    if found is None:
        raise KeyError(transaction)
    return OrderId(found)


@verb(RecordPaymentResult)
def record_payment_result(work: Work, wanted: RecordPaymentResult) -> Mapping[str, Any]:
    paying.refuse_cards(wanted.reference, wanted.code)
    request = fetch(work.db, payment_transactions, id=wanted.transaction)[0]
    if request["psp"] == "ledger" or request["kind"] == "chargeback":
        raise Refused(rules.refuse("PAY-6", "not_asked_of_a_provider", accepts="a request that a provider was asked"))
    requests.refuse_known(work.db, request["psp"], request["kind"], wanted.reference, request["id"])
    if request["kind"] == "refund":
        return refund_settlement.answered(work, request, wanted.state, wanted.reference, wanted.code)
    if request["state"] not in AWAITED:
        return _late(work, request, wanted)
    if request["state"] != wanted.state:
        _answer(work, request, wanted)
    return {"transaction": request["id"], "state": wanted.state}


def _late(work: Work, request: Row, wanted: RecordPaymentResult) -> Mapping[str, Any]:
    """The same again changes nothing; the opposite is kept for a person: money may lie where we do not see it."""
    if wanted.state in {"succeeded", "failed"} and wanted.state != request["state"]:
        work.event(
            "payment.contradicted", {"transaction": request["id"], "said": wanted.state, "kept": request["state"]}
        )
    return {"transaction": request["id"], "state": request["state"]}


def _answer(work: Work, request: Row, wanted: RecordPaymentResult) -> None:
    final = wanted.state in {"succeeded", "failed"}
    values = {"state": wanted.state, "psp_ref": wanted.reference or request["psp_ref"], "code": wanted.code or None}
    work.set(payment_transactions, request["id"], values | ({"settled_at": work.now} if final else {}))
    order = OrderId(fetch(work.db, payments, id=request["payment_id"])[0]["order_id"])
    tender = fetch(work.db, payments, id=request["payment_id"])[0]
    if request["kind"] == "capture" and wanted.state == "succeeded":
        paying.booked(work, order, tender, request["id"], request["amount"])
    state = requests.settle_state(work, tender["id"])
    told = {"authorize": "authorized", "capture": "captured", "void": "voided"}[request["kind"]]
    kind = f"payment.{told}" if wanted.state == "succeeded" else f"payment.{wanted.state}"
    work.event(kind, {"payment": tender["id"], "transaction": request["id"], "amount": request["amount"], "now": state})
    if final:
        _of_a_cancelled_order(work, order)
    if wanted.state == "succeeded":
        paying.replaced(work, order, tender["id"])
        _rest_of_what_was_sent(work, order)
        refunds.of_late_capture(work, by_id(work.db, order))


def _of_a_cancelled_order(work: Work, order_id: OrderId) -> None:
    """What a provider still holds after the order was cancelled is given free at once."""
    order = by_id(work.db, order_id)
    if order.lifecycle in {"cancelled", "rejected"} and paying.void(work, order_id):
        work.event("payment.requested", {"void": "the order was cancelled meanwhile"})


def _rest_of_what_was_sent(work: Work, order_id: OrderId) -> None:
    """A capture that was under way when the last parcel left: what is still authorised is taken now."""
    order = by_id(work.db, order_id)
    able = any(one.authorized and one.state in {"authorized", "partially_captured"} for one in order.tenders)
    sent = any(line.shipped for line in order.lines) and not any(line.open for line in order.lines)
    if able and sent and order.receivable > 0 and not any(one.state == "unknown" for one in order.tenders):
        asked = paying.capture(work, order_id)
        if asked:
            work.event("payment.requested", {"capture": dict(asked)})


@verb(ReconcilePayment)
def reconcile_payment(work: Work, wanted: ReconcilePayment) -> Mapping[str, Any]:
    request = fetch(work.db, payment_transactions, id=wanted.transaction)[0]
    if request["state"] not in AWAITED:
        raise Refused(rules.refuse("PAY-6", "answered_already", accepts="a request that no answer came for"))
    outbox.wake(work.db, requests.message_key(request["id"]), work.now)
    return {"transaction": request["id"], "state": request["state"]}
