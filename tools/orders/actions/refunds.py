"""Money going back: a refund and its allocation to tenders. Never twice, never above the capture.

Approving a refund debits what was sold and credits `refund_clearing`; refund_settlement.py is what follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tools.orders import amounts, ledger, refund_quotes, rules
from tools.orders.actions import refund_settlement, requests
from tools.orders.agreement import Action, Quote
from tools.orders.model import Lifecycle, LineId, Order, Tender
from tools.orders.money import allocate
from tools.orders.rows import Row, fetch
from tools.orders.tables import (
    order_lines,
    payments,
    refund_allocations,
    refund_lines,
    refunds,
)
from tools.orders.work import Refused, Work


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


def start(work: Work, order: Order, quote: Quote) -> tuple[str, bool]:
    """Records a quoted refund and asks the providers to pay. Returns its id, and whether it is settled already.

    Invariants: I5 (never above the capture, per tender), I6 (balanced ledger).
    """
    return open_refund(work, order, _back(work, order, quote))


def _back(work: Work, order: Order, quote: Quote) -> Back:
    """Where the cap cut the amount, all components are cut alike.

    Of an order that is cancelled, what was paid too much comes first: it was never sold.
    """
    lines = tuple(_line_parts(order, quote))
    shipping = quote.shipping.minor if quote.shipping else 0
    fee = (quote.fee.minor if quote.fee else 0) + quote.deduction
    gesture = quote.amount.minor + fee - sum(part.total for *_, part in lines) - shipping
    goodwill = max(gesture, 0) if quote.reason == refund_quotes.GOODWILL else 0
    weights = _components(order, [part for *_, part in lines], shipping, goodwill)
    surplus = _overpaid(order, quote)
    parts = allocate(quote.amount.minor + fee - surplus, list(weights.values()))
    over = ledger.to_customer(work.db, order.id, order.currency, surplus)
    return Back(
        amount=quote.amount.minor,
        debits={**dict(zip(weights, parts, strict=True)), **over},
        reason=quote.reason or quote.action.value,
        lines=lines,
        shipping=shipping,
        fee=fee,
        goodwill=goodwill,
        return_id=quote.return_id,
        digest=quote.digest,
        destination=quote.method_id,
    )


def _components(order: Order, lines: Sequence[amounts.Parts], shipping: int, goodwill: int) -> Mapping[str, int]:
    """What goes back by the account that it is taken from; `shipping` is with its tax."""
    shipping_tax = amounts.share(order.shipping_tax.minor, shipping, order.shipping.minor + order.shipping_tax.minor)
    return {
        "refunds": sum(part.net + part.duty for part in lines),
        "tax_payable": sum(part.tax for part in lines) + shipping_tax,
        "shipping": shipping - shipping_tax,
        "goodwill": goodwill,
    }


def _overpaid(order: Order, quote: Quote) -> int:
    if quote.action is not Action.CANCEL_ORDER and order.lifecycle is not Lifecycle.CANCELLED:
        return 0
    return min(max(-order.receivable, 0), quote.amount.minor)


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
        send(work, order, part)
    return refund, refund_settlement.close(work, refund)


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


def send(work: Work, order: Order, part: Row) -> None:
    """An account of our own settles at once; a provider is asked through the outbox (I11)."""
    tender = fetch(work.db, payments, id=part["payment_id"])[0]
    target = refund_settlement.target(work, order.customer_id, tender, part["destination"])
    if ledger.is_own(target["kind"], target["method_id"]):
        request = requests.record(work, target, "refund", part["amount"], "succeeded", None, part["id"])
        refund_settlement.settle(work, part, request, order.id, target)
        work.event("refund.paid", {"part": part["id"], "amount": part["amount"]})
        return
    request = requests.ask(work, order.id, target, "refund", part["amount"], part["id"])
    work.event("refund.submitted", {"part": part["id"], "amount": part["amount"], "transaction": request})


def of_late_capture(work: Work, order: Order) -> None:
    """A provider took money for an order that was cancelled meanwhile: what was taken too much goes back."""
    surplus = 0 if rules.disputed(order) else -order.receivable
    amount = min(surplus, sum(one.refundable for one in order.tenders))
    if amount > 0:
        debits = ledger.to_customer(work.db, order.id, order.currency, amount)
        open_refund(work, order, Back(amount, debits, "late_capture"))
    debt = ledger.keep_debt(work, order.id, order.currency)
    if debt:
        work.event("order.owed", {"amount": debt})
