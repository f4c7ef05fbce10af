"""The sale: an order and its lines, with every amount frozen (R1). Statuses are derived, but `lifecycle`."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Text, UniqueConstraint

from tools.orders.columns import Json
from tools.orders.tables.base import at, count, counts, key, money, table, text, to

orders = table(
    "orders",
    key(),
    text("channel"),
    text("external_id"),
    text("number"),
    Column("number_key", Text, nullable=False, index=True),
    to("customer_id", "customers.id", index=True),
    text("currency"),
    at("placed_at"),
    at("promised_at", nullable=True),
    at("cancelled_at", nullable=True),
    money("items_total"),
    money("discount", 0),
    money("tax", 0),
    money("duty", 0),
    money("shipping", 0),
    money("shipping_tax", 0),
    money("standard_shipping", 0),  # the cheapest delivery offered: all that a withdrawal gives back (R7)
    count("tax_included", 0),
    money("credits", 0),  # units that an order change took out, at what was charged for them
    money("total"),
    Column("address", Json, nullable=False),
    text("lifecycle"),
    text("hold_reason", nullable=True),
    text("cancel_reason", nullable=True),
    text("source_digest", nullable=True),
    count("version", 1),
    UniqueConstraint("channel", "external_id"),
    CheckConstraint(
        "total = items_total - discount + tax + duty + shipping + shipping_tax - credits", name="total_adds_up"
    ),
    CheckConstraint("total >= 0", name="total_not_negative"),
)
order_lines = table(
    "order_lines",
    key(),
    to("order_id", "orders.id", index=True),
    count("position"),
    to("sku", "variants.sku"),
    text("name"),
    Column("options", Json, nullable=False),
    count("quantity"),
    money("unit_price"),
    money("line_discount", 0),
    money("order_discount", 0),
    money("net"),
    money("tax", 0),
    money("duty", 0),
    count("returnable", 1),
    text("replaces", nullable=True),  # the line whose units an order change or an exchange put here
    count("free", 0),  # 1: sent instead of something that was wrong or lost, nothing is charged
    *counts(("cancelled", "shipped", "returned", "refunded")),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("net >= 0 AND tax >= 0 AND duty >= 0", name="amounts_not_negative"),
    CheckConstraint("cancelled >= 0 AND shipped >= 0 AND refunded >= 0 AND returned >= 0", name="counts_not_negative"),
    CheckConstraint("cancelled + shipped <= quantity", name="cancelled_and_shipped_within_quantity"),
    CheckConstraint("returned <= shipped", name="returned_within_shipped"),
    CheckConstraint("refunded <= quantity", name="refunded_within_quantity"),
)
