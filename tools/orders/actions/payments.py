"""Money coming in: tenders, what is asked for them, capture and void. Going back is refunds.py's.

Nothing is asked of a provider here: requests.py writes what is to be asked, payment_results.py takes the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from tools.orders import cards, ledger, rules
from tools.orders.actions import refunds, requests
from tools.orders.commands import Minor, Name, OnOrder, verb
from tools.orders.model import Order, OrderId, Tender
from tools.orders.rows import Row, fetch
from tools.orders.store import by_id
from tools.orders.tables import payment_methods, payments
from tools.orders.views import AWAITED
from tools.orders.work import Refused, Work

GONE = frozenset({"voided", "failed", "auth_expired"})
Mode = Literal["captured", "sale", "authorize"]


class Pay(BaseModel):
    """One tender. `token` is the provider's or a gift card's name, never a card number.

    captured: the channel took the money already (`reference` is its proof); sale: take it now; authorize: later.
    `amount` None: whatever is left to pay.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Name
    token: str | None = Field(None, max_length=200)
    amount: Minor | None = None
    mode: Mode = "captured"
    reference: str | None = Field(None, max_length=200)
    psp: str = Field("sandbox", max_length=50)


class AddPayment(OnOrder):
    """A tender for what an order still has to be paid."""

    payment: Pay


class CapturePayment(OnOrder):
    """Take what was authorised: all of it, or `amount`, the oldest tender first."""

    amount: Minor | None = None


class VoidPayment(OnOrder):
    """Give back what was authorised and not taken."""


@verb(AddPayment)
def add_payment(work: Work, wanted: AddPayment) -> Mapping[str, Any]:
    order = by_id(work.db, wanted.order_id)
    left = order.receivable - _promised(work, order)
    amount = left if wanted.payment.amount is None else wanted.payment.amount
    if not 0 < amount <= left:
        raise Refused(rules.refuse("PAY-2", "nothing_to_pay", accepts=f"at most {max(left, 0)} in minor units"))
    given = wanted.payment.model_copy(update={"amount": amount})
    owner = (order.customer_id, order.currency)
    tender = pay(work, wanted.order_id, len(order.tenders) + 1, given, *owner)
    return {"payment": tender}


def _promised(work: Work, order: Order) -> int:
    """What other tenders are to pay already: asked for, authorised, or waiting for the order's release."""
    waiting = {row["id"]: row["amount"] for row in fetch(work.db, payments, order_id=order.id, state="created")}
    promised = 0
    for one in order.tenders:
        held = one.authorized.minor - one.captured.minor if one.authorized and one.state not in GONE else 0
        asked = one.capturing.minor if one.capturing else 0
        asked_first = waiting.get(one.payment_id, 0)
        promised += max(held, asked) + asked_first + _authorizing(one)
    return promised


def _authorizing(tender: Tender) -> int:
    return sum(one.amount.minor for one in tender.moves if one.kind == "authorize" and one.state in AWAITED)


def pay(
    work: Work,
    order: OrderId,
    position: int,
    given: Pay,
    customer: str,
    currency: str,
    *,
    now: bool = True,
    replaces: str | None = None,
) -> str:
    """Writes the tender and what is asked for it, and tells it by an event. Refuses card numbers (PAY-1).

    Not `now`: an order on hold asks for nothing yet; what the channel took already is booked all the same.
    """
    refuse_cards(given.token, given.reference)
    assert given.amount is not None
    tender = f"{order}:pay:{position}"
    own = ledger.is_own(given.kind, given.token)
    row = {"id": tender, "order_id": order, "position": position, "kind": given.kind, "method_id": given.token}
    row |= {"psp": "ledger" if own else given.psp, "state": "created", "amount": given.amount}
    row |= {"mode": "sale" if own else given.mode, "currency": currency, "replaces": replaces}
    taken = given.mode == "captured" and not own
    work.insert(payments, row | ({"state": "captured"} if taken else {}))
    if taken:
        request = requests.record(work, row, "capture", given.amount, "succeeded", given.reference)
        booked(work, order, row, request, given.amount)
        work.event("payment.captured", {"payment": tender, "amount": given.amount})
    elif now:
        begin(work, order, row, customer)
    else:
        work.event("payment.created", {"payment": tender, "amount": given.amount})
    return tender


def begin(work: Work, order: OrderId, row: Row, customer: str) -> None:
    """Asks for what the tender is to pay; an account of our own pays at once."""
    if ledger.is_own(row["kind"], row["method_id"]):
        _spend(work, order, row, row["amount"], customer)
        return
    kind = "authorize" if row["mode"] == "authorize" else "capture"
    requests.ask(work, order, row, kind, row["amount"])
    requests.settle_state(work, row["id"])
    work.event("payment.requested", {"payment": row["id"], "amount": row["amount"], "kind": kind})


def begin_all(work: Work, order: OrderId, customer: str) -> None:
    """What an order on hold had not asked for, as far as it is still to be paid."""
    for row in fetch(work.db, payments, "position", order_id=order, state="created"):
        now = by_id(work.db, order)
        left = now.receivable - _promised(work, now) + row["amount"]
        if left > 0:
            work.set(payments, row["id"], {"amount": min(row["amount"], left)})
            begin(work, order, {**row, "amount": min(row["amount"], left)}, customer)


def _spend(work: Work, order: OrderId, row: Row, amount: int, customer: str) -> None:
    """A gift card or store credit: never below its balance; its row is locked while it is read."""
    method = row["method_id"]
    chosen = select(payment_methods.c.id).where(
        payment_methods.c.customer_id == customer, payment_methods.c.id == method, payment_methods.c.type == row["kind"]
    )
    known = work.db.execute(chosen.with_for_update()).first()
    account = ledger.tender_account(row["kind"], method)
    left = -ledger.balance(work.db, account, row["currency"]) if known else 0
    if left < amount:
        raise Refused(rules.refuse("PAY-3", "balance_too_low", accepts=f"at most {max(left, 0)} in minor units"))
    request = requests.record(work, row, "capture", amount, "succeeded", None)
    booked(work, order, row, request, amount)
    requests.settle_state(work, row["id"])
    work.event("payment.captured", {"payment": row["id"], "amount": amount})


@verb(CapturePayment)
def capture_payment(work: Work, wanted: CapturePayment) -> Mapping[str, Any]:
    asked = capture(work, wanted.order_id, wanted.amount)
    if not asked:
        raise Refused(rules.refuse("PAY-4", "nothing_authorized", accepts="an order with an authorised payment"))
    work.event("payment.requested", {"capture": dict(asked)})
    return {"captures": dict(asked)}


def capture(work: Work, order_id: OrderId, amount: int | None = None) -> Mapping[str, int]:
    """Asks for what was authorised, never more than is still to pay. Refuses PAY-4, PAY-5 (unknown)."""
    order = by_id(work.db, order_id)
    if any(one.state == "unknown" for one in order.tenders):
        raise Refused(rules.refuse("PAY-5", "unknown", accepts="reconcile_payment first"))
    room = {
        one.payment_id: one.authorized.minor - one.captured.minor - (one.capturing.minor if one.capturing else 0)
        for one in order.tenders
        if one.authorized and one.state in {"authorized", "partially_captured"}
    }
    underway = sum(one.capturing.minor for one in order.tenders if one.capturing)
    most = min(sum(room.values()), order.receivable - underway)
    left = most if amount is None else amount
    if left > most or (amount is not None and left < 1):
        raise Refused(rules.refuse("PAY-4", "above_authorized", accepts=f"at most {max(most, 0)} in minor units"))
    return _captures(work, order_id, room, left)


def _captures(work: Work, order: OrderId, room: Mapping[str, int], left: int) -> Mapping[str, int]:
    asked: dict[str, int] = {}
    for tender, most in room.items():
        part = min(left, most)
        if part > 0:
            row = fetch(work.db, payments, id=tender)[0]
            requests.ask(work, order, row, "capture", part)
            asked[tender], left = part, left - part
            requests.settle_state(work, tender)
    return asked


@verb(VoidPayment)
def void_payment(work: Work, wanted: VoidPayment) -> Mapping[str, Any]:
    voided = void(work, wanted.order_id)
    if not voided:
        raise Refused(rules.refuse("PAY-4", "nothing_authorized", accepts="a payment that is only authorised"))
    work.event("payment.requested", {"void": list(voided)})
    return {"voids": list(voided)}


def void(work: Work, order_id: OrderId, only: str = "") -> Sequence[str]:
    """Every authorisation, and the rest of one that was taken in part. What is under way is left to be answered."""
    order = by_id(work.db, order_id)
    voided = []
    for tender in order.tenders:
        if (
            only in {"", tender.payment_id}
            and tender.authorized
            and tender.state in {"authorized", "partially_captured"}
        ):
            row = fetch(work.db, payments, id=tender.payment_id)[0]
            requests.ask(work, order_id, row, "void", tender.authorized.minor - tender.captured.minor)
            requests.settle_state(work, tender.payment_id)
            voided.append(tender.payment_id)
    return voided


def replaced(work: Work, order_id: OrderId, tender: str) -> bool:
    """Once a tender holds, the one that it stands for is given back; whether it holds."""
    row = fetch(work.db, payments, id=tender)[0]
    order = by_id(work.db, order_id)
    old = next((one for one in order.tenders if one.payment_id == row["replaces"]), None)
    new = next(one for one in order.tenders if one.payment_id == tender)
    if old is None or not (new.captured or new.state == "authorized"):
        return False
    if old.refundable and order.receivable < 0:
        amount = min(old.refundable, -order.receivable)
        debits = ledger.to_customer(work.db, order_id, order.currency, amount)
        back = refunds.Back(amount, debits, "payment_replaced", tenders=(old.payment_id,))
        refunds.open_refund(work, order, back)
    elif old.state == "authorized" and void(work, order_id, only=old.payment_id):
        work.event("payment.requested", {"void": old.payment_id})
    elif new.state == "authorized" and order.receivable <= 0 and void(work, order_id, only=tender):
        work.event("payment.requested", {"void": tender})
    return True


def booked(work: Work, order: OrderId, tender: Row, request: str, amount: int) -> None:
    entries = {requests.account_of(tender): amount, ledger.receivable(order): -amount}
    ledger.post(work, order, "payment.captured", tender["currency"], entries, key=f"{request}:booked")


def refuse_cards(*given: str | None) -> None:
    if any(text and cards.looks_like_one(text) for text in given):
        raise Refused(rules.refuse("PAY-1", "card_number", accepts="the provider's token"))
