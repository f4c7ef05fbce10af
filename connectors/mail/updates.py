"""Steps of orders as letters. Who is gone, has no address or does not want to hear of it is written nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.capture.take import NOWHERE
from tools.orders.model import Customer, Order, OrderId
from tools.orders.outbox import Message
from tools.orders.service import Orders

Send = Callable[[Message], None]
Write = Callable[[Mapping[str, Any], Order, Customer], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Updates:
    """`write` finds the words, `send` posts the letter or keeps it."""

    orders: Orders
    write: Write
    send: Send

    def carry(self, message: Message) -> None:
        try:
            order = self.orders.order(OrderId(str(message.body["order"])))
        except KeyError:
            return
        customer = self.orders.customer(order.customer_id)
        if customer is None or not self._told(customer, str(message.body["step"])):
            return
        letter = {**self.write(message.body, order, customer), "to": customer.email}
        self.send(replace(message, body=letter))

    def _told(self, customer: Customer, step: str) -> bool:
        reachable = "@" in customer.email and not customer.email.endswith(f"@{NOWHERE}")
        return reachable and self.orders.wants(customer.id, step)
