"""Shops' own systems in our words: where they are the master of orders, Wismo mirrors them and acts through them.

One module a vendor. The core's own rules judge first; what they allow is asked of the shop, and read again afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from tools.orders.model import Address
from tools.orders.money import Money


@dataclass(frozen=True, slots=True)
class Page:
    """Orders in the form of an import (docs/integrate.md), oldest change first. `changed_until` is where to go on."""

    orders: Sequence[Mapping[str, Any]]
    customers: Sequence[Mapping[str, Any]]
    products: Sequence[Mapping[str, Any]]
    currency: str
    changed_until: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """How far the file is read: bytes of whole orders. `begun` is where the incremental mirror goes on afterwards."""

    operation: str
    begun: str
    bytes: int = 0

    def told(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, mark: str) -> Place | None:
        return cls(**json.loads(mark)) if mark else None


@dataclass(frozen=True, slots=True)
class Back:
    """A return: its number, our own word for the reason, and the units that come back, by sku."""

    number: str
    reason: str
    units: Mapping[str, int]


class Storefront(Protocol):
    """All raise `ConnectorError`. `key` is what makes asking twice the same as asking once."""

    def changed(self, since: str, after: str = "") -> Page: ...

    def order(self, name: str) -> Page: ...

    def refund(self, order: str, amount: Money, key: str) -> tuple[str, str]:
        """Pays back by the order's own payment; the refund's id, and a code where it was refused."""
        ...

    def cancel(self, order: str) -> str:
        """The refusal's code; empty when it is under way or done."""
        ...


class Acts(Protocol):
    """What the core did, done there too; the refusal's code, empty when it stands as it should. Each may come twice."""

    def address(self, order: str, address: Address) -> str: ...

    def items(self, order: str, units: Mapping[str, int]) -> str: ...

    def hold(self, order: str, reason: str) -> str: ...

    def release(self, order: str) -> str: ...

    def move(self, order: str, location: str) -> str: ...

    def open_return(self, order: str, back: Back) -> str: ...

    def close_return(self, order: str, number: str) -> str: ...

    def cancel_return(self, order: str, number: str) -> str: ...
