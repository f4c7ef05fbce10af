"""From the core's outbox to a payment provider, and its answer back as a command.

A timeout is `unknown`: the money may have moved. The message is tried again with the same key, which is how it is
reconciled (R17); nothing else is asked of that payment meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

from connectors.errors import Unreachable
from tools.orders import watch
from tools.orders.actions.payment_results import RecordPaymentResult
from tools.orders.commands import Done, Refusal
from tools.orders.model import Actor
from tools.orders.money import Money
from tools.orders.outbox import Message
from tools.orders.providers import Answer, Charge, Payments
from tools.orders.service import Orders

KINDS = ("payment.authorize", "payment.capture", "payment.void", "payment.refund")
PROVIDER = Actor("system", "payments")


class Asking:
    def __init__(self, orders: Orders, provider: Payments) -> None:
        self._orders = orders
        self._provider = provider

    def carry(self, message: Message) -> None:
        """Raises `Unreachable` when no answer came, so that the message is tried again."""
        charge = charge_of(message)
        with watch.work("vendor_call", vendor="payments") as call:
            answer = self._ask(message.kind)(charge)
            call.outcome = "unknown" if answer.state == "unknown" else "done"
        record(self._orders, charge.key, answer)
        if answer.state == "unknown":
            raise Unreachable(f"no answer for {charge.key}; it is asked again with the same key")

    def _ask(self, kind: str) -> Callable[[Charge], Answer]:
        provider = self._provider
        asks: dict[str, Callable[[Charge], Answer]] = {
            "payment.authorize": provider.authorize,
            "payment.capture": provider.capture,
            "payment.void": provider.void,
            "payment.refund": provider.refund,
        }
        return asks[kind]


def charge_of(message: Message) -> Charge:
    body = message.body
    return Charge(
        key=str(body["transaction"]),
        payment=str(body["payment"]),
        order=str(body["order"]),
        amount=Money(int(body["amount"]), str(body["currency"])),
        token=body.get("token"),
        reference=body.get("reference"),
        psp=str(body.get("psp", "sandbox")),
    )


def record(orders: Orders, transaction: str, answer: Answer) -> Done | Refusal:
    """The key is the answer itself: told twice, by call and by webhook, it is one."""
    command = RecordPaymentResult(
        transaction=transaction, state=answer.state, reference=answer.reference, code=answer.code
    )
    key = f"answer:{transaction}:{answer.state}:{answer.reference}:{answer.code}"
    return orders.do(command, key=key, actor=PROVIDER)
