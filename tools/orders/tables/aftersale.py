"""After the sale: returns, exchanges, claims, withdrawals."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Text

from tools.orders.columns import Json
from tools.orders.tables.base import at, count, counts, key, money, table, text, to

returns = table(
    "returns",
    key(),
    to("order_id", "orders.id", index=True),
    Column("number", Text, nullable=False, unique=True),
    text("state"),
    text("reason"),
    money("label_fee", 0),
    money("restocking_fee", 0),
    text("method_id", nullable=True),  # where the customer wants the money, if not where it came from
    count("withdrawal", 0),  # 1: the consumer's legal right; no fee, standard shipping goes back
    at("requested_at"),
)
return_lines = table(  # two axes: reception and acceptance; units by what became of them, set once
    "return_lines",
    to("return_id", "returns.id", primary=True),
    to("line_id", "order_lines.id", primary=True),
    count("quantity"),
    text("reception"),  # awaiting, received, short, wrong_item, lost, given_to_customer
    text("acceptance"),  # pending, accepted, rejected, manual_intervention_required
    *counts(("received", "accepted", "restocked", "damaged", "quarantined", "discarded")),
    at("inspected_at", nullable=True),
    CheckConstraint("accepted <= received AND received <= quantity", name="accepted_within_received"),
    CheckConstraint("restocked + damaged + quarantined + discarded <= received", name="disposed_within_received"),
)
exchanges = table(
    "exchanges",
    key(),
    to("order_id", "orders.id", index=True),
    to("return_id", "returns.id"),
    text("state"),
    money("difference"),  # positive: the customer pays; frozen prices (R14)
    text("currency"),
    text("method_id", nullable=True),
    Column("lines", Json, nullable=False),  # [{"line", "quantity", "sku"}]
    at("requested_at"),
)
claims = table(
    "claims",
    key(),
    to("order_id", "orders.id", index=True),
    text("kind"),  # lost, damaged, wrong_item, missing
    text("state"),
    Column("lines", Json, nullable=False),  # {line: units}
    text("evidence", nullable=True),
    text("reference", nullable=True),  # the refund or the replacement's line
    at("opened_at"),
    at("closed_at", nullable=True),
)
withdrawals = table(
    "withdrawals",
    key(),
    to("order_id", "orders.id", index=True),
    to("return_id", "returns.id", nullable=True),
    text("state"),  # acknowledged, refunded
    Column("lines", Json, nullable=False),
    at("submitted_at"),
    at("acknowledged_at"),
    at("refund_by"),  # 14 days after the notice (CRD Art. 13(1))
)
