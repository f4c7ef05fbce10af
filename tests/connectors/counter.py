"""A helpdesk's whole way with a desk that answers at once: inbox, worker, turns, outbox; only vendor and desk are fakes."""

from __future__ import annotations

from connectors import inbox
from connectors.delivery import Delivery
from connectors.helpdesks import Helpdesk
from connectors.helpdesks.turns import Manners, Turns
from connectors.tables import metadata
from connectors.worker import Worker
from tests.connectors.fake_desk import FakeDesk
from tests.shop import Shop


class Counter:
    """`ticket` is the one conversation that the fake vendor has."""

    def __init__(
        self, shop: Shop, helpdesk: Helpdesk, channel: str, ticket: str, manners: Manners | None = None
    ) -> None:
        self.shop, self.helpdesk, self.channel, self.ticket = shop, helpdesk, channel, ticket
        with shop.database.write() as db:
            metadata.create_all(db)
        self.desk = FakeDesk(shop, channel)
        turns = Turns(helpdesk, self.desk, channel, lambda: shop.time, manners or Manners(per_hour=3))
        self.turns = turns
        delivery = Delivery(shop.database, {f"reply.{channel}": turns.deliver}, lambda: shop.time)
        self.worker = Worker(shop.database, {channel: turns.read}, delivery, lambda: shop.time)

    def knock(self, key: str = "e1") -> bool:
        with self.shop.database.write() as db:
            return inbox.put(db, self.channel, key, self.ticket, "{}", self.shop.time)

    def work(self, rounds: int = 1, minutes: float = 0) -> None:
        for _ in range(rounds):
            self.worker.run_once()
            self.shop.later(minutes=minutes)

    def answer_only(self) -> None:
        """The desk has answered, and nothing has left yet."""
        with self.shop.database.read() as db:
            event = inbox.due(db, self.shop.time)[0]
        self.turns.read(event)

    def waiting(self) -> tuple[int, int]:
        from tools.orders import outbox

        with self.shop.database.read() as db:
            return inbox.count(db, "new"), outbox.count(db, "due")

    def last_error(self) -> str:
        with self.shop.database.read() as db:
            return str(db.exec_driver_sql("SELECT last_error FROM inbox").scalar_one())
