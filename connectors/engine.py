"""At scale: procrastinate on PostgreSQL, as many processes as needed. The inbox stays the truth (docs/decisions/0013).

A trigger of the inbox table defers a job in the transaction that stores or puts off an event; a job only says "look at
this conversation", and its lock is the conversation. What no job speaks of any more is found by the sweep.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from procrastinate import App, PsycopgConnector
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from connectors import shards
from connectors.inbox import Thread
from connectors.sharding import Sharding
from connectors.worker import CONCURRENCY, Worker
from tools.orders.database import Database

LOOK = "wismo.look"
POLL, HEARTBEAT, STALLED, SWEEP = 0.3, 5.0, 30.0, 5.0
LONGEST = 600.0
"""Seconds. Nothing wakes a worker when a lock frees (it polls), and nothing takes over a dead one's jobs (we sweep).
A job that holds no lease and began longer ago than `STALLED`, or has no conversation and `LONGEST`, is nobody's."""
OVERDUE = timedelta(seconds=5)
"""Events that were due for so long and have no job were forgotten."""
MOST_TRIES = 20
EVERY_MINUTE = "* * * * *"
log = structlog.get_logger()

STALLED_JOBS = text(
    "SELECT job.id, job.attempts FROM procrastinate_jobs job LEFT JOIN procrastinate_workers w ON w.id = job.worker_id "
    "WHERE job.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => :seconds))"
)
LEFT_JOBS = text(
    "SELECT job.id, job.attempts FROM procrastinate_jobs job WHERE job.status = 'doing' "
    "AND NOT EXISTS (SELECT 1 FROM leases WHERE leases.name = job.lock AND leases.until > :now) "
    "AND (SELECT max(at) FROM procrastinate_events e WHERE e.job_id = job.id AND e.type = 'started') "
    "< now() - CASE WHEN job.lock IS NULL THEN make_interval(secs => :longest) ELSE make_interval(secs => :seconds) END"
)
"""A living worker can lose a job, too: its turn ended while the database was away, and nothing took that down."""
AGAIN = text("SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)")
GIVEN_UP = text("SELECT procrastinate_finish_job_v1(:id, 'failed', false)")
FORGOTTEN = text(
    "SELECT procrastinate_defer_jobs_v1(array_agg(ROW('turns', :task, 0, lock, NULL, args, NULL)"
    "::procrastinate_job_to_defer_v1)) FROM (SELECT DISTINCT 'inbox:' || source || ':' || conversation AS lock, "
    "jsonb_build_object('source', source, 'conversation', conversation) AS args FROM inbox "
    "WHERE state = 'new' AND due_at <= :before LIMIT 500) waiting WHERE NOT EXISTS (SELECT 1 FROM procrastinate_jobs j "
    "WHERE j.lock = waiting.lock AND j.status IN ('todo', 'doing'))"
)
ONE_SWEEPS = text("SELECT pg_try_advisory_xact_lock(hashtext('wismo sweep'))")


class Engine:
    """One worker process. `minutely` runs in one process of all at each tick."""

    def __init__(
        self,
        database: Database,
        worker: Worker,
        minutely: Callable[[], object],
        concurrency: int = CONCURRENCY,
        sharding: Sharding | None = None,
    ) -> None:
        self._database = database
        self._worker = worker
        self._minutely = minutely
        self._concurrency = concurrency
        self._sharding = sharding
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; turns that began are finished. A lost database is waited for, however long."""
        self._stop = stop
        self._worker.finish()
        sweeping = threading.Thread(target=self._sweeps, args=(stop,), name="sweep")
        sweeping.start()
        with self._worker.beside(stop, self._concurrency):
            while not stop.is_set():
                self._once(stop)
        sweeping.join()
        if self._sharding:
            self._sharding.close()

    def _once(self, stop: threading.Event) -> None:
        """A worker that lost its server ends, often without an error: it is begun again."""
        try:
            asyncio.run(self._until(stop))
        except Exception as error:  # noqa: BLE001 - the engine's and the driver's errors have no common base
            log.error("engine.lost", error=type(error).__name__)
        if not stop.wait(0.5):
            log.warning("engine.begins_again")

    async def _until(self, stop: threading.Event) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(self._concurrency + 3, "turn"))
        app = self._app()
        async with app.open_async():
            working = asyncio.gather(self._working(app, "turns", self._concurrency), self._working(app, "shards", 1))
            while not stop.is_set() and not working.done():
                await asyncio.sleep(0.1)
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working

    async def _working(self, app: App, queue: str, concurrency: int) -> None:
        await app.run_worker_async(
            queues=[queue],
            concurrency=concurrency,
            fetch_job_polling_interval=POLL,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=STALLED,
            delete_jobs="always",  # what failed is told in the inbox, and swept
            install_signal_handlers=False,
        )

    def _app(self) -> App:
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4, timeout=10))
        app.task(name=LOOK, queue="turns")(self._look)
        app.task(name=shards.TASK, queue="shards")(self._shard)
        minutely = app.task(name="wismo.minutely", queue="turns")(self._every_minute)
        app.periodic(cron=EVERY_MINUTE)(minutely)
        return app

    def _look(self, source: str, conversation: str) -> None:
        """A job that fails is swept; a turn that fails is put off in the inbox, which defers the next job."""
        self._worker.look(Thread(source, conversation))

    def _shard(self, run: str, number: int) -> None:
        if self._sharding:
            self._sharding.take(run, number, self._stop)

    def _every_minute(self, timestamp: int) -> None:
        log.debug("engine.minute", at=timestamp)
        self._minutely()

    # -- the sweep -------------------------------------------------------------------------------------------

    def _sweeps(self, stop: threading.Event) -> None:
        while not stop.wait(SWEEP):
            try:
                sweep(self._database, self._worker.now())
            except SQLAlchemyError as error:
                log.error("engine.not_swept", error=type(error).__name__)


def sweep(database: Database, now: datetime) -> int:
    """Jobs that nobody works on begin again; what is overdue and has no job gets one. One process at a time."""
    with database.write(durable=False) as db:
        if not db.execute(ONE_SWEEPS).scalar_one():
            return 0
        limits = {"now": now.isoformat(), "seconds": STALLED, "longest": LONGEST}
        nobodys = {*db.execute(STALLED_JOBS, limits), *db.execute(LEFT_JOBS, limits)}
        for job in nobodys:
            _again(db, job.id, job.attempts)
        db.execute(FORGOTTEN, {"task": LOOK, "before": (now - OVERDUE).isoformat()})
        shards.defer(db)
        shards.forget_old(db, now)
    return len(nobodys)


def _again(db: Connection, job: int, attempts: int) -> None:
    """One that can not be helped keeps the others from nothing."""
    try:
        with db.begin_nested():
            db.execute(GIVEN_UP if attempts >= MOST_TRIES else AGAIN, {"id": job})
    except DBAPIError as error:
        log.warning("engine.job_left", job=job, error=type(error).__name__)
    else:
        log.info("engine.job_again", job=job, attempts=attempts)
