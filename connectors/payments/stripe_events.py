"""Stripe's webhooks: who knocks, and what became of a request of ours. Both orders of arrival have one effect.

A refund or dispute that was begun at Stripe by hand is not ours: a dispute is taken over, a refund is left in the inbox
with its remedy, because only a person can say which goods it was for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import Absent, Rejected
from connectors.inbox import Event
from connectors.payments.asking import PROVIDER, record
from connectors.payments.stripe_words import OURS, REFUNDS
from connectors.signed import BadEvent, BadSignature, Knock, in_hex, inner, must_match, needed, object_in
from tools.orders.actions.disputes import CloseDispute, OpenDispute
from tools.orders.commands import Refusal
from tools.orders.providers import Answer, State
from tools.orders.service import Orders

SIGNATURE = "stripe-signature"
TOLERANCE = timedelta(seconds=300)
READ = (
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.closed",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.amount_capturable_updated",
)


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """hex(HMAC-SHA256(t + "." + body)) with the whole `whsec_…`; several v1 while rotating. Raises `BadSignature`."""
    parts = [part.partition("=")[::2] for part in headers.get(SIGNATURE, "").split(",")]
    stamp = next((value for name, value in parts if name.strip() == "t"), "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        raise BadSignature("the timestamp is missing")
    expected = [in_hex(secret, f"{stamp}.".encode() + raw) for secret in secrets]
    given = [value for name, value in parts if name.strip() == "v1"]
    if not any(_matches(expected, one) for one in given):
        raise BadSignature("the signature does not match")
    if abs(datetime.fromtimestamp(int(stamp), UTC) - now) > TOLERANCE:
        raise BadSignature("the timestamp is outside the tolerance")


def _matches(expected: Sequence[bytes], given: str) -> bool:
    try:
        must_match(expected, given)
    except BadSignature:
        return False
    return True


def knock(raw: bytes, livemode: bool) -> Knock | None:
    """None for kinds that are none of ours. Raises `BadEvent`, also for test events where money is real."""
    body = object_in(raw)
    if body.get("type") not in READ:
        return None
    if body.get("livemode") is not livemode:
        raise BadEvent(f"livemode is {body.get('livemode')}, our key's is {livemode}; are the keys of one mode?")
    needed(inner(inner(body, "data"), "object"), "id")
    key = needed(body, "id")
    return Knock(key, key)


class StripeEvents:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def read(self, event: Event) -> None:
        """Raises `Absent`, `Rejected`."""
        body = object_in(event.body.encode())
        kind, told = str(body.get("type")), inner(inner(body, "data"), "object")
        if kind.startswith("charge.dispute"):
            return self._disputed(kind, told)
        answer = _answer(kind, told)
        return self._answered(kind, told, answer) if answer else None

    def _answered(self, kind: str, told: Mapping[str, Any], answer: Answer) -> None:
        transaction = inner(told, "metadata").get(OURS)
        if transaction is None and kind.startswith("refund."):
            raise Rejected(
                f"{told.get('id')}, {told.get('amount')} {told.get('currency')}, was refunded at Stripe by hand; "
                "say here what it was for (wismo orders refund …), or drop this event with a reason"
            )
        if transaction is not None and isinstance(record(self._orders, str(transaction), answer), Refusal):
            raise Absent("no request of ours has this name yet")

    def _disputed(self, kind: str, told: Mapping[str, Any]) -> None:
        where = self._orders.payment_by_reference("stripe", str(told.get("payment_intent") or told.get("charge")))
        if where is None:
            raise Absent("no payment of ours has this reference yet")
        order, payment = where
        name = needed(told, "id")
        if kind.endswith("created"):
            opened = OpenDispute(
                order_id=order, payment_id=payment, amount=int(told.get("amount") or 0), reference=name
            )
            answer = self._orders.do(opened, key=f"stripe:{name}:opened", actor=PROVIDER)
        else:
            closed = CloseDispute(order_id=order, reference=name, won=told.get("status") in {"won", "warning_closed"})
            answer = self._orders.do(closed, key=f"stripe:{name}:closed", actor=PROVIDER)
        if isinstance(answer, Refusal):
            raise Absent(f"not taken yet: {answer.ruling.code} ({answer.ruling.rule})")


def _answer(kind: str, told: Mapping[str, Any]) -> Answer | None:
    """None for a step of a payment that another event tells better."""
    name = str(told.get("id"))
    if kind.startswith("refund."):
        state: State = REFUNDS.get(str(told.get("status")), "unknown")
        return Answer(state, name, str(told.get("failure_reason") or ""))
    if kind.endswith("payment_failed"):
        return Answer("failed", name, str(inner(told, "last_payment_error").get("code") or ""))
    manual = told.get("capture_method") == "manual"
    if manual == kind.endswith("amount_capturable_updated"):
        return Answer("succeeded", name)
    return None
