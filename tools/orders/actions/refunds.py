"""Money going back: refund, its allocation to tenders, the provider's answer. Never twice, never above the capture.

Approving a refund debits what was sold and credits `refund_clearing`; a provider's success moves it on to where the
money lay; a failure reverses the approval, and the amount is refundable again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select, update

from tools.orders import amounts, ledger, quotes, rules
from tools.orders import work as works
from tools.orders.actions import requests
from tools.orders.agreement import Action, Quote
from tools.orders.commands import Command, Name, verb
from tools.orders.model import Lifecycle, LineId, Order, OrderId, Tender
from tools.orders.money import allocate
from tools.orders.rows import Row, fetch
from tools.orders.store import by_id
from tools.orders.tables import (
    counters,
    credit_notes,
    ledger_entries,
    order_lines,
    orders,
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

ENDED = frozenset({Lifecycle.CANCELLED, Lifecycle.REJECTED, Lifecycle.CLOSED})


@dataclass(frozen=True, slots=True)
class Back:
    """A refund to be made. `debits` are the accounts that it takes back from; they and `fee` give `amount`.

    `destination` names a method of the customer's where the money goes instead of the tenders that it came from.
    """

    amount: int
    debits: Mapping[str, int]
    reason: str
    lines: tuple[tuple[LineId, int, amounts.Parts], ...] = ()
    shipping: int = 0
    fee: int = 0
    goodwill: int = 0
    return_id: str | None = None
    digest: str = ""
    destination: str | None = None
    tenders: tuple[str, ...] = field(default=())


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


def start(work: Work, order: Order, quote: Quote) -> tuple[str, bool]:
    """Records a quoted refund and asks the providers to pay. Returns its id, and whether it is settled already.

    Invariants: I5 (never above the capture, per tender), I6 (balanced ledger).
    """
    return open_refund(work, order, _back(work, order, quote))


def _back(work: Work, order: Order, quote: Quote) -> Back:
    """Goods, tax, shipping and gesture by component; where the cap cut the amount, all are cut alike.

    Of an order that is cancelled, what was paid too much comes first: it was never sold.
    """
    lines = tuple(_line_parts(order, quote))
    shipping = quote.shipping.minor if quote.shipping else 0
    fee = (quote.fee.minor if quote.fee else 0) + quote.deduction
    goods, tax = sum(p.net + p.duty for *_, p in lines), sum(p.tax for *_, p in lines)
    goodwill = max(quote.amount.minor + fee - goods - tax - shipping, 0) if quote.reason == quotes.GOODWILL else 0
    shipping_tax = amounts.share(order.shipping_tax.minor, shipping, order.shipping.minor + order.shipping_tax.minor)
    weights = {
        "refunds": goods,
        "tax_payable": tax + shipping_tax,
        "shipping": shipping - shipping_tax,
        "goodwill": goodwill,
    }
    over = quote.action is Action.CANCEL_ORDER or order.lifecycle is Lifecycle.CANCELLED
    surplus = min(max(-order.receivable, 0), quote.amount.minor) if over else 0
    parts = allocate(quote.amount.minor + fee - surplus, list(weights.values()))
    debits = {
        **dict(zip(weights, parts, strict=True)),
        **ledger.to_customer(work.db, order.id, order.currency, surplus),
    }
    return Back(
        quote.amount.minor,
        debits,
        quote.reason or quote.action.value,
        lines,
        shipping,
        fee,
        goodwill,
        quote.return_id,
        quote.digest,
        quote.method_id,
    )


def _line_parts(order: Order, quote: Quote) -> Iterator[tuple[LineId, int, amounts.Parts]]:
    known = {line.id: line for line in order.lines}
    for one in quote.lines:
        line = known[one.line_id]
        units = min(one.quantity, line.quantity - line.refunded)
        if units:
            yield line.id, units, amounts.of_line(line, units)


def open_refund(work: Work, order: Order, back: Back) -> tuple[str, bool]:
    refund = f"{order.id}:refund:{len(fetch(work.db, refunds, order_id=order.id)) + 1}"
    _insert(work, refund, order, back)
    ledger.post(work, order.id, "refund.approved", order.currency, _approval(back), key=f"{refund}:approved")
    body = {"refund": refund, "amount": back.amount, "reason": back.reason, "key": work.key}
    parts = [
        _part(work, f"{refund}:{n}", refund, tender, amount, back.destination)
        for n, (tender, amount) in enumerate(allocated(order, back), 1)
    ]
    work.event("refund.approved", body)
    for part in parts:
        _send(work, order, part)
    return refund, _close(work, refund)


def _approval(back: Back) -> Mapping[str, int]:
    return {**back.debits, "restocking_fee": -back.fee, "refund_clearing": -back.amount}


def _insert(work: Work, refund: str, order: Order, back: Back) -> None:
    row = {
        "id": refund,
        "order_id": order.id,
        "return_id": back.return_id,
        "state": "submitting",
        "reason": back.reason,
        "amount": back.amount,
        "shipping": back.shipping,
        "fee": back.fee,
        "goodwill": back.goodwill,
        "currency": order.currency,
        "quote_digest": back.digest,
        "requested_at": work.now,
    }
    work.insert(refunds, row)
    for line, units, parts in back.lines:
        values = {"refund_id": refund, "line_id": line, "quantity": units}
        work.insert(refund_lines, values | {"net": parts.net + parts.duty, "tax": parts.tax})
        work.add(order_lines, line, {"refunded": units})


def allocated(order: Order, back: Back) -> Iterator[tuple[Tender, int]]:
    """R11: cards and other provider money first, oldest first; our own accounts last. Each within its own capture."""
    left = back.amount
    chosen = [one for one in order.tenders if not back.tenders or one.payment_id in back.tenders]
    for tender in sorted(chosen, key=lambda one: one.kind in ledger.OWN):
        part = min(left, tender.refundable)
        if part > 0:
            left -= part
            yield tender, part
    if left:
        raise Refused(rules.refuse("REF-3", "above_captured", accepts=f"at most {back.amount - left} in minor units"))


def _part(work: Work, part: str, refund: str, tender: Tender, amount: int, destination: str | None) -> Row:
    row = {"id": part, "refund_id": refund, "payment_id": tender.payment_id, "amount": amount, "state": "submitting"}
    row |= {"destination": destination if destination != tender.method_id else None}
    work.insert(refund_allocations, row)
    return row


def _send(work: Work, order: Order, part: Row) -> None:
    """An account of our own settles at once; a provider is asked through the outbox (I11)."""
    tender = fetch(work.db, payments, id=part["payment_id"])[0]
    target = _target(work.db, order.customer_id, tender, part["destination"], cash_out=_cash_out(work))
    if ledger.is_own(target["kind"], target["method_id"]):
        request = requests.record(work, target, "refund", part["amount"], "succeeded", None, part["id"])
        _settle(work, part, request, order.id, target)
        work.event("refund.paid", {"part": part["id"], "amount": part["amount"]})
        return
    request = requests.ask(work, order.id, target, "refund", part["amount"], part["id"])
    work.event("refund.submitted", {"part": part["id"], "amount": part["amount"], "transaction": request})


def _target(db: Connection, customer: str, tender: Row, destination: str | None, *, cash_out: bool) -> Row:
    """The tender, or the method of the customer's that gets the money instead of it.

    Gift-card money never goes to a card (R11), unless the shop's terms let it be cashed out.
    """
    if destination is None:
        return tender
    if ledger.is_own(tender["kind"], tender["method_id"]) and not cash_out:
        return tender
    method = fetch(db, payment_methods, customer_id=customer, id=destination)
    if not method:
        raise Refused(rules.refuse("PAY-8", "unknown_method", accepts="a payment method of the customer"))
    foreign = tender["psp"] if tender["psp"] != "ledger" else "sandbox"
    psp = "ledger" if ledger.is_own(method[0]["type"], destination) else foreign
    return {**tender, "kind": method[0]["type"], "method_id": destination, "psp": psp}


# -- answers -------------------------------------------------------------------------------------------------


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
        _settle(work, part, request["id"], refund["order_id"], _where(work, part, refund))
    elif state == "failed":
        _fail(work, part, request["id"], refund)
    else:
        work.set(refund_allocations, part["id"], {"state": state})
    told = {"part": part["id"], "state": state, "transaction": request["id"], "code": code}
    work.event("refund.answered", told | {"amount": part["amount"]})
    _close(work, refund["id"])


def _taken_back(work: Work, request: Row, part: Row, refund: Row, code: str) -> None:
    """The money came back to where it lay: the settling entry reversed, then the approval."""
    values = {"state": "failed", "settled_at": work.now, "code": code or None}
    work.set(payment_transactions, request["id"], values, was={"state": "succeeded"})
    account = requests.account_of(_where(work, part, refund))
    reversing = {account: part["amount"], "refund_clearing": -part["amount"]}
    ledger.post(work, refund["order_id"], "refund.taken_back", refund["currency"], reversing)
    _fail(work, part, request["id"], refund)
    work.event("refund.taken_back", {"part": part["id"], "transaction": request["id"]})
    _close(work, refund["id"])


def _where(work: Work, part: Row, refund: Row) -> Row:
    tender = fetch(work.db, payments, id=part["payment_id"])[0]
    customer = by_id(work.db, refund["order_id"]).customer_id if part["destination"] else ""
    return _target(work.db, customer, tender, part["destination"], cash_out=_cash_out(work))


def _cash_out(work: Work) -> bool:
    return bool(work.terms and work.terms.gift_money_to_cards)


def _settle(work: Work, part: Row, request: str, order: OrderId, target: Row) -> None:
    entries = {"refund_clearing": part["amount"], requests.account_of(target): -part["amount"]}
    ledger.post(work, order, "refund.succeeded", target["currency"], entries, key=f"{request}:paid")
    work.set(refund_allocations, part["id"], {"state": "succeeded"})


def _fail(work: Work, part: Row, request: str, refund: Row) -> None:
    """The amount is refundable again, and the ledger says so by a reversing entry."""
    approved = fetch(work.db, ledger_entries, transaction_id=f"{refund['id']}:approved")
    debits = {row["account"]: row["amount"] for row in approved if row["account"] != "refund_clearing"}
    shares = _proportional(part["amount"], debits)
    reversing = {account: -amount for account, amount in shares.items()}
    entries = reversing | {"refund_clearing": part["amount"]}
    ledger.post(work, refund["order_id"], "refund.failed", refund["currency"], entries, key=f"{request}:failed")
    work.set(refund_allocations, part["id"], {"state": "failed"})
    keep_debt(work, refund["order_id"], refund["currency"])


def _proportional(amount: int, debits: Mapping[str, int]) -> Mapping[str, int]:
    """This part's share of what the whole refund debited; a fee (a credit among them) stays with the goods."""
    positive = {account: value for account, value in debits.items() if value > 0}
    return dict(zip(positive, allocate(amount, list(positive.values())), strict=True))


def _close(work: Work, refund: str) -> bool:
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
        _recount(work, refund, -1)
    if state == "succeeded":
        _finished(work, kept)
    work.event(f"refund.{state}", {"refund": refund})
    return settled is not None


def _state_of(parts: set[str]) -> str:
    for state in ("unknown", "submitting", "pending", "failed"):
        if state in parts:
            return state
    return "succeeded"


def _recount(work: Work, refund: str, sign: int) -> None:
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


# -- a part that failed --------------------------------------------------------------------------------------


@verb(RetryRefund)
def retry_refund(work: Work, wanted: RetryRefund) -> Mapping[str, Any]:
    refund, order, failed = _failed_parts(work, wanted.refund_id)
    _must_be_there(order, failed)
    _again(work, refund, order, failed, None)
    work.event("refund.retried", {"refund": refund["id"], "parts": [part["id"] for part in failed]})
    for part in failed:
        _send(work, order, part)
    return {"refund": refund["id"], "settled": _close(work, refund["id"])}


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
        _send(work, order, {**part, "destination": credit})
    return {"refund": refund["id"], "settled": _close(work, refund["id"])}


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
        _recount(work, refund["id"], 1)
    approved = fetch(work.db, ledger_entries, transaction_id=f"{refund['id']}:approved")
    debits = {row["account"]: row["amount"] for row in approved if row["account"] != "refund_clearing"}
    for part in failed:
        attempt = part["attempts"] + 1
        shares = dict(_proportional(part["amount"], debits))
        over = sum(shares.pop(account(order.id), 0) for account in (ledger.receivable, ledger.payable))
        back = ledger.to_customer(work.db, order.id, order.currency, over)
        entries = {**shares, **back, "refund_clearing": -part["amount"]}
        key = f"{part['id']}:approved:{attempt}"
        ledger.post(work, order.id, "refund.approved", order.currency, entries, key=key)
        values = {"state": "submitting", "attempts": attempt, "destination": destination or part["destination"]}
        work.set(refund_allocations, part["id"], values, was={"state": "failed"})


# -- without a quote -----------------------------------------------------------------------------------------


def of_late_capture(work: Work, order: Order) -> None:
    """A provider took money for an order that was cancelled meanwhile: what was taken too much goes back."""
    surplus = 0 if rules.disputed(order) else -order.receivable
    amount = min(surplus, sum(one.refundable for one in order.tenders))
    if amount > 0:
        debits = ledger.to_customer(work.db, order.id, order.currency, amount)
        open_refund(work, order, Back(amount, debits, "late_capture"))
    debt = keep_debt(work, order.id, order.currency)
    if debt:
        work.event("order.owed", {"amount": debt})


def keep_debt(work: Work, order: OrderId, currency: str) -> int:
    """Nothing stands open on an order that has ended (I6): what it was paid too much is a debt of the shop's."""
    ended = fetch(work.db, orders, id=order)[0]["lifecycle"] in ENDED
    debt = -ledger.balance(work.db, ledger.receivable(order), currency) if ended else 0
    if debt <= 0:
        return 0
    ledger.post(work, order, "order.owed", currency, {ledger.receivable(order): debt, ledger.payable(order): -debt})
    return debt
