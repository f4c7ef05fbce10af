"""Party and catalogue: who buys, and what is sold."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, Text

from tools.orders.columns import Json
from tools.orders.tables.base import at, count, key, money, table, text, to

customers = table(
    "customers",
    key(),
    text("name"),
    text("email"),
    Column("email_folded", Text, nullable=False, unique=True),
    text("phone", nullable=True),
    text("language", nullable=True),
    Column("address", Json),
    count("version", 0),
)
payment_methods = table(  # a token of the provider's, or an account of our own ledger; never a card number
    "payment_methods",
    to("customer_id", "customers.id", primary=True),
    key(),
    text("type"),
    at("closed_at", nullable=True),
)
notification_preferences = table(  # steps that a customer is not told of
    "notification_preferences",
    to("customer_id", "customers.id", primary=True),
    Column("muted", Json, nullable=False),
)
products = table("products", key(), text("name"), count("returnable", 1))
variants = table(
    "variants",
    key("sku"),
    to("product_id", "products.id"),
    Column("options", Json, nullable=False),
    money("price"),
    text("currency"),
    count("sellable", 1),
    count("tracked", 0),  # 1: stock is counted, and taken only by the conditional update
    Column("grams", Integer),  # of one unit; not known where nobody said it
    CheckConstraint("price >= 0", name="price_not_negative"),
)
bundle_components = table(
    "bundle_components",
    to("bundle_sku", "variants.sku", primary=True),
    to("component_sku", "variants.sku", primary=True),
    count("quantity"),
    CheckConstraint("quantity > 0", name="quantity_positive"),
)
