"""Several providers behind one port: each request goes to the one that the payment was made with."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.errors import Rejected
from tools.orders.providers import Answer, Charge, Payments


class Choosing:
    """`by_name` are those that are connected; `otherwise` answers for payments of names that never were."""

    def __init__(self, by_name: Mapping[str, Payments], otherwise: Payments, needed: frozenset[str]) -> None:
        self._by_name = by_name
        self._otherwise = otherwise
        self._needed = needed

    def authorize(self, charge: Charge) -> Answer:
        return self._of(charge).authorize(charge)

    def capture(self, charge: Charge) -> Answer:
        return self._of(charge).capture(charge)

    def void(self, charge: Charge) -> Answer:
        return self._of(charge).void(charge)

    def refund(self, charge: Charge) -> Answer:
        return self._of(charge).refund(charge)

    def _of(self, charge: Charge) -> Payments:
        """Raises `Rejected`: a real provider's payment is never answered by the sandbox."""
        if charge.psp in self._needed and charge.psp not in self._by_name:
            raise Rejected(f"{charge.psp} is not connected; connect it, then: wismo outbox replay")
        return self._by_name.get(charge.psp, self._otherwise)
