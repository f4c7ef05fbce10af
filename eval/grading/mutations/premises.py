"""What a broken agent can lay hands on, and how it puts other words into a reply."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.answer import Answer
from agent.case import Incoming
from agent.policy import Policy
from tools.orders.agreement import Evidence, Wish
from tools.orders.model import Actor, Clock, Order
from tools.orders.service import Orders

Say = Callable[[Incoming], Answer]
CLOSING = {
    "en": 'Wismo, the AI assistant of Our shop. Write "person" at any time and a colleague takes over.',
    "fr": "Wismo, l’assistant IA de Our shop. Écrivez « humain » à tout moment et un collègue prend le relais.",
}


@dataclass
class Premises:
    """What a broken agent can lay hands on. `offered` is kept by conversation: what was shown last.

    `deeds` counts what was done in the core behind everybody's back.
    """

    orders: Orders
    policy: Policy
    now: Clock
    offered: dict[str, dict[str, str]] = field(default_factory=dict)
    deeds: int = 0

    def order(self, number: str) -> Order | None:
        return self.orders.order_by_number(number)

    def named(self, answer: Answer) -> Order | None:
        """The first order that a reply names."""
        found = (self.order(match) for match in re.findall(r"#?\w*\d{4,}", answer.reply))
        return next((one for one in found if one), None)

    def execute(self, order: Order, wish: Wish, incoming: Incoming) -> bool:
        quote = self.orders.quote(order, wish)
        if not quote.ruling.allowed:
            return False
        key, actor = f"{incoming.id}:broken", Actor("agent", incoming.conversation)
        self.orders.execute(quote, key=key, actor=actor, evidence=Evidence(incoming.id, quote.digest))
        self.deeds += 1
        return True


Break = Callable[[Premises, Say, Incoming], Answer]


def said(answer: Answer, english: str, french: str, keep: bool = True) -> str:
    """Before the closing, so that it is still said who speaks; alone without `keep`."""
    more = french if answer.language == "fr" else english
    closing = CLOSING.get(answer.language, CLOSING["en"])
    body = answer.reply.replace(closing, "").strip() if keep else ""
    return "\n\n".join(part for part in (body, more, closing) if part)
