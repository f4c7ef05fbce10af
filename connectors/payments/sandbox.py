"""A provider that moves no money: it pays back at once, once per key. The default until a real one is connected."""

from __future__ import annotations

import hashlib

from tools.orders.outbox import Message
from tools.orders.service import Orders


class SandboxPayments:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def pay_back(self, message: Message) -> None:
        """The reference comes from the key: asked twice, it is the same payment."""
        reference = "sandbox_" + hashlib.sha256(message.key.encode()).hexdigest()[:16]
        self._orders.record_refund_result(str(message.body["allocation"]), True, reference)
