"""A helpdesk's solved conversations, out of its API into a file: what `wismo learn` and `wismo simulate` read."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from api.wiring import House
from connectors.helpdesks.pace import FOR_ALL_OF_IT


class NotConnected(ValueError):
    """The message says how to connect it."""


@dataclass(frozen=True, slots=True)
class History:
    """`seat` is our own id at the vendor: what it wrote is no person's answer."""

    path: Path
    count: int
    seat: str


def fetch(house: House, channel: str, since: datetime, path: Path, progress: Callable[[int], None]) -> History:
    """A conversation a line; readable by its owner only. Raises `NotConnected` and `ConnectorError`."""
    if channel not in house.connections.channels:
        raise NotConnected(f"{channel} is not connected; to connect: wismo connect {channel}")
    helpdesk, written = house.connections.client(channel, FOR_ALL_OF_IT), 0
    try:
        seat = helpdesk.account().id
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            for written, record in enumerate(helpdesk.solved_since(since), 1):
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
                progress(written)
    finally:
        helpdesk.close()
    return History(path, written, seat)


@contextmanager
def passing(house: House, channel: str, since: datetime, progress: Callable[[int], None]) -> Iterator[History]:
    """In a file that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wismo-history-") as folder:
        yield fetch(house, channel, since, Path(folder) / f"{channel}.jsonl", progress)
