"""A part of a refund that failed, sent once more: to where it was to go, or as store credit with consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from tools.orders import ledger, rules
from tools.orders import work as works
from tools.orders.actions import refund_settlement
from tools.orders.actions import refunds as refunding
from tools.orders.commands import Command, Name, verb
from tools.orders.model import LineId, Order, OrderId
from tools.orders.rows import Row, fetch
from tools.orders.store import by_id
from tools.orders.tables import ledger_entries, payment_methods, refund_allocations, refund_lines, refunds
from tools.orders.work import Refused, Work


class OnRefund(Command):
    refund_id: Name

    def open(self, db: Connection, actor: Any, now: Any, key: str) -> Work:
        found = db.execute(select(refunds.c.order_id).where(refunds.c.id == self.refund_id)).scalar_one_or_none()
        if found is None:
            raise KeyError(self.refund_id)
        return works.on_order(db, OrderId(found), actor, now, key)


class RetryRefund(OnRefund):
    """A new attempt for the parts that failed, under the same refund (R17)."""


class RerouteRefund(OnRefund):
    """What failed becomes store credit; only with the customer's consent (R11)."""

    consent: bool = False


@verb(RetryRefund)
def retry_refund(work: Work, wanted: RetryRefund) -> Mapping[str, Any]:
    refund, order, failed = _failed_parts(work, wanted.refund_id)
    _must_be_there(order, failed)
    _again(work, refund, order, failed, None)
    work.event("refund.retried", {"refund": refund["id"], "parts": [part["id"] for part in failed]})
    for part in failed:
        refunding.send(work, order, part)
    return {"refund": refund["id"], "settled": refund_settlement.close(work, refund["id"])}


@verb(RerouteRefund)
def reroute_refund(work: Work, wanted: RerouteRefund) -> Mapping[str, Any]:
    if not wanted.consent:
        raise Refused(rules.refuse("REF-11", "no_consent", accepts="the customer's consent to store credit"))
    refund, order, failed = _failed_parts(work, wanted.refund_id)
    _must_be_there(order, failed)
    credit = f"store-credit-{order.customer_id}"
    row = {"customer_id": order.customer_id, "id": credit, "type": "store_credit"}
    work.writer.insert_once(payment_methods, row)
    _again(work, refund, order, failed, credit)
    work.event("refund.rerouted", {"refund": refund["id"], "to": credit})
    for part in failed:
        refunding.send(work, order, {**part, "destination": credit})
    return {"refund": refund["id"], "settled": refund_settlement.close(work, refund["id"])}


def _failed_parts(work: Work, refund_id: str) -> tuple[Row, Order, Sequence[Row]]:
    refund = fetch(work.db, refunds, id=refund_id)[0]
    failed = fetch(work.db, refund_allocations, "id", refund_id=refund_id, state="failed")
    if not failed:
        raise Refused(rules.refuse("REF-12", "nothing_failed", accepts="a refund with a failed part"))
    return refund, by_id(work.db, refund["order_id"]), failed


def _must_be_there(order: Order, failed: Sequence[Row]) -> None:
    """R10 again: since it failed, the money may have gone another way, or the customer's bank may dispute it."""
    if any(one.open_dispute for one in order.tenders):
        raise Refused(rules.refuse("REF-8", "open_dispute", accepts="a refund after the dispute is decided"))
    left = {one.payment_id: one.refundable for one in order.tenders}
    for part in failed:
        left[part["payment_id"]] -= part["amount"]
    if min(left.values()) < 0:
        raise Refused(rules.refuse("REF-3", "above_captured", accepts="a refund of what is left"))


def _again(work: Work, refund: Row, order: Order, failed: Sequence[Row], destination: str | None) -> None:
    """Approved again for what failed, and its units counted again if none of them was."""
    states = {row["state"] for row in fetch(work.db, refund_allocations, refund_id=refund["id"])}
    if states == {"failed"}:
        lines = {line.id: line.quantity - line.refunded for line in order.lines}
        asked = fetch(work.db, refund_lines, refund_id=refund["id"])
        if any(lines[LineId(row["line_id"])] < row["quantity"] for row in asked):
            raise Refused(rules.refuse("REF-3", "refunded_otherwise", accepts="a refund of what is left"))
        refund_settlement.recount(work, refund["id"], 1)
    approved = fetch(work.db, ledger_entries, transaction_id=f"{refund['id']}:approved")
    debits = {row["account"]: row["amount"] for row in approved if row["account"] != "refund_clearing"}
    for part in failed:
        attempt = part["attempts"] + 1
        shares = dict(refund_settlement.proportional(part["amount"], debits))
        over = sum(shares.pop(account(order.id), 0) for account in (ledger.receivable, ledger.payable))
        back = ledger.to_customer(work.db, order.id, order.currency, over)
        entries = {**shares, **back, "refund_clearing": -part["amount"]}
        key = f"{part['id']}:approved:{attempt}"
        ledger.post(work, order.id, "refund.approved", order.currency, entries, key=key)
        values = {"state": "submitting", "attempts": attempt, "destination": destination or part["destination"]}
        work.set(refund_allocations, part["id"], values, was={"state": "failed"})
