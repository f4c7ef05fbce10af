"""What a worker is called where it holds something: leases of conversations, claims of messages."""

from __future__ import annotations

import os
import socket
from uuid import uuid4


def fresh_holder() -> str:
    """Never twice the same, so that nobody takes what another of its name held; host and process are for people."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
