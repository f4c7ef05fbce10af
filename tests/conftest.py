"""Fixtures that every room uses; the network is closed but for loopback."""

from __future__ import annotations

import ctypes
import gc
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from eval import postgres
from tests.chromium import browser
from tests.log_scan import every_log_line, pytest_sessionfinish, pytest_terminal_summary, pytest_testnodedown
from tests.shop import Shop

__all__ = [
    "browser",
    "every_log_line",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]  # the scan of every log line
LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0"}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches out of this machine fails at once, with the address in the error."""
    connect = socket.socket.connect

    def only_loopback(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_loopback)


@pytest.fixture(autouse=True, scope="module")
def memory_that_is_given_back() -> Iterator[None]:
    """Each house loads weights of its own; what is free again would stay with the C library, some 10 MB a test."""
    yield
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL; without one a test is NOT RUN, and in CI it fails.

    Not under pytest's own folder: another run beside this one may tidy that away.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="wismo-pg-") as folder, postgres.server(Path(folder)) as url:
            yield url
    except postgres.NoPostgres as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"NOT RUN: no PostgreSQL here; {missing}")


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Where a database is: a file, then a database of its own on a real PostgreSQL."""
    if request.param == "sqlite":
        yield tmp_path / "wismo.db"
        return
    with postgres.database(request.getfixturevalue("postgres_server")) as url:
        yield url


ON_POSTGRES = os.environ.get("WISMO_TEST_ORDERS_ON") == "postgresql"
"""Shops and houses of tests stand on a real PostgreSQL (make prove)."""


@pytest.fixture
def own_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What WISMO_DATABASE_URL names for a house of tests: nothing, or an empty database of its own."""
    monkeypatch.delenv("WISMO_DATABASE_URL", raising=False)
    with ExitStack() as stack:
        if ON_POSTGRES:
            url = stack.enter_context(postgres.database(request.getfixturevalue("postgres_server")))
            monkeypatch.setenv("WISMO_DATABASE_URL", url)
        yield


@pytest.fixture
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """Audited when the test is over."""
    with ExitStack() as stack:
        where: Path | str | None = None
        if ON_POSTGRES:
            where = stack.enter_context(postgres.database(request.getfixturevalue("postgres_server")))
        made = Shop(tmp_path, where)
        stack.callback(made.database.close)
        yield made
        made.audit()
        made.database.close()  # a house's, where the shop moved into one
