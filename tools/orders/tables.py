"""The core's tables. Names and meaning follow the order core's domain model; reading them is store.py's affair.

Status axes are derived from rows, except `orders.lifecycle` and the states of parts, which change by compare-and-set.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from tools.orders.columns import Json, Minor, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *parts: Column[object] | CheckConstraint | UniqueConstraint | Index) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True)


def _id() -> Column[object]:
    return Column("id", Text, primary_key=True)


def _to(name: str, target: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, Text, ForeignKey(target), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, Text, nullable=nullable)


def _count(name: str, default: int | None = None) -> Column[object]:
    return Column(name, Integer, nullable=False, default=default)


def _money(name: str, default: int | None = None) -> Column[object]:
    return Column(name, Minor, nullable=False, default=default)


def _at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, Moment, nullable=nullable)


# -- party and catalogue -------------------------------------------------------------------------------------

customers = _table(
    "customers",
    _id(),
    _text("name"),
    _text("email"),
    Column("email_folded", Text, nullable=False, unique=True),
    _text("phone", nullable=True),
    _text("language", nullable=True),
    Column("address", Json),
)
payment_methods = _table(
    "payment_methods",
    Column("customer_id", Text, ForeignKey("customers.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    _text("type"),
)
products = _table("products", _id(), _text("name"), _count("returnable", 1))
variants = _table(
    "variants",
    Column("sku", Text, primary_key=True),
    _to("product_id", "products.id"),
    Column("options", Json, nullable=False),
    _money("price"),
    _text("currency"),
    _count("sellable", 1),
)

# -- stock ---------------------------------------------------------------------------------------------------

locations = _table("locations", _id(), _text("name"))
stock_levels = _table(
    "stock_levels",
    Column("sku", Text, ForeignKey("variants.sku"), primary_key=True),
    Column("location_id", Text, ForeignKey("locations.id"), primary_key=True),
    *(
        _count(name, 0)
        for name in ("on_hand", "reserved", "damaged", "quality_control", "safety", "incoming", "version")
    ),
    CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
    CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="reserved_within_on_hand"),
)
stock_movements = _table(
    "stock_movements",
    Column("id", Integer, primary_key=True),
    _to("sku", "variants.sku"),
    _to("location_id", "locations.id"),
    _count("quantity"),
    _text("reason"),
    _text("reference"),
    _at("at"),
)
reservations = _table(
    "reservations",
    Column("id", Integer, primary_key=True),
    Column("line_id", Text, ForeignKey("order_lines.id"), nullable=False, index=True),
    _text("sku"),
    _to("location_id", "locations.id"),
    _count("quantity"),
    _text("state"),
)

# -- orders --------------------------------------------------------------------------------------------------

orders = _table(
    "orders",
    _id(),
    _text("channel"),
    _text("external_id"),
    _text("number"),
    Column("number_key", Text, nullable=False, index=True),
    Column("customer_id", Text, ForeignKey("customers.id"), nullable=False, index=True),
    _text("currency"),
    _at("placed_at"),
    _at("promised_at", nullable=True),
    _at("cancelled_at", nullable=True),
    _money("items_total"),
    _money("discount", 0),
    _money("tax", 0),
    _money("shipping", 0),
    _money("total"),
    Column("address", Json, nullable=False),
    _text("lifecycle"),
    _text("hold_reason", nullable=True),
    _text("cancel_reason", nullable=True),
    _text("source_digest", nullable=True),
    _count("version", 1),
    UniqueConstraint("channel", "external_id"),
    CheckConstraint("total = items_total - discount + tax + shipping", name="total_adds_up"),
)
order_lines = _table(
    "order_lines",
    _id(),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False, index=True),
    _count("position"),
    _to("sku", "variants.sku"),
    _text("name"),
    Column("options", Json, nullable=False),
    _count("quantity"),
    _money("unit_price"),
    _money("line_discount", 0),
    _money("order_discount", 0),
    _money("net"),
    _money("tax", 0),
    _count("returnable", 1),
    *(_count(name, 0) for name in ("cancelled", "shipped", "returned", "refunded")),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("cancelled + shipped <= quantity", name="cancelled_and_shipped_within_quantity"),
    CheckConstraint("returned <= shipped", name="returned_within_shipped"),
    CheckConstraint("refunded <= quantity", name="refunded_within_quantity"),
)

# -- money ---------------------------------------------------------------------------------------------------

payments = _table(
    "payments",
    _id(),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False, index=True),
    _count("position"),
    _text("kind"),
    _text("method_id", nullable=True),
    _text("state"),
    _text("currency"),
)
payment_transactions = _table(
    "payment_transactions",
    _id(),
    Column("payment_id", Text, ForeignKey("payments.id"), nullable=False, index=True),
    _text("kind"),
    _money("amount"),
    _text("psp"),
    _text("psp_ref"),
    _text("state"),
    _at("at"),
    UniqueConstraint("psp", "psp_ref", "kind"),
    CheckConstraint("amount >= 0", name="amount_not_negative"),
)
ledger_transactions = _table(
    "ledger_transactions",
    _id(),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=True, index=True),
    _text("kind"),
    _at("at"),
)
ledger_entries = _table(
    "ledger_entries",
    Column("id", Integer, primary_key=True),
    Column("transaction_id", Text, ForeignKey("ledger_transactions.id"), nullable=False, index=True),
    Column("account", Text, nullable=False, index=True),
    _money("amount"),
    _text("currency"),
    CheckConstraint("amount <> 0", name="amount_not_zero"),
)
refunds = _table(
    "refunds",
    _id(),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False, index=True),
    _to("return_id", "returns.id", nullable=True),
    _text("state"),
    _text("reason"),
    _money("amount"),
    _money("shipping", 0),
    _text("currency"),
    _text("quote_digest"),
    _at("requested_at"),
    _at("settled_at", nullable=True),
    CheckConstraint("amount > 0", name="amount_positive"),
)
refund_lines = _table(
    "refund_lines",
    Column("refund_id", Text, ForeignKey("refunds.id"), primary_key=True),
    Column("line_id", Text, ForeignKey("order_lines.id"), primary_key=True),
    _count("quantity"),
    _money("amount"),
)
refund_allocations = _table(
    "refund_allocations",
    _id(),
    Column("refund_id", Text, ForeignKey("refunds.id"), nullable=False, index=True),
    Column("payment_id", Text, ForeignKey("payments.id"), nullable=False, index=True),
    _money("amount"),
    _text("state"),
    _text("psp_ref", nullable=True),
    CheckConstraint("amount > 0", name="amount_positive"),
)

# -- fulfilment and after sale -------------------------------------------------------------------------------

fulfillment_orders = _table(
    "fulfillment_orders",
    _id(),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False, index=True),
    _to("location_id", "locations.id"),
    _text("state"),
)
shipments = _table(
    "shipments",
    _id(),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False, index=True),
    _text("carrier", nullable=True),
    Column("tracking_number", Text, nullable=False, index=True),
    _text("state"),
    _at("shipped_at", nullable=True),
    _at("delivered_at", nullable=True),
    _count("delivered_exactly", 1),
)
shipment_lines = _table(
    "shipment_lines",
    Column("shipment_id", Text, ForeignKey("shipments.id"), primary_key=True),
    Column("line_id", Text, ForeignKey("order_lines.id"), primary_key=True),
    _count("quantity"),
)
tracking_events = _table(
    "tracking_events",
    Column("id", Integer, primary_key=True),
    Column("shipment_id", Text, ForeignKey("shipments.id"), nullable=False),
    _text("code"),
    _at("at"),
    _text("place"),
    _count("reconstructed", 0),
    UniqueConstraint("shipment_id", "code", "at"),
)
returns = _table(
    "returns",
    _id(),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False, index=True),
    Column("number", Text, nullable=False, unique=True),
    _text("state"),
    _text("reason"),
    _money("label_fee", 0),
    _at("requested_at"),
)
return_lines = _table(
    "return_lines",
    Column("return_id", Text, ForeignKey("returns.id"), primary_key=True),
    Column("line_id", Text, ForeignKey("order_lines.id"), primary_key=True),
    _count("quantity"),
    _text("reception"),
    _text("acceptance"),
    _count("received", 0),
    _count("accepted", 0),
    CheckConstraint("accepted <= received AND received <= quantity", name="accepted_within_received"),
)

# -- platform ------------------------------------------------------------------------------------------------

events = _table(
    "events",
    Column("order_id", Text, ForeignKey("orders.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    _text("type"),
    _at("at"),
    _at("recorded_at"),
    _text("actor_kind"),
    _text("actor_id"),
    _count("reconstructed", 0),
    Column("body", Json, nullable=False),
)
outbox = _table(
    "outbox",
    Column("key", Text, primary_key=True),
    _text("kind"),
    Column("body", Json, nullable=False),
    _text("state"),
    _count("attempts", 0),
    _at("created_at"),
    _at("due_at"),
    _at("sent_at", nullable=True),
    _text("last_error", nullable=True),
    Index("ix_outbox_state_due_at", "state", "due_at"),
)
commands = _table(
    "commands",
    Column("key", Text, primary_key=True),
    _text("fingerprint"),
    _text("command"),
    _text("order_id", nullable=True),
    Column("result", Json, nullable=False),
    _at("at"),
)
