"""Money: tenders, what was asked of providers, the ledger, refunds and their documents."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Text, UniqueConstraint

from tools.orders.tables.base import at, count, key, money, table, text, to

payments = table(
    "payments",
    key(),
    to("order_id", "orders.id", index=True),
    count("position"),
    text("kind"),
    text("method_id", nullable=True),
    text("psp"),
    text("state"),
    money("amount", 0),  # what this tender is to pay
    text("replaces", nullable=True),  # the tender that is given back once this one holds
    text("mode"),  # captured, sale, authorize; asked of the provider once the order is confirmed
    text("currency"),
)
payment_transactions = table(  # one thing asked of a provider; the id is its idempotency key there
    "payment_transactions",
    key(),
    to("payment_id", "payments.id", index=True),
    text("kind"),  # authorize, capture, void, refund, chargeback
    money("amount"),
    text("state"),  # submitting, pending, unknown, succeeded, failed
    text("psp"),
    text("psp_ref", nullable=True),
    to("allocation_id", "refund_allocations.id", nullable=True, index=True),
    at("at"),
    at("settled_at", nullable=True),
    text("code", nullable=True),  # why it failed, in the provider's word
    UniqueConstraint("psp", "psp_ref", "kind"),
    CheckConstraint("amount >= 0", name="amount_not_negative"),
)
ledger_transactions = table(
    "ledger_transactions",
    key(),
    to("order_id", "orders.id", nullable=True, index=True),
    text("kind"),
    at("at"),
    immutable=True,
)
ledger_entries = table(
    "ledger_entries",
    to("transaction_id", "ledger_transactions.id", primary=True),
    key("account"),
    money("amount"),
    text("currency"),
    CheckConstraint("amount <> 0", name="amount_not_zero"),
    Index("ix_ledger_entries_account", "account"),
    immutable=True,
)
refunds = table(
    "refunds",
    key(),
    to("order_id", "orders.id", index=True),
    to("return_id", "returns.id", nullable=True),
    text("state"),
    text("reason"),
    money("amount"),
    money("shipping", 0),
    money("fee", 0),
    money("goodwill", 0),
    text("currency"),
    text("quote_digest"),
    at("requested_at"),
    at("settled_at", nullable=True),
    CheckConstraint("amount > 0", name="amount_positive"),
)
refund_lines = table(
    "refund_lines",
    to("refund_id", "refunds.id", primary=True),
    to("line_id", "order_lines.id", primary=True),
    count("quantity"),
    money("net"),
    money("tax", 0),
)
refund_allocations = table(  # `destination` where the money goes elsewhere than to the tender that it came from
    "refund_allocations",
    key(),
    to("refund_id", "refunds.id", index=True),
    to("payment_id", "payments.id", index=True),
    money("amount"),
    text("state"),
    text("destination", nullable=True),
    count("attempts", 1),
    CheckConstraint("amount > 0", name="amount_positive"),
)
credit_notes = table(
    "credit_notes",
    key(),
    Column("number", Text, nullable=False, unique=True),
    to("order_id", "orders.id", index=True),
    Column("refund_id", Text, nullable=False, unique=True),
    money("net"),
    money("tax"),
    text("currency"),
    at("issued_at"),
)
