"""`--over-workers`: large work done by whoever runs `wismo worker` on the shop's database."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated

import typer

from api.cli import lines
from api.trials.sharded import NotOverWorkers, Workers
from api.wiring import House
from connectors import shards

OverWorkers = Annotated[
    bool,
    typer.Option("--over-workers", help="In shards over all workers of this PostgreSQL, in place of this machine."),
]
PATIENCE = 20.0
"""Seconds without a worker until that is said, and said again."""


def workers(house: House) -> Workers:
    """Tells on standard error when nobody works. Exits where there can be no workers."""
    try:
        return Workers(house.database, house.now, _Waiting(lambda: shards.under_way(house.database, house.now())))
    except NotOverWorkers as error:
        lines.unusable(str(error))


class _Waiting:
    def __init__(self, under_way: Callable[[], int]) -> None:
        self._under_way = under_way
        self._since = time.monotonic()

    def __call__(self) -> None:
        if self._under_way():
            self._since = time.monotonic()
        elif time.monotonic() - self._since > PATIENCE:
            lines.say("no worker takes part; on any machine of this database: wismo worker (Ctrl-C gives up)")
            self._since = time.monotonic()
