"""Shops' own systems in our words: where they are the master of orders, Wismo mirrors them and acts through them.

One module a vendor. The core's own rules judge first; what they allow is asked of the shop, and read again afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

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
