"""What tools work on: the order core, and the help centre as something to search. Built in api/wiring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from knowledge.search import Hit
from tools.orders.service import Orders


class HelpCentre(Protocol):
    def search(self, query: str, k: int = 10, language: str | None = None) -> tuple[Hit, ...]: ...


@dataclass(frozen=True, slots=True)
class Shop:
    orders: Orders
    help: HelpCentre
