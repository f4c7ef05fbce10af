"""The one engine: SQLite as the money path needs it. Tables are declared by the rooms that own them."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

READ = {"wismo_read": True}


class Database:
    """Readers see a snapshot; writers queue, one at a time over all processes.

    SQLite's busy handler sleeps and starves (orders.md section 17: 1.1 s); a blocking file lock taken before
    `BEGIN IMMEDIATE` lets the kernel queue the writers instead.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.engine = _engine(path)
        self._thread_lock = threading.RLock()
        self._lock_path = path.with_suffix(".lock")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(**READ) as db, db.begin():
            yield db

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it or none. Do not nest: the second would wait for the first."""
        with self._thread_lock, self._lock_path.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self.engine.begin() as db:
                yield db

    def close(self) -> None:
        self.engine.dispose()


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False, "timeout": 30})
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
