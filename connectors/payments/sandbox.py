"""A provider that moves no money: the default until a real one is connected, and the one that tests make misbehave.

It keeps what it was asked by idempotency key, as providers do: asked again, it answers the same and moves nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from tools.orders.providers import Answer, Charge

Behaviour = Callable[[str, Charge], Answer | None]


def obliging(_: str, __: Charge) -> Answer | None:
    """Grants everything."""
    return None


class SandboxPayments:
    """`behaviour` may answer instead (a refusal, `pending`, `unknown`); None grants what is asked.

    What it answered `unknown` happened all the same, as a timeout leaves it: the next time the key is asked it is told.
    """

    def __init__(self, behaviour: Behaviour = obliging) -> None:
        self._behaviour = behaviour
        self.moved: dict[str, tuple[str, Charge]] = {}

    def authorize(self, charge: Charge) -> Answer:
        return self._answer("authorize", charge)

    def capture(self, charge: Charge) -> Answer:
        return self._answer("capture", charge)

    def void(self, charge: Charge) -> Answer:
        return self._answer("void", charge)

    def refund(self, charge: Charge) -> Answer:
        return self._answer("refund", charge)

    def _answer(self, kind: str, charge: Charge) -> Answer:
        if charge.key in self.moved:
            return Answer("succeeded", _reference(charge.key))
        told = self._behaviour(kind, charge)
        if told is None or told.state == "unknown":
            self.moved[charge.key] = (kind, charge)
        return told or Answer("succeeded", _reference(charge.key))


def _reference(key: str) -> str:
    """The same for the same key, whoever asks and however often."""
    return "sandbox_" + hashlib.sha256(key.encode()).hexdigest()[:16]
