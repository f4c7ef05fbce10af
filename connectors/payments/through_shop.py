"""Money of orders that the shop's own system took: given back through it, so that its books agree with the bank's."""

from __future__ import annotations

from connectors.errors import Rejected, Unreachable
from connectors.shops import Storefront
from tools.orders.providers import Answer, Charge


class ThroughShop:
    """Only refunds: what is authorised or captured there is the shop's own affair."""

    def __init__(self, storefront: Storefront) -> None:
        self._storefront = storefront

    def authorize(self, charge: Charge) -> Answer:
        raise Rejected(f"{charge.order} is paid at the shop, which charges by itself")

    def capture(self, charge: Charge) -> Answer:
        raise Rejected(f"{charge.order} is paid at the shop, which charges by itself")

    def void(self, charge: Charge) -> Answer:
        raise Rejected(f"{charge.order} is paid at the shop, which charges by itself")

    def refund(self, charge: Charge) -> Answer:
        """A lost answer is unknown: the same key finds what happened."""
        try:
            made, refused = self._storefront.refund(charge.order, charge.amount, charge.key)
        except Unreachable:
            return Answer("unknown", code="no_answer")
        return Answer("failed", code=refused) if refused else Answer("succeeded", made)
