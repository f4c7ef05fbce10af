"""The one engine: SQLite as the money path needs it, or PostgreSQL. Tables are declared by the rooms that own them."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from tools.orders import faults

READ: dict[str, Any] = {"wismo_read": True}
PATIENCE, POLLED = 60.0, 0.02
"""Seconds that one waits for another's turn on PostgreSQL, and between two looks."""
LARGEST_GROUP = 32
LONGEST_GROUP = 0.02
"""Seconds after which a group commits, whoever still waits."""


class Nested(RuntimeError):
    """A write inside a write of the same thread would wait for itself: a defect."""


class Database:
    """Readers see a snapshot. On SQLite writers queue, one at a time over all processes, and share commits.

    `where` is the file of an SQLite database, or a PostgreSQL URL (postgresql+psycopg://…).
    """

    def __init__(self, where: Path | str) -> None:
        self.where = where
        self.path = where if isinstance(where, Path) else None
        if isinstance(where, Path):
            where.parent.mkdir(parents=True, exist_ok=True)
            self.engine = _sqlite(where)
            self._queue: _Queue | None = _Queue(self.engine, where.with_suffix(".lock"))
            self._reading = READ
        else:
            self.engine = create_engine(where, pool_size=16, max_overflow=16, pool_pre_ping=True, hide_parameters=True)
            self._queue = None
            self._reading = READ | {"isolation_level": "REPEATABLE READ"}
        self._names = _Names()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(**self._reading) as db, db.begin():
            yield db

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """One transaction: all of it or none; durable when the block is left. Raises `Nested`.

        Not `durable`: on PostgreSQL its last moments may be lost with the server; for what only says who is at work.
        """
        with self._queue.turn() if self._queue else self.engine.begin() as db:
            if not durable and not self._queue:
                db.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield db

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """One at a time under this name: over the threads of this process, on PostgreSQL over all processes.

        Who waited for `PATIENCE` goes on all the same: one that sleeps must not stop the others for ever, and whoever
        writes looks whether it was overtaken.
        """
        with self._names.held(name), nullcontext() if self._queue else self._advised(name):
            yield

    @contextmanager
    def _advised(self, name: str) -> Iterator[None]:
        """A lock of the session: it ends with the process, whatever ends that."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            had = _had_in_time(db, name)
            try:
                yield
            finally:
                if had:
                    _give_up(db, name)

    def close(self) -> None:
        if self._queue:
            self._queue.close()
        self.engine.dispose()


class _Names:
    """Locks of this process by name; those that nobody wants are forgotten."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        with self._guard:
            lock, wanted = self._locks.get(name, (threading.Lock(), 0))
            self._locks[name] = lock, wanted + 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                left = self._locks[name][1] - 1
                self._locks[name] = lock, left
                if not left:
                    del self._locks[name]


def _had_in_time(db: Connection, name: str) -> bool:
    until = time.monotonic() + PATIENCE
    while not db.exec_driver_sql("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (name,)).scalar_one():
        if time.monotonic() > until:
            return False
        time.sleep(POLLED)
    return True


def _give_up(db: Connection, name: str) -> None:
    try:
        db.exec_driver_sql("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (name,))
    except DBAPIError:
        db.invalidate()  # the server is gone, and the lock with it


class _Group:
    """Transactions of several threads that share one commit. Each but the first runs in a savepoint."""

    def __init__(self, db: Connection, lock: IO[str]) -> None:
        self.db = db
        self.lock = lock
        self.transaction: RootTransaction = db.begin()
        self.size = 0
        self.until = time.monotonic() + LONGEST_GROUP
        self.done = threading.Event()
        self.error: BaseException | None = None

    @property
    def may_grow(self) -> bool:
        return self.size < LARGEST_GROUP and time.monotonic() < self.until

    def close(self, *, commit: bool) -> None:
        try:
            if commit:
                faults.reached("commit")
                self.transaction.commit()
                faults.reached("committed")
            else:
                self.transaction.rollback()
        except BaseException as error:  # noqa: BLE001 - told to every member of the group
            self.error = error
        finally:
            self.lock.close()
            self.done.set()


class _Queue:
    """SQLite's busy handler sleeps and starves (orders.md section 17: 1.1 s): a blocking file lock queues processes.

    The writer's connection stays open. Threads of one process hand the open transaction on while others wait, so that
    one fsync serves them all.
    """

    def __init__(self, engine: Engine, lock_path: Path) -> None:
        self._engine = engine
        self._lock_path = lock_path
        self._one = threading.Lock()
        self._count = threading.Lock()
        self._waiting = 0
        self._owner: int | None = None
        self._group: _Group | None = None
        self._db: Connection | None = None

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        group = self._join()
        first = group.size == 1
        try:
            with nullcontext() if first else group.db.begin_nested():
                yield group.db
        except BaseException:
            self._leave(group, failed=first)
            raise
        self._leave(group, failed=False)
        group.done.wait()
        if group.error:
            raise group.error

    def _join(self) -> _Group:
        if self._owner == threading.get_ident():
            raise Nested("a write inside a write")
        with self._count:
            self._waiting += 1
        self._one.acquire()
        with self._count:
            self._waiting -= 1
        self._owner = threading.get_ident()
        try:
            group = self._group = self._group or self._open()
        except BaseException:
            self._owner = None
            self._one.release()
            raise
        group.size += 1
        return group

    def _open(self) -> _Group:
        lock = self._lock_path.open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._db is None:
                self._db = self._engine.connect()
            return _Group(self._db, lock)
        except BaseException:
            lock.close()
            raise

    def _leave(self, group: _Group, *, failed: bool) -> None:
        """Hand the open transaction on while somebody waits; else end it. A first that failed is alone in it."""
        if failed or not (self._waiting and group.may_grow):
            self._group = None
            group.close(commit=not failed)
        self._owner = None
        self._one.release()


def _sqlite(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": 30}, hide_parameters=True
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(db: Connection) -> None:
    db.exec_driver_sql("BEGIN" if db.get_execution_options().get("wismo_read") else "BEGIN IMMEDIATE")
