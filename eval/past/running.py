"""Many tickets over processes: a line a ticket is appended as it ends, so that a run that died is taken up again.

How many processes there are, and in which order they end, changes no figure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar

from connectors.exports.past import PastConversation
from eval.past.kept import Line, from_json, to_json
from tools.processes import pool

BATCH = 4
AHEAD = 3
"""Batches a worker that wait for it: enough that none idles, few enough that memory stays flat."""
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
Setup = TypeVar("Setup")
Begin = Callable[[Setup], None]
Work = Callable[[Sequence[PastConversation]], list[Line]]
Over = Callable[[Iterator[PastConversation]], Iterator[list[Line]]]
"""Plays them somewhere; their lines come in any order."""


def run(tickets: Iterable[PastConversation], file: Path, over: Over, progress: Callable[[int], None]) -> None:
    """Plays what has no line in `file` yet."""
    done = finished(file)
    progress(len(done))
    left = (one for one in tickets if one.ref not in done)
    with file.open("ab") as out:
        for lines in over(left):
            out.write(b"".join(map(to_json, lines)))
            out.flush()
            os.fsync(out.fileno())
            progress(len(lines))


def finished(file: Path) -> set[str]:
    """Refs of tickets with a whole line; what was half written when a process died is cut off."""
    done: set[str] = set()
    whole = 0
    if not file.exists():
        return done
    with file.open("rb") as lines:
        for raw in lines:
            if not raw.endswith(b"\n"):
                break
            with suppress(ValueError):
                done.add(from_json(raw).id)
            whole += len(raw)
    with file.open("rb+") as kept:
        kept.truncate(whole)
    return done


def processes(
    begin: Begin[Setup], setup: Setup, work: Work, workers: int, left: Iterator[PastConversation]
) -> Iterator[list[Line]]:
    """Over processes of this machine. `begin` is called once in each, with `setup`."""
    with _one_thread_each(), pool(workers, begin, setup) as playing:
        waiting: set[Future[list[Line]]] = set()
        try:
            while True:
                for batch in islice(batches(left), workers * AHEAD - len(waiting)):
                    waiting.add(playing.submit(work, batch))
                if not waiting:
                    return
                ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for one in ended:
                    yield one.result()
        finally:
            for one in waiting:
                one.cancel()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Workers fill the cores; a second thread of the linear algebra in each only waits for the first."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def batches(left: Iterator[PastConversation]) -> Iterator[list[PastConversation]]:
    while batch := list(islice(left, BATCH)):
        yield batch
