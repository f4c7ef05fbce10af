"""Several things at once, in few threads: each in its caller's context, the results in the order of the jobs.

Threads begin with the first job that needs one, and end with whoever holds this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


class Together:
    """Safe for threads. A job must not start others here: all threads could then wait for one another."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="wismo-together")

    def begun(self, job: Callable[[], T]) -> Future[T]:
        """Under way beside what the caller does next."""
        return self._pool.submit(copy_context().run, job)

    def each(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """All are done before this returns or raises; what is raised is the first one's, in the order of the jobs.

        The caller's own thread takes the first: one job alone needs no other thread.
        """
        if not jobs:
            return []
        first, *others = jobs
        waiting = [self.begun(job) for job in others]
        own: Future[T] = Future()
        _run(first, own)
        done = [own, *waiting]
        for one in done:
            one.exception()
        return [one.result() for one in done]


def _run(job: Callable[[], T], into: Future[T]) -> None:
    try:
        into.set_result(job())
    except Exception as error:  # noqa: BLE001 - raised again once the others are done
        into.set_exception(error)
