"""Money going back: refund, its allocation to tenders, the provider's answer. Never twice, never above the capture."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tools.orders import events, ledger, outbox
from tools.orders.model import Actor, Order, OrderId, Quote, Tender
from tools.orders.tables import (
    order_lines,
    payment_transactions,
    payments,
    refund_allocations,
    refund_lines,
    refunds,
    returns,
)


class NoSuchAllocation(LookupError):
    """A provider's answer names a refund part that we never asked for."""


def start(db: Connection, order: Order, quote: Quote, actor: Actor, key: str, now: datetime) -> tuple[str, bool]:
    """Record the refund and ask the providers to pay. Returns its id, and whether it is settled already.

    Invariants: I5 (never above the capture, per tender), I6 (balanced ledger), I8 (the key names it).
    """
    refund = f"{order.id}:refund:{len(order.refunds) + 1}"
    _insert(db, refund, order, quote, now)
    ledger.post(
        db,
        order.id,
        "refund.approved",
        now,
        order.currency,
        {"refunds": quote.amount.minor, "refund_clearing": -quote.amount.minor},
    )
    events.append(
        db,
        order.id,
        "refund.approved",
        now,
        actor,
        {"refund": refund, "amount": quote.amount.minor, "key": key},
    )
    for number, (tender, amount) in enumerate(_allocated(order, quote.amount.minor), 1):
        _send(db, order, refund, f"{refund}:{number}", tender, amount, now)
    return refund, _close(db, refund, order.id, actor, now)


def _insert(db: Connection, refund: str, order: Order, quote: Quote, now: datetime) -> None:
    db.execute(
        insert(refunds),
        {
            "id": refund,
            "order_id": order.id,
            "return_id": quote.return_id,
            "state": "submitting",
            "reason": quote.reason or quote.action.value,
            "amount": quote.amount.minor,
            "shipping": _shipping_in(order, quote),
            "currency": order.currency,
            "quote_digest": quote.digest,
            "requested_at": now,
        },
    )
    for line in quote.lines:
        left = next(one.quantity - one.refunded for one in order.lines if one.id == line.line_id)
        units = min(line.quantity, left)
        if units:
            values = {
                "refund_id": refund,
                "line_id": line.line_id,
                "quantity": units,
                "amount": line.amount.minor,
            }
            db.execute(insert(refund_lines), values)
            _count_units(db, line.line_id, units)


def _shipping_in(order: Order, quote: Quote) -> int:
    """What of the amount is not for goods is for shipping; a fee was taken off both."""
    goods = sum(line.amount.minor for line in quote.lines)
    beyond = quote.amount.minor + (quote.fee.minor if quote.fee else 0) - goods
    return min(max(beyond, 0), order.shipping.minor)


def _count_units(db: Connection, line: str, units: int) -> None:
    db.execute(update(order_lines).where(order_lines.c.id == line).values(refunded=order_lines.c.refunded + units))


def _allocated(order: Order, amount: int) -> Iterator[tuple[Tender, int]]:
    """R11: cards and other provider money first, oldest first; gift cards last. Each within its own capture."""
    for tender in sorted(order.tenders, key=lambda one: one.kind == "gift_card"):
        part = min(amount, tender.captured.minor - tender.refunded.minor - tender.pending.minor)
        if part > 0:
            amount -= part
            yield tender, part
    assert amount == 0, "a quote above what is refundable can not reach here (R10)"


def _send(db: Connection, order: Order, refund: str, part: str, tender: Tender, amount: int, now: datetime) -> None:
    """A gift card is our own ledger and settles at once; a provider is asked through the outbox (I11).

    A gift card that we do not know has no account here: whoever keeps it is asked like a provider.
    """
    values = {
        "id": part,
        "refund_id": refund,
        "payment_id": tender.payment_id,
        "amount": amount,
        "state": "submitting",
    }
    db.execute(insert(refund_allocations), values)
    if tender.kind == "gift_card" and tender.method_id:
        _settle(db, part, order.currency, now, f"ledger:{part}")
        return
    body = {"allocation": part, "order": order.number, "payment": tender.payment_id, "amount": amount}
    outbox.put(db, f"refund:{part}", "payment.refund", body | {"currency": order.currency}, now)


def record_result(db: Connection, part: str, succeeded: bool, psp_ref: str, now: datetime) -> None:
    """The provider's answer, once: the same answer again changes nothing. Raises `NoSuchAllocation`.

    A success may be taken back later (orders.md, section 4); a failure never becomes a success.
    """
    row = _allocation(db, part)
    taken_back = row.state == "succeeded" and not succeeded
    if row.state not in {"submitting", "pending", "unknown"} and not taken_back:
        return
    if taken_back:
        _unsettle(db, part, row, now)
    if succeeded:
        _settle(db, part, row.currency, now, psp_ref)
    else:
        _fail(db, part, row, now)
    refund = db.execute(select(refunds).where(refunds.c.id == row.refund_id)).mappings().one()
    _close(db, refund["id"], refund["order_id"], Actor("system", "payments"), now)


def _allocation(db: Connection, part: str) -> Row[Any]:
    row = db.execute(
        select(refund_allocations, refunds.c.currency, refunds.c.order_id)
        .join(refunds, refunds.c.id == refund_allocations.c.refund_id)
        .where(refund_allocations.c.id == part)
    ).one_or_none()
    if row is None:
        raise NoSuchAllocation(part)
    return row


def _settle(db: Connection, part: str, currency: str, now: datetime, psp_ref: str) -> None:
    row = _allocation(db, part)
    tender = db.execute(select(payments).where(payments.c.id == row.payment_id)).mappings().one()
    account = ledger.money_account(tender["kind"], tender["method_id"])
    ledger.post(
        db,
        row.order_id,
        "refund.succeeded",
        now,
        currency,
        {"refund_clearing": row.amount, account: -row.amount},
    )
    values = {"id": f"{part}:paid", "payment_id": row.payment_id, "kind": "refund", "amount": row.amount}
    paid = {
        "psp": "ledger" if tender["kind"] == "gift_card" else "sandbox",
        "psp_ref": psp_ref,
        "state": "succeeded",
        "at": now,
    }
    db.execute(insert(payment_transactions), values | paid)
    _set(db, part, "succeeded", psp_ref)


def _unsettle(db: Connection, part: str, row: Row[Any], now: datetime) -> None:
    """The money came back to the provider's clearing account: the settling entry reversed."""
    tender = db.execute(select(payments).where(payments.c.id == row.payment_id)).mappings().one()
    account = ledger.money_account(tender["kind"], tender["method_id"])
    reversing = {account: row.amount, "refund_clearing": -row.amount}
    ledger.post(db, row.order_id, "refund.taken_back", now, row.currency, reversing)
    paid = payment_transactions.c.id == f"{part}:paid"
    db.execute(update(payment_transactions).where(paid).values(state="failed"))


def _fail(db: Connection, part: str, row: Row[Any], now: datetime) -> None:
    """The amount is refundable again, and the ledger says so by a reversing entry."""
    reversing = {"refund_clearing": row.amount, "refunds": -row.amount}
    ledger.post(db, row.order_id, "refund.failed", now, row.currency, reversing)
    _set(db, part, "failed", None)


def _set(db: Connection, part: str, state: str, psp_ref: str | None) -> None:
    db.execute(update(refund_allocations).where(refund_allocations.c.id == part).values(state=state, psp_ref=psp_ref))


def _close(db: Connection, refund: str, order: OrderId, actor: Actor, now: datetime) -> bool:
    """Settled when no part is awaited any more; failed when a part failed.

    Only when every part failed do its units count as not refunded: after a success of one tender the rest is a
    person's to send again, else the next refund of these units would pay that tender twice.
    """
    states = set(
        db.execute(select(refund_allocations.c.state).where(refund_allocations.c.refund_id == refund)).scalars()
    )
    if states & {"submitting", "pending", "unknown"}:
        return False
    state = "failed" if "failed" in states else "succeeded"
    db.execute(update(refunds).where(refunds.c.id == refund).values(state=state, settled_at=now))
    if states == {"failed"}:
        for line, units in db.execute(
            select(refund_lines.c.line_id, refund_lines.c.quantity).where(refund_lines.c.refund_id == refund)
        ).all():
            _count_units(db, line, -units)
    elif state == "succeeded":
        of_return = select(refunds.c.return_id).where(refunds.c.id == refund).scalar_subquery()
        db.execute(update(returns).where(returns.c.id == of_return).values(state="closed"))
    events.append(db, order, f"refund.{state}", now, actor, {"refund": refund})
    return True
