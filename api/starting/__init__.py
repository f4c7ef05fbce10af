"""The first hour: a shop's own data into a home, step by step. What a step says to a terminal is api/cli/init.py's.

StartingError
├── Unfit         an answer cannot be used
├── StepFailed    nothing of the step stays but what a connected shop had sent; the other steps are as they were
├── Declined      whoever was asked said no
└── CannotUndo    other things were built on it, or nobody kept what was before
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.exports.reading import Vendor

Progress = Callable[[str, int, int], None]
"""(what is done, so far, of; 0 where nobody knows)."""
SHOPIFY = "shopify"
"""In place of a file of orders: the connected shop."""


class StartingError(Exception):
    """The message carries the remedy; `reasons` are further lines, each of one place in the shop's file."""

    def __init__(self, says: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(says)
        self.reasons = tuple(reasons)


class Unfit(StartingError):
    pass


class StepFailed(StartingError):
    pass


class Declined(StartingError):
    pass


class CannotUndo(StartingError):
    pass


@dataclass(frozen=True, slots=True)
class Change:
    """`table.key` of shop.toml, as it is written there."""

    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears how far a step is, and who agrees to changes of shop.toml before they are written."""

    progress: Progress = lambda *_: None
    agree: Callable[[Sequence[Change]], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Answers:
    """`rules` by the question's name, as typed. `orders`: a file, a folder, or `SHOPIFY`. `limit` 0: every ticket."""

    rules: Mapping[str, str] = field(default_factory=dict)
    orders: str = ""
    mapping: Path | None = None
    articles: tuple[Path, ...] = ()
    tickets: Path | None = None
    vendor: Vendor | None = None
    limit: int = 300
    report: Path = Path("wismo-report.html")
    url: str = ""
    site: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a step: where its data was from, what to tell, and what taking it back needs (plain JSON).

    `reasons` are told once and not kept, for they may name a customer: what was rejected, and why.
    """

    source: str
    says: tuple[str, ...]
    lasting: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
