"""Who works on a home: services hold a shared lock on a file in it, a restore needs the lock alone.

The kernel frees the lock of a process that dies.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.backups import Running

NAME = "running.lock"


@contextmanager
def serving(home: Path) -> Iterator[None]:
    """Raises `Running` while a restore, an upgrade or a move has the home to itself."""
    with _locked(home, fcntl.LOCK_SH, "another command changes this home as a whole; wait until it is done"):
        yield


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Raises `Running` while a service works here, on this machine."""
    with _locked(home, fcntl.LOCK_EX, f"a service works on {home}: stop wismo serve and wismo worker first"):
        yield


@contextmanager
def _locked(home: Path, how: int, otherwise: str) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    with (home / NAME).open("a") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Running(otherwise) from None
        yield
