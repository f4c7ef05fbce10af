"""Stock: levels are sums of movements and reservations, kept beside them for the conditional update."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column

from tools.orders.columns import Json
from tools.orders.tables.base import at, count, counts, key, table, text, to

BUCKETS = ("on_hand", "damaged", "quality_control", "safety", "incoming")

locations = table("locations", key(), text("name"))
location_profiles = table(  # what routing knows of a location: where it is, whom it serves, what a parcel costs
    "location_profiles",
    to("location_id", "locations.id", primary=True),
    Column("profile", Json, nullable=False),
)
stock_levels = table(
    "stock_levels",
    to("sku", "variants.sku", primary=True),
    to("location_id", "locations.id", primary=True),
    *counts((*BUCKETS, "reserved", "version")),
    CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
    CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved_within_on_hand"),
    CheckConstraint("damaged >= 0 AND quality_control >= 0 AND safety >= 0 AND incoming >= 0", name="none_negative"),
)
stock_movements = table(
    "stock_movements",
    key(),
    to("sku", "variants.sku", index=True),
    to("location_id", "locations.id"),
    text("bucket"),
    count("quantity"),
    text("reason"),
    text("reference"),
    at("at"),
    immutable=True,
)
reservations = table(  # kind hold: a basket's, with an expiry; allocation: an order line's
    "reservations",
    key(),
    to("line_id", "order_lines.id", nullable=True, index=True),
    to("sku", "variants.sku", index=True),
    to("location_id", "locations.id"),
    count("quantity"),
    text("kind"),
    text("state"),  # held, released, taken, expired
    at("expires_at", nullable=True),
    text("reference", nullable=True),
    CheckConstraint("quantity > 0", name="quantity_positive"),
)
