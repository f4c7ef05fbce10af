"""Orders on hold: looked at again and released, or rejected. place.py put them there, with every reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from tools.orders import addresses, rules
from tools.orders.actions import bundles, cancel, fulfilment_orders, levels, payments, reserving, sourcing
from tools.orders.commands import Name, OnOrder, verb
from tools.orders.model import Address, OrderId
from tools.orders.rows import Row, fetch
from tools.orders.tables import fulfillment_orders, order_lines, orders, reservations, variants
from tools.orders.work import Refused, Work

KEPT = re.compile(r"(price|total|payment|line \S+):")
"""Reasons that looking again can not settle: a person accepts them, by what stands before the colon."""


class ReleaseOrder(OnOrder):
    """Looks at the order again. `accept` names problems that a person takes as they are (price, total, payment)."""

    accept: tuple[str, ...] = ()


class RejectOrder(OnOrder):
    """An order on hold is not taken: what was reserved is available again, what was paid goes back."""

    reason: Name


@verb(ReleaseOrder)
def release_order(work: Work, wanted: ReleaseOrder) -> Mapping[str, Any]:
    """Confirmed, or still on hold with the reasons that are left."""
    head, lines = _rows(work, wanted.order_id)
    if head["lifecycle"] != "on_hold":
        raise Refused(rules.refuse("ORD-5", "not_on_hold", accepts="an order on hold"))
    problems = [one for one in _again(work.db, head, lines) if one.split(":")[0] not in wanted.accept]
    problems += sourcing.reserve(work, _give_back_parts(work, lines), Address(**head["address"]), head["promised_at"])[
        0
    ]
    if problems:
        work.set(orders, wanted.order_id, {"hold_reason": "; ".join(problems)})
        work.event("order.held", {"reasons": problems})
        return {"order": wanted.order_id, "reasons": problems}
    work.change(orders, wanted.order_id, "order", "on_hold", "confirmed", column="lifecycle")
    work.set(orders, wanted.order_id, {"hold_reason": None})
    made = fetch(work.db, fulfillment_orders, order_id=wanted.order_id)
    if all(row["state"] in {"cancelled", "moved"} for row in made):
        fulfilment_orders.make_work(work, wanted.order_id, lines)
    work.event("order.released", {"accepted": list(wanted.accept)})
    payments.begin_all(work, wanted.order_id, head["customer_id"])
    return {"order": wanted.order_id, "reasons": []}


@verb(RejectOrder)
def reject_order(work: Work, wanted: RejectOrder) -> Mapping[str, Any]:
    """Kept, with its reason; what was reserved is available again, what was taken goes back."""
    head, _ = _rows(work, wanted.order_id)
    work.change(orders, wanted.order_id, "order", head["lifecycle"], "rejected", column="lifecycle")
    work.set(orders, wanted.order_id, {"cancel_reason": wanted.reason, "cancelled_at": work.now})
    refund = cancel.undo_sale(work, wanted.order_id, "order.rejected", {"reason": wanted.reason})
    return {"order": wanted.order_id, "refund": refund}


def _again(db: Connection, head: Row, lines: Sequence[Row]) -> Iterator[str]:
    known = {row["sku"]: row for row in fetch(db, variants, sku=sorted({line["sku"] for line in lines}))}
    yield from (f"not_sellable: {line['sku']}" for line in lines if not known[line["sku"]]["sellable"])
    kept = [one for one in (head["hold_reason"] or "").split("; ") if KEPT.match(one)]
    yield from kept
    yield from addresses.problems(Address(**head["address"]), None)


def _give_back_parts(work: Work, lines: Sequence[Row]) -> list[bundles.Need]:
    """Lines that are still to be sent and have not all that they need; what they have is given back and taken anew."""
    missing: list[bundles.Need] = []
    for line in lines:
        units = line["quantity"] - line["cancelled"] - line["shipped"]
        held = fetch(work.db, reservations, "id", line_id=line["id"], state="held")
        parts = {line["sku"]: 1} if any(row["sku"] == line["sku"] for row in held) else None
        needs = parts or bundles.components(work.db, line["sku"])
        has = {sku: sum(row["quantity"] for row in held if row["sku"] == sku) for sku in needs}
        if units and any(has[sku] < count * units for sku, count in needs.items() if levels.is_tracked(work.db, sku)):
            for row in held:
                reserving.release(work, row, row["quantity"])
            missing.append((line["id"], line["sku"], units))
    return missing


def _rows(work: Work, order: OrderId) -> tuple[Row, list[Row]]:
    return fetch(work.db, orders, id=order)[0], fetch(work.db, order_lines, "position", order_id=order)
