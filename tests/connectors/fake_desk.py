"""A desk for the helpdesks' tests: answers at once and puts the reply into the outbox, as the real one does."""

from __future__ import annotations

from typing import Any

from agent.answer import Answer
from agent.case import Disposition, Incoming, Intent, Mood, Request, RequestId, Slots, Triage
from tests.shop import Shop
from tools.orders import outbox


class FakeDesk:
    """`next` changes fields of the answers from now on."""

    def __init__(self, shop: Shop, channel: str) -> None:
        self.shop = shop
        self.channel = channel
        self.asked: list[Incoming] = []
        self.next: dict[str, Any] = {}

    def answer(self, incoming: Incoming) -> Answer:
        self.asked.append(incoming)
        given = {
            "intents": ("order_status",),
            "reply": "Your order is on its way.\n\nBest <wishes>",
            "disposition": Disposition.ANSWERED,
            "mode": "sent",
            "handoff": None,
            "note": "",
            "approvals": (),
        } | self.next
        answer = Answer(
            id=incoming.id,
            conversation=incoming.conversation,
            language="en",
            requests=(),
            actions=(),
            rules=(),
            citations=(),
            **given,
        )
        with self.shop.database.write() as db:
            outbox.put(db, f"reply:{incoming.id}", f"reply.{self.channel}", answer.as_json(), self.shop.time)
        return answer

    def read(self, incoming: Incoming) -> Triage:
        """Thanks are thanks; everything else asks where the order is."""
        thanks = incoming.text.casefold().startswith("thank")
        intent = Intent.THANKS if thanks else Intent.ORDER_STATUS
        request = Request(RequestId("R1"), intent, 0.99, True, Slots(), incoming.text)
        return Triage("en", Mood.NEUTRAL, "normal", False, (request,))
