"""The worker: inbound events to turns of the desk, then what they made to the outside. No item blocks another.

Conversations are worked beside each other, each by one worker at a time; so it is safe beside other workers too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import bound_contextvars

from connectors import inbox, leases
from connectors.delivery import Delivery
from connectors.errors import ConnectorError, Gone, Limited, Rejected
from connectors.inbox import Claim, Event, Thread
from tools.orders import watch
from tools.orders.database import Database
from tools.orders.model import Clock
from tools.orders.outbox import Message

Handler = Callable[[Event], None]
IDLE = 0.5
"""Seconds between two looks when nothing is due."""
EVERY = timedelta(minutes=1)
CONCURRENCY = 4
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
        self.now = now
        self._finish = finish
        self._tidy = tidy
        self._tidied: datetime | None = None
        self._made = threading.Event()
        self._busy: set[Thread] = set()
        self._worked_on: set[str] = set()
        self._guard = threading.Lock()

    # -- running ---------------------------------------------------------------------------------------------

    def run(self, stop: threading.Event, concurrency: int = CONCURRENCY) -> None:
        """Until told to stop: turns that began are finished, what was claimed and not begun is given back."""
        self.finish()
        with self.beside(stop, concurrency), ThreadPoolExecutor(concurrency, "turn") as turns:
            while not stop.is_set():
                if not _or_none(lambda: self._start(turns, concurrency)):
                    stop.wait(IDLE / 5 if self._busy else IDLE)
                _or_none(self._now_and_then)

    def finish(self) -> None:
        """Decisions whose turn a crash cut off."""
        _or_none(self._finish)

    @contextmanager
    def beside(self, stop: threading.Event, hands: int = CONCURRENCY) -> Iterator[None]:
        """Delivers, so many messages at once, and keeps leases alive, until the block is left."""
        over = threading.Event()
        threads = [
            threading.Thread(target=self._deliver, args=(over, stop, hands), name="delivery"),
            threading.Thread(target=self._renew, args=(over,), name="leases"),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            self._made.set()
            for thread in threads:
                thread.join()
            _or_none(self._delivery.give_back)

    def _start(self, turns: ThreadPoolExecutor, concurrency: int) -> int:
        """As many conversations as there are hands free; how many."""
        free = concurrency - len(self._busy)
        if free <= 0:
            return 0
        with self._database.read() as db:
            found = inbox.threads_due(db, self.now(), concurrency * 2)
        fresh = [thread for thread in found if thread not in self._busy][:free]
        for thread in fresh:
            self._busy.add(thread)
            turns.submit(self._one, thread)
        return len(fresh)

    def _one(self, thread: Thread) -> None:
        try:
            _or_none(lambda: self.look(thread))
        finally:
            self._busy.discard(thread)

    def _deliver(self, over: threading.Event, stop: threading.Event, hands: int) -> None:
        """A last round after the last turn: its reply need not wait for another worker."""
        free = threading.Semaphore(hands)
        with ThreadPoolExecutor(hands, "delivery") as pool:
            while not over.is_set():
                if stop.is_set() or not _or_none(lambda: self._hand_out(pool, free)):
                    self._made.wait(IDLE)
                self._made.clear()
        _or_none(self._delivery.run_once)

    def _hand_out(self, pool: ThreadPoolExecutor, free: threading.Semaphore) -> int:
        """One message for each free hand; how many."""
        hands = 0
        while free.acquire(blocking=False):
            hands += 1
        messages: tuple[Message, ...] = ()
        try:
            messages = self._delivery.claimed(limit=hands) if hands else ()
        finally:
            for _ in range(hands - len(messages)):
                free.release()
        for message in messages:
            pool.submit(self._carry, message, free)
        return len(messages)

    def _carry(self, message: Message, free: threading.Semaphore) -> None:
        try:
            _or_none(lambda: self._delivery.deliver(message))
        finally:
            free.release()
            self._made.set()

    def _renew(self, over: threading.Event) -> None:
        while not over.wait(leases.RENEWED):
            _or_none(self.renew)

    def renew(self) -> None:
        """What we work on and carry now stays ours; what an error made us let go of does not."""
        self._delivery.renew()
        if names := tuple(self._worked_on):
            with self._database.write(durable=False) as db:
                leases.renew(db, self.holder, names, self.now())

    def run_once(self) -> int:
        """What is due in the inbox, then what is due in the outbox; returns how many items were done."""
        with self._database.read() as db:
            threads = inbox.threads_due(db, self.now())
        self._now_and_then()
        return sum(map(self.look, threads)) + self._delivery.run_once()

    def _now_and_then(self) -> None:
        with self._guard:
            late = self._tidied is None or self.now() - self._tidied >= EVERY
            if late:
                self._tidied = self.now()
        if late:
            self._tidy()

    # -- a turn ----------------------------------------------------------------------------------------------

    def look(self, thread: Thread) -> bool:
        """One turn for what waits in this conversation, if it is ready and nobody is at it; was it taken?"""
        with self._database.write(durable=False) as db:
            claim = inbox.claim(db, thread, self.holder, self.now())
        if claim is None:
            return False
        with self.keeping(thread.lease):
            done = self._work(claim)
        self._made.set()
        return done

    @property
    def holder(self) -> str:
        return self._delivery.holder

    @contextmanager
    def keeping(self, lease: str) -> Iterator[None]:
        """It is renewed until the block is left, whichever way."""
        self._worked_on.add(lease)
        try:
            yield
        finally:
            self._worked_on.discard(lease)

    def _work(self, claim: Claim) -> bool:
        event = claim.newest
        about = {"source": event.source, "conversation": event.conversation}
        with watch.work("event", claim.trace, source=event.source) as work, bound_contextvars(**about):
            done = self._worked(claim, event)
            work.outcome = "done" if done else "failed"
        return done

    def _worked(self, claim: Claim, event: Event) -> bool:
        handler = self._handlers.get(event.source)
        try:
            if handler is None:
                return self._failed(claim, f"nobody is connected that reads {event.source}; see: wismo doctor")
            handler(event)
        except Gone as error:
            log.info("worker.gone", source=event.source, error=str(error))
        except ConnectorError as error:
            wait = error.retry_after if isinstance(error, Limited) else None
            return self._failed(claim, f"{type(error).__name__}: {error}", wait, isinstance(error, Rejected))
        except SQLAlchemyError:
            raise  # the database: told and waited for by whoever runs us; the lease ends, as nobody renews it
        except Exception as error:
            log.exception("worker.defect", source=event.source)
            return self._failed(claim, f"{type(error).__name__}: a defect of ours; see the log of this moment")
        with self._database.write() as db:
            inbox.settle(db, claim, self.holder)
        return True

    def _failed(self, claim: Claim, error: str, wait: timedelta | None = None, for_good: bool = False) -> bool:
        with self._database.write() as db:
            dead = inbox.put_off(db, claim, self.holder, error, self.now(), wait, for_good=for_good)
        log.warning("worker.failed", source=claim.thread.source, attempt=claim.attempts + 1, dead=dead, error=error)
        return False


def _or_none(run: Callable[[], object]) -> object:
    """What it gives; None while the database is away: it is told, and asked again in the next round."""
    try:
        return run()
    except SQLAlchemyError as error:
        log.error("worker.database", error=type(error).__name__)
        return None
