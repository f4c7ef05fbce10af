"""The events that keep what was found: one more for each order, one for the stock of each variant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.migrations.first.core import grouped, last

Row = dict[str, Any]
Rows = dict[str, list[Row]]
OF_ORDERS = (
    "orders",
    "order_lines",
    "payments",
    "ledger_transactions",
    "refunds",
    "returns",
    "fulfillment_orders",
    "shipments",
)
"""Tables that name their order, each before those that point to it."""
OF_THESE = {
    "payment_transactions": ("payment_id", "payments"),
    "ledger_entries": ("transaction_id", "ledger_transactions"),
    "refund_lines": ("refund_id", "refunds"),
    "refund_allocations": ("refund_id", "refunds"),
    "return_lines": ("return_id", "returns"),
    "fulfillment_lines": ("fulfillment_order_id", "fulfillment_orders"),
    "shipment_lines": ("shipment_id", "shipments"),
    "tracking_events": ("shipment_id", "shipments"),
    "reservations": ("line_id", "order_lines"),
}
STOCK, CUSTOMER = "@stock:", "@customer:"


def events(rows: Rows) -> Rows:
    """`version` of an order is the number of its new event; so is that of a customer who has one."""
    at = last(rows)
    before = [
        {
            "aggregate": row["order_id"],
            **{name: value for name, value in row.items() if name != "order_id"},
            "changes": [],
        }
        for row in rows["events"]
    ]
    parts = _by_order(rows)
    over = [
        _event(order["id"], order["version"], "order.brought_over", at, parts[order["id"]]) for order in rows["orders"]
    ]
    moved = grouped(rows["stock_movements"], "sku")
    shelves = [
        _event(STOCK + sku, 1, "stock.brought_over", at, [["+", "stock_movements", its]]) for sku, its in moved.items()
    ]
    opened = _openings(rows)
    cards = [_event(CUSTOMER + name, 1, "customer.brought_over", at, its) for name, its in opened.items()]
    customers = [row | {"version": int(row["id"] in opened)} for row in rows["customers"]]
    return {"events": [*before, *over, *shelves, *cards], "customers": customers}


def _event(aggregate: str, sequence: int, kind: str, at: str, changes: list[Any]) -> Row:
    said = {"type": kind, "at": at, "recorded_at": at, "actor_kind": "system", "actor_id": "upgrade"}
    named = {"aggregate": aggregate, "sequence": sequence}
    return named | said | {"reconstructed": 0, "body": {}, "changes": changes}


def _openings(rows: Rows) -> dict[str, list[Any]]:
    """What gift cards held at first belongs to no order, but to whoever has the card."""
    owner = {row["id"]: row["customer_id"] for row in rows["payment_methods"]}
    entries = grouped(rows["ledger_entries"], "transaction_id")
    found: dict[str, list[Any]] = {}
    for one in rows["ledger_transactions"]:
        its = entries[one["id"]]
        cards = [entry["account"].partition(":")[2] for entry in its if entry["account"].startswith("gift_card:")]
        if one["order_id"] is None and cards:
            changes = [["+", "ledger_transactions", [one]], ["+", "ledger_entries", its]]
            found.setdefault(owner[cards[0]], []).extend(changes)
    return found


def _by_order(rows: Rows) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {order["id"]: [] for order in rows["orders"]}
    for name, of_each in _in_order(rows):
        for order, its in of_each.items():
            found[order].append(["+", name, its])
    return found


def _in_order(rows: Rows) -> Iterator[tuple[str, dict[str, list[Row]]]]:
    owner: dict[str, dict[str, str]] = {}
    for name in OF_ORDERS:
        of_orders = [row for row in rows[name] if row.get("order_id") or name == "orders"]
        owner[name] = {row["id"]: row["id"] if name == "orders" else row["order_id"] for row in of_orders}
        yield name, grouped(of_orders, "id" if name == "orders" else "order_id")
    for name, (column, parent) in OF_THESE.items():
        found: dict[str, list[Row]] = {}
        for row in rows[name]:
            if row[column] in owner[parent]:
                found.setdefault(owner[parent][row[column]], []).append(row)
        yield name, found
