"""What the shop's own system must do too, where it is the master of orders: messages of the outbox, with the change.

A message names the order and no more: how it stands is read when it leaves, so that no address lies in the outbox. The
money of a cancelled order goes back by its own refund (providers.py), so the shop is asked to cancel without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.orders import outbox
from tools.orders.rows import fetch
from tools.orders.tables import orders, returns
from tools.orders.work import Work

MIRRORED = "import:"
KINDS = (
    "shop.cancel",
    "shop.address",
    "shop.items",
    "shop.hold",
    "shop.release",
    "shop.move",
    "shop.return",
    "shop.return_closed",
    "shop.return_cancelled",
)
ENDED = {"closed": "shop.return_closed"} | dict.fromkeys(("cancelled", "declined", "expired"), "shop.return_cancelled")
CHANGED = {"address": "shop.address", "swaps": "shop.items"}
"""By what an `order.changed` names."""
TOLD: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "order.cancelled": ("shop.cancel", ()),
    "order.lines_cancelled": ("shop.items", ()),
    "order.held": ("shop.hold", ("reason",)),
    "order.released": ("shop.release", ()),
    "fulfillment.moved": ("shop.move", ("location",)),
    "return.approved": ("shop.return", ("return",)),
}
"""By event: the message, and what of the event's body it keeps."""
Told = tuple[str, Mapping[str, Any]]


def put(work: Work) -> None:
    """Only orders that were mirrored; what Wismo took itself is its own. In the order in which it was done."""
    terms = work.terms
    if terms is None or terms.orders_master != "shop" or not work.aggregate.startswith(MIRRORED):
        return
    told = [(event["sequence"], kind, more) for event in work.events for kind, more in _told(event)]
    told += [(work.sequence, kind, more) for kind, more in _ended(work)]
    for sequence, kind, more in told:
        body = {"order": fetch(work.db, orders, id=work.aggregate)[0]["number"], "aggregate": work.aggregate, **more}
        key = f"{kind}:{work.aggregate}" + ("" if kind == "shop.cancel" else f":{sequence}")
        outbox.put(work.db, key, kind, body, work.now, lane=f"shop:{work.aggregate}")


def _told(event: Mapping[str, Any]) -> Iterator[Told]:
    kind, body = event["type"], event["body"]
    if kind == "order.changed":
        yield from ((one, {}) for named, one in CHANGED.items() if named in body)
    elif kind in TOLD:
        yield TOLD[kind][0], {name: str(body.get(name) or "held") for name in TOLD[kind][1]}


def _ended(work: Work) -> Iterator[Told]:
    """Returns whose end this command wrote, whatever it called it."""
    for event in work.events:
        for operation, table, *rest in event["changes"]:
            if operation == "=" and table == "returns" and rest[1].get("state") in ENDED:
                number = fetch(work.db, returns, id=rest[0]["id"])[0]["number"]
                yield ENDED[rest[1]["state"]], {"return": number}
