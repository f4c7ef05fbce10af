"""Where a test may kill the process: at every statement of a write. Nothing happens unless WISMO_FAULT asks for it.

WISMO_FAULT=7 kills this process, as `kill -9` would, just before the 7th statement of the first write that is reached;
WISMO_FAULT=commit just before a commit is asked for, WISMO_FAULT=committed just after.
"""

from __future__ import annotations

import os
import signal

_POINT = os.environ.get("WISMO_FAULT", "")
_count = 0


def arm(point: str) -> None:
    """For a forked child: from now on, as if WISMO_FAULT had said so."""
    global _POINT, _count
    _POINT, _count = point, 0


def reached(name: str) -> None:
    if _POINT:
        _at(name)


def _at(name: str) -> None:
    global _count
    _count += 1
    if _POINT in {name, str(_count)}:  # pragma: no cover - the process ends here
        os.kill(os.getpid(), signal.SIGKILL)
