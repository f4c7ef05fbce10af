"""Runs of the test cases that are started from a page: one at a time in a home, each a process (api/trials/played.py).

A running one holds a lock that the system takes from it however it ends; how far it is stands in a file beside the
runs. So every process of the home sees it, can cancel it, and knows one that was cut off.

CannotRun
├── Busy    another one is running
└── there is no such suite or group, or it has no case
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Literal

from eval.suite import runner
from eval.suite.case import GROUPS, Case
from eval.suite.reading import SHIPPED, BadCase, cases_of

RUNS, OWN = "runs", "cases"
PATIENCE, POLLED = 5.0, 0.05
"""Seconds that one waits for a process which has told its end and is not gone yet."""
SUITES = ("shipped", "own", "all")
Stage = Literal["running", "done", "cancelled", "failed", "cut off"]


class CannotRun(RuntimeError):
    """The message says why, for the page."""


class Busy(CannotRun):
    pass


@dataclass(frozen=True, slots=True)
class Play:
    """The newest run that a page began. `name` is its file's in the folder of runs; `total` is 0 until it plays."""

    name: str
    suite: str
    group: str
    by: str
    began: str
    stage: Stage = "running"
    done: int = 0
    total: int = 0
    why: str = ""

    @property
    def runs(self) -> bool:
        return self.stage == "running"


class Playing:
    """Of one home. The children that this process began are waited for when somebody looks."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._children: list[subprocess.Popen[bytes]] = []

    def newest(self) -> Play | None:
        self._children = [child for child in self._children if child.poll() is None]
        found = kept(self._home)
        return self._looked_after(found) if found and found.runs else found

    def _looked_after(self, play: Play) -> Play:
        """Who holds no lock runs no more: it may have ended between two looks, or was cut off."""
        with suppress(Busy), alone(self._home):
            now = kept(self._home) or play
            if now.runs:
                now = replace(now, stage="cut off")
                keep(self._home, now)
            return now
        return play

    def stamp(self) -> str:
        """Changes with every step of a run."""
        found = self.newest()
        return f"{found.name} {found.stage} {found.done}" if found else ""

    def begin(self, suite: str, group: str, by: str, now: datetime) -> Play:
        """Raises `CannotRun`."""
        chosen_cases(self._home, suite, group)
        found = self.newest()
        with alone(self._home, 0 if found and found.runs else PATIENCE) as lock:
            play = Play(self._free(f"{suite}-{now:%Y%m%d-%H%M%S}"), suite, group, by, now.isoformat())
            _cancelling(self._home).unlink(missing_ok=True)
            keep(self._home, play)
            environment = os.environ | {"WISMO_HOME": str(self._home)}
            command = [sys.executable, "-m", "api.trials.played", str(os.getpid())]
            self._children.append(
                subprocess.Popen(  # noqa: S603  # this very interpreter, with nothing of the form
                    command, env=environment, pass_fds=(lock,), stdin=subprocess.DEVNULL
                )
            )
        return play

    def cancel(self) -> None:
        """It ends after the case that it plays now, and keeps nothing."""
        found = self.newest()
        if found and found.runs:
            _cancelling(self._home).touch()

    def close(self) -> None:
        """This process ends: what it began ends with it."""
        for child in self._children:
            child.terminate()
            child.wait()

    def _free(self, wanted: str) -> str:
        taken = {one.stem for one in (self._home / RUNS).glob("*.json")}
        return next(name for name in _names(wanted) if name not in taken)


def chosen_cases(home: Path, suite: str, group: str) -> tuple[Case, ...]:
    """Raises `CannotRun`."""
    folders = {"shipped": [SHIPPED], "own": [home / OWN], "all": [SHIPPED, home / OWN]}
    if suite not in folders:
        raise CannotRun(f"there is no suite {suite[:50]!r}; there are {', '.join(folders)}")
    try:
        chosen = runner.chosen(cases_of(folders[suite]), [group] if group else [])
    except BadCase as error:
        raise CannotRun(str(error)) from None
    if not chosen:
        raise CannotRun("no case is there to play; wismo eval add writes one from a conversation that was")
    return chosen


def groups_of(home: Path) -> tuple[str, ...]:
    """Of the shipped cases, and of the home's own where those can be read."""
    with suppress(BadCase):
        return tuple(dict.fromkeys((*GROUPS, *(one.group for one in cases_of([home / OWN])))))
    return GROUPS


def kept(home: Path) -> Play | None:
    file = _state(home)
    try:
        return Play(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None
    except (ValueError, TypeError):
        return None  # of another version: as if there were none


def keep(home: Path, play: Play) -> None:
    """Whoever reads meanwhile has the old state or the new one whole."""
    file = _state(home)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(play)), encoding="utf-8")
    draft.replace(file)


def is_cancelled(home: Path) -> bool:
    return _cancelling(home).exists()


@contextmanager
def alone(home: Path, patience: float = 0) -> Iterator[int]:
    """A lock that a child may inherit: it is held until the last of them is gone. Raises `Busy`."""
    (home / RUNS).mkdir(parents=True, exist_ok=True)
    lock = os.open(home / RUNS / ".running.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _had(lock, monotonic() + patience):
            raise Busy("a run is going on: wait until it has ended, or cancel it")
        yield lock
    finally:
        os.close(lock)


def _had(lock: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() >= until:
                return False
            sleep(POLLED)
        else:
            return True


def _names(wanted: str) -> Iterator[str]:
    yield wanted
    number = 2
    while True:
        yield f"{wanted}-{number}"
        number += 1


def _state(home: Path) -> Path:
    return home / RUNS / ".running.state"


def _cancelling(home: Path) -> Path:
    return home / RUNS / ".running.cancel"
