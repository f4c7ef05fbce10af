"""A worker's part in large work: one shard at a time, computed in a process of its own, so that customers do not wait.

That process is begun with the first shard and ends when none came for a while, or with the worker: what it was at is
given back.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import structlog

from connectors import shards
from connectors.shards import Shard, Work
from connectors.worker import Worker
from tools import processes
from tools.orders.database import Database

LOOK = 0.5
log = structlog.get_logger()


class Sharding:
    """`work` is importable by name: the process that computes calls it."""

    def __init__(self, database: Database, worker: Worker, work: Work) -> None:
        self._database = database
        self._worker = worker
        self._work = work
        self._pool: ProcessPoolExecutor | None = None
        self._one = threading.Lock()

    def take(self, run: str, number: int, stop: threading.Event) -> bool:
        """Was it ours, and is it done?"""
        with self._one:
            return not stop.is_set() and self._taken(run, number, stop)

    def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool:
            for process in tuple((pool._processes or {}).values()):
                process.terminate()
            pool.shutdown(cancel_futures=True)

    def _taken(self, run: str, number: int, stop: threading.Event) -> bool:
        holder = self._worker.holder
        with self._database.write(durable=False) as db:
            one = shards.claim(db, run, number, holder, self._worker.now())
        if one is None:
            return False
        with self._worker.keeping(one.lease):
            return self._done(one, holder, stop)

    def _done(self, one: Shard, holder: str, stop: threading.Event) -> bool:
        try:
            result = self._computed(one, stop)
        except (_Stopped, BrokenProcessPool) as error:
            log.warning("shard.given_back", kind=one.kind, number=one.number, why=type(error).__name__)
            self.close()
            with self._database.write() as db:
                shards.give_back(db, one, holder, died=isinstance(error, BrokenProcessPool))
                shards.defer(db)
            return False
        except Exception as error:
            log.exception("shard.failed", kind=one.kind, number=one.number)
            with self._database.write() as db:
                shards.fail(db, one, holder, f"{type(error).__name__}: {error}")
            return False
        with self._database.write() as db:
            shards.settle(db, one, holder, result)
        return True

    def _computed(self, one: Shard, stop: threading.Event) -> Any:
        """Raises whatever the work raises, and `_Stopped`."""
        future = self._begun().submit(self._work, one.kind, one.body)
        while not stop.is_set():
            try:
                return future.result(LOOK)
            except NotYet:
                if future.done():
                    raise
        return _now(future)

    def _begun(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = processes.pool(1)
        return self._pool


class _Stopped(Exception):
    """The worker was told to end."""


def _now(future: Future[Any]) -> Any:
    if future.done():
        return future.result()
    raise _Stopped
