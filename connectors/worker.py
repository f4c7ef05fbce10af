"""The worker: inbound events to turns of the desk, then what they made to the outside. No item blocks another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connectors import inbox
from connectors.delivery import Delivery
from connectors.errors import ConnectorError, Gone, Limited
from connectors.inbox import Event
from tools.orders.database import Database
from tools.orders.model import Clock

Handler = Callable[[Event], None]
IDLE = 0.5
EVERY = timedelta(minutes=1)
log = structlog.get_logger()


class Worker:
    """`handlers` by the source of an event; `finish` walks decisions whose turn was cut off by a crash.

    `tidy` runs about once a minute: what must end by itself, like a basket's hold on stock.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        delivery: Delivery,
        now: Clock,
        finish: Callable[[], object] = lambda: None,
        tidy: Callable[[], object] = lambda: None,
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._delivery = delivery
        self._now = now
        self._finish = finish
        self._tidy = tidy
        self._tidied: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; the item at hand is finished first."""
        self._finish()
        while not stop.is_set():
            if not self._round():
                stop.wait(IDLE)

    def _round(self) -> int:
        try:
            return self.run_once()
        except SQLAlchemyError as error:
            log.error("worker.database", error=type(error).__name__)
            return 0

    def run_once(self) -> int:
        """What is due in the inbox, then what is due in the outbox; returns how many items were done."""
        with self._database.read() as db:
            events = inbox.due(db, self._now())
        self._now_and_then()
        return sum(map(self._work, events)) + self._delivery.run_once()

    def _now_and_then(self) -> None:
        if self._tidied is None or self._now() - self._tidied >= EVERY:
            self._tidied = self._now()
            self._tidy()

    def _work(self, event: Event) -> bool:
        handler = self._handlers.get(event.source)
        try:
            if handler is None:
                return self._failed(event, f"nobody is connected that reads {event.source}")
            handler(event)
        except Gone as error:
            log.info("worker.gone", source=event.source, error=str(error))
        except Limited as error:
            return self._failed(event, str(error), error)
        except ConnectorError as error:
            return self._failed(event, f"{type(error).__name__}: {error}")
        with self._database.write() as db:
            inbox.done(db, event)
        return True

    def _failed(self, event: Event, error: str, limited: Limited | None = None) -> bool:
        with self._database.write() as db:
            dead = inbox.failed(db, event, error, self._now(), limited.retry_after if limited else None)
        log.warning("worker.failed", source=event.source, attempt=event.attempts + 1, dead=dead, error=error)
        return False
