"""From the shelf to the door: work of a location, parcels, scans."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Text

from tools.orders.tables.base import at, count, key, table, text, to

fulfillment_orders = table(
    "fulfillment_orders",
    key(),
    to("order_id", "orders.id", index=True),
    to("location_id", "locations.id"),
    text("state"),
    text("hold_reason", nullable=True),
)
fulfillment_lines = table(
    "fulfillment_lines",
    to("fulfillment_order_id", "fulfillment_orders.id", primary=True),
    to("line_id", "order_lines.id", primary=True),
    count("quantity"),
    count("shipped", 0),
    CheckConstraint("shipped >= 0 AND shipped <= quantity", name="shipped_within_quantity"),
)
shipments = table(
    "shipments",
    key(),
    to("order_id", "orders.id", index=True),
    text("carrier", nullable=True),
    Column("tracking_number", Text, nullable=False, index=True),
    text("state"),
    at("shipped_at", nullable=True),
    at("delivered_at", nullable=True),
    count("delivered_exactly", 1),
)
shipment_lines = table(
    "shipment_lines",
    to("shipment_id", "shipments.id", primary=True),
    to("line_id", "order_lines.id", primary=True),
    count("quantity"),
    CheckConstraint("quantity > 0", name="quantity_positive"),
)
tracking_events = table(
    "tracking_events",
    to("shipment_id", "shipments.id", primary=True),
    key("code"),
    Column("at", at("at").type, primary_key=True),
    text("place"),
    count("reconstructed", 0),
    Index("ix_tracking_events_at", "shipment_id", "at"),
    immutable=True,
)
