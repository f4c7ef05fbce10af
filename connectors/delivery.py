"""What leaves the house: due messages of the outbox, each to whoever carries its kind. At least once, by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from connectors.errors import ConnectorError, Limited, Rejected
from connectors.holder import fresh_holder
from tools.orders import outbox, watch
from tools.orders.database import Database
from tools.orders.model import Clock
from tools.orders.outbox import Message

Carrier = Callable[[Message], None]
SECRET = frozenset({"mail.code"})
"""Kinds whose body nobody may read once it has left."""
log = structlog.get_logger()


class Delivery:
    """`carriers` by the kind of message ("payment.refund", "reply.zendesk")."""

    def __init__(self, database: Database, carriers: Mapping[str, Carrier], now: Clock) -> None:
        self._database = database
        self._carriers = carriers
        self._now = now
        self.holder = fresh_holder()
        self._carried: set[str] = set()

    def run_once(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Everything that is due now; returns how many were sent. One that fails keeps the others from nothing."""
        begun, sent = self._now(), 0
        while not stopped() and (messages := self.claimed(begun)):
            sent += sum(map(self.deliver, messages))
        return sent

    def renew(self) -> int:
        """What is being carried now; whatever an error left claimed is free again when its claim ends."""
        keys = tuple(self._carried)
        with self._database.write(durable=False) as db:
            return outbox.renew(db, self.holder, keys, self._now()) if keys else 0

    def give_back(self) -> int:
        """Whatever was claimed and will not be delivered by us: another may take it at once."""
        with self._database.write() as db:
            return outbox.give_back(db, self.holder)

    def claimed(self, now: datetime | None = None, limit: int = outbox.AT_ONCE) -> tuple[Message, ...]:
        """Due now, or at the given moment, and ours alone until they are delivered."""
        moment = now or self._now()
        with self._database.read() as db:
            if not outbox.due(db, moment, 1):
                return ()
        with self._database.write(durable=False) as db:
            messages = outbox.claim(db, self.holder, moment, limit)
        self._carried.update(message.key for message in messages)
        return messages

    def deliver(self, message: Message) -> bool:
        try:
            return self._watched(message)
        finally:
            self._carried.discard(message.key)

    def _watched(self, message: Message) -> bool:
        with watch.work("delivery", message.trace, kind=message.kind) as work, bound_contextvars(message=message.key):
            sent = self._delivered(message)
            work.outcome = "done" if sent else "failed"
        return sent

    def _delivered(self, message: Message) -> bool:
        carrier = self._carriers.get(message.kind)
        if carrier is None:
            self._failed(message, f"nobody is connected that carries {message.kind}; see: wismo doctor")
            return False
        try:
            carrier(message)
        except ConnectorError as error:
            wait = error.retry_after if isinstance(error, Limited) else None
            self._failed(message, f"{type(error).__name__}: {error}", wait, isinstance(error, Rejected))
            return False
        with self._database.write() as db:
            outbox.sent(db, message.key, self._now(), forget=message.kind in SECRET)
        return True

    def _failed(self, message: Message, error: str, wait: timedelta | None = None, for_good: bool = False) -> None:
        with self._database.write() as db:
            dead = outbox.failed(db, message.key, error, self._now(), wait, for_good=for_good)
        log.warning("delivery.failed", kind=message.kind, attempt=message.attempts + 1, dead=dead, error=error)
