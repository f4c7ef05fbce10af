"""What a case needs of a house; api builds it, eval only plays in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from agent.answer import Answer
from agent.case import Incoming
from agent.policy import Policy
from tools.orders.database import Database
from tools.orders.service import Orders


class Desk(Protocol):
    """What is played: the house's desk, or one that is broken on purpose."""

    def answer(self, incoming: Incoming, /) -> Answer: ...

    def decide(self, approval: str, accepted: bool, by: str, reason: str = "", /) -> Answer | None: ...


class Stage(Protocol):
    database: Database
    orders: Orders
    letters: list[Mapping[str, Any]]

    @property
    def desk(self) -> Desk: ...

    def orders_at(self, moment: datetime) -> Orders: ...

    def deliver(self) -> int:
        """Send what is due now; how many."""
        ...

    def close(self) -> None: ...


class Stages(Protocol):
    """Made once a process: it holds the weights, and copies an empty database for each case."""

    def __call__(self, folder: Path, policy: Policy, now: Callable[[], datetime], help_: Path, mail: bool) -> Stage: ...

    def learn(self, pages: Path, into: Path) -> None:
        """An index of help articles."""
        ...

    def sources(self) -> Mapping[str, Sequence[Path]]:
        """What the answers rest on, by name, for the digests of a report: code, model, replies."""
        ...

    def close(self) -> None: ...


Open = Callable[[], Stages]
"""Importable by name: each worker process calls it for itself."""
