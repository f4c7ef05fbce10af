"""What the shop's own system must do too, where it is the master of orders: messages of the outbox, with the change.

The money of a cancelled order goes back by its own refund (providers.py), so the shop is asked to cancel without one.
"""

from __future__ import annotations

from tools.orders import outbox
from tools.orders.rows import fetch
from tools.orders.tables import orders
from tools.orders.work import Work

KIND = "shop.cancel"
MIRRORED = "import:"


def put(work: Work) -> None:
    """Only orders that were mirrored; what Wismo took itself is its own."""
    terms = work.terms
    if terms is None or terms.orders_master != "shop" or not work.aggregate.startswith(MIRRORED):
        return
    if any(event["type"] == "order.cancelled" for event in work.events):
        number = fetch(work.db, orders, id=work.aggregate)[0]["number"]
        outbox.put(work.db, f"shop.cancel:{work.aggregate}", KIND, {"order": number}, work.now)
