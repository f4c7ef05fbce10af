"""The `Payments` port: what the core asks of a payment provider, and what it may answer. Nobody is called from here.

The core writes what it wants to its outbox, in the transaction of the change; `connectors` ask the provider and bring
the answer back as a `record_payment_result` command.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from tools.orders.money import Money

State = Literal["succeeded", "failed", "pending", "unknown"]


@dataclass(frozen=True, slots=True)
class Charge:
    """`key` is the provider's idempotency key: asked again with it, nothing moves twice (R17).

    `reference` is the provider's own name of what is captured, voided or refunded.
    """

    key: str
    payment: str
    order: str
    amount: Money
    token: str | None = None
    reference: str | None = None
    psp: str = "sandbox"


@dataclass(frozen=True, slots=True)
class Answer:
    """`unknown`: no answer came; only the same key asked again, or a webhook, can tell."""

    state: State
    reference: str = ""
    code: str = ""


class Payments(Protocol):
    """Implementations answer `unknown` for a timeout; an outage before anything was sent is a ConnectorError."""

    def authorize(self, charge: Charge) -> Answer: ...

    def capture(self, charge: Charge) -> Answer: ...

    def void(self, charge: Charge) -> Answer: ...

    def refund(self, charge: Charge) -> Answer: ...
