"""What is going on, told to whoever watches: metrics and traces. Where nobody watches it costs next to nothing.

    with watch.work("delivery", kind="mail.code") as work:   begins, and ends with an outcome and a duration
    watch.carried()                                           the trace it belongs to, to be kept beside what waits
    watch.work("turn", carried=row.trace)                     and taken up again by whoever works it later

Names and values are of a closed list: nobody's words, numbers or names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

CARRIED: ContextVar[str | None] = ContextVar("wismo_trace", default=None)
"""W3C's traceparent of the work at hand; set by a watcher that traces."""


@dataclass(slots=True)
class Work:
    """`what` may grow until it ends. `outcome` is "done", or the name of the exception that ended it."""

    name: str
    what: dict[str, str] = field(default_factory=dict)
    outcome: str = "done"


Watcher = Callable[[Work, str | None], AbstractContextManager[object]]
"""Given the work and the trace that it was carried in with."""

_watchers: tuple[Watcher, ...] = ()


@contextmanager
def watched_by(*watchers: Watcher) -> Iterator[None]:
    """These too, in every thread, until the block is left."""
    global _watchers
    _watchers = (*_watchers, *watchers)
    try:
        yield
    finally:
        _watchers = tuple(one for one in _watchers if one not in watchers)


@contextmanager
def work(name: str, carried: str | None = None, **what: str) -> Iterator[Work]:
    done = Work(name, what)
    if not _watchers:
        yield done
        return
    with ExitStack() as stack:
        for watcher in _watchers:
            stack.enter_context(watcher(done, carried))
        try:
            yield done
        except BaseException as error:
            done.outcome = type(error).__name__
            raise


def carried() -> str | None:
    return CARRIED.get()
