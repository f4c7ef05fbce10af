"""Processes that compute beside this one. Spawned, for the weights' threads do not survive a fork; they end with it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor


def pool(workers: int, begin: Callable[..., object] | None = None, *given: object) -> ProcessPoolExecutor:
    """`begin(*given)` is called once in each. A pool's own processes outlive one that is killed: these do not."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begun, (begin, given))


def _begun(begin: Callable[..., object] | None, given: tuple[object, ...]) -> None:
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    if begin:
        begin(*given)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)
