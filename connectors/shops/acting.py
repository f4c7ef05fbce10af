"""What the core did and the shop's own system must do too: a cancellation, so that nothing is sent after all."""

from __future__ import annotations

from connectors.errors import Rejected
from connectors.shops import Storefront
from tools.orders.outbox import Message


class Acting:
    def __init__(self, storefront: Storefront) -> None:
        self._storefront = storefront

    def cancel(self, message: Message) -> None:
        """Raises `Rejected` where the shop refuses: a person must look before it sends."""
        order = str(message.body["order"])
        refused = self._storefront.cancel(order)
        if refused:
            raise Rejected(f"the shop does not cancel {order} ({refused}): stop it there by hand, then drop this")
