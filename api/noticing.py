"""A changed policy is noticed by every process of a shop, within about a second.

Processes of one home see the file change; other hosts see in the shared database that the desk saved a newer state, and
write it into their own shop.toml. What somebody writes into a file by hand holds on its own host.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from filelock import FileLock
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from agent.policy import Policy, PolicyError
from agent.tables import policies
from tools.orders.database import Database

EVERY = 1.0
log = structlog.get_logger()

Stamp = tuple[tuple[str, int, int, int], ...]


class Noticing:
    """`load` reads the file as it is now, `reread` makes the house forget what it built of the old one."""

    def __init__(
        self, file: Path, database: Callable[[], Database], load: Callable[[], Policy], reread: Callable[[], None]
    ) -> None:
        self._file = file
        self._database = database
        self._load = load
        self._reread = reread
        self._stamp: Stamp | None = None
        self._number: int | None = None
        self._once_more = False

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Looks every second until the block is left."""
        over = threading.Event()
        looking = threading.Thread(target=self._until, args=(over,), name="policy")
        self.look()
        looking.start()
        try:
            yield
        finally:
            over.set()
            looking.join()

    def _until(self, over: threading.Event) -> None:
        while not over.wait(EVERY):
            self.look()

    def look(self) -> None:
        """An outage is logged and looked past: the old policy holds until the next look."""
        try:
            self._adopt()
            self._follow()
        except (OSError, SQLAlchemyError) as error:
            log.warning("policy.not_looked_at", error=type(error).__name__)

    def _follow(self) -> None:
        """Who was building a part of the house while it was forgotten kept the old one: it is forgotten once more."""
        now, before = stamp(self._file), self._stamp
        changed = before is not None and now != before
        self._stamp = now
        if changed or self._once_more:
            self._once_more = self._taken() and changed

    def _taken(self) -> bool:
        """False for a file that does not hold: then the old policy does."""
        try:
            version = self._load().version
        except PolicyError as error:
            log.warning("policy.not_read", error=str(error))
            return False
        self._reread()
        log.info("policy.reread", version=version)
        return True

    def _adopt(self) -> None:
        """A state that was saved at another host's desk since this home last looked."""
        with self._database().read() as db:
            newest = db.execute(select(func.max(policies.c.number))).scalar() or 0
        if self._number is None:
            self._number = seen(self._file)
            if self._number is None:
                remember(self._file, newest)
                self._number = newest
        if newest > self._number:
            with FileLock(self._file.with_suffix(".lock")):
                self._take(newest)
            self._number = newest

    def _take(self, number: int) -> None:
        if (seen(self._file) or 0) >= number:
            return  # saved from this home
        with self._database().read() as db:
            text = db.execute(select(policies.c.text).where(policies.c.number == number)).scalar_one()
        if text != self._file.read_text(encoding="utf-8"):
            replace(self._file, text)
        remember(self._file, number)


def stamp(file: Path) -> Stamp:
    """Of shop.toml and the shop's own playbooks; changes with whatever is written there."""
    files = (file, *sorted((file.parent / "playbooks").glob("*.toml")))
    told = ((one.name, one.stat()) for one in files if one.exists())
    return tuple((name, found.st_mtime_ns, found.st_size, found.st_ino) for name, found in told)


def replace(file: Path, text: str) -> None:
    """Whoever reads meanwhile has the old text or the new one whole."""
    draft = file.with_name(f".{file.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def remember(file: Path, number: int) -> None:
    """That this home has the state of this number."""
    replace(_mark(file), str(number))


def seen(file: Path) -> int | None:
    """The newest number that this home had; None where nobody ever looked."""
    mark = _mark(file)
    kept = mark.read_text(encoding="utf-8").strip() if mark.exists() else ""
    return int(kept) if kept.isdecimal() else None


def _mark(file: Path) -> Path:
    return file.with_name(f".{file.name}.number")
