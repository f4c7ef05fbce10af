"""What leaves the house: due messages of the outbox, each to whoever carries its kind. At least once, by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from connectors.errors import ConnectorError, Limited
from tools.orders import outbox
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

    def run_once(self) -> int:
        """Everything that is due now; returns how many were sent. One that fails keeps the others from nothing."""
        with self._database.read() as db:
            messages = outbox.due(db, self._now())
        return sum(map(self._deliver, messages))

    def _deliver(self, message: Message) -> bool:
        carrier = self._carriers.get(message.kind)
        if carrier is None:
            self._failed(message, f"nobody is connected that carries {message.kind}; see: wismo doctor")
            return False
        try:
            carrier(message)
        except ConnectorError as error:
            wait = error.retry_after if isinstance(error, Limited) else None
            self._failed(message, f"{type(error).__name__}: {error}", wait)
            return False
        with self._database.write() as db:
            outbox.sent(db, message.key, self._now(), forget=message.kind in SECRET)
        return True

    def _failed(self, message: Message, error: str, wait: timedelta | None = None) -> None:
        log.warning("delivery.failed", kind=message.kind, attempt=message.attempts + 1, error=error)
        with self._database.write() as db:
            outbox.failed(db, message.key, error, self._now(), wait)
