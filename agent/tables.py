"""The agent's own tables: conversations, identity, approvals, switches, the journal. The core's: tools/orders/tables.

Moments are ISO 8601 text in UTC, bodies are JSON text: STRICT on SQLite, the same on PostgreSQL.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("language", Text),
    Column("with_person", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("turns", Integer, nullable=False),
    Column("updated_at", Text, nullable=False),
    CheckConstraint("with_person IN (0, 1)", name="with_person_is_a_flag"),
    Index("ix_conversations_updated_at", "updated_at"),
    sqlite_strict=True,
)

spoken = Table(  # what the shop's own people did in a conversation at the desk: answered, took it over, gave it back
    "spoken",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("turn", Integer, nullable=False),  # the journal's newest when it was done
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Text, nullable=False),
    CheckConstraint("kind IN ('answered', 'taken', 'given_back')", name="kind_is_known"),
    Index("ix_spoken_at", "at"),
    sqlite_strict=True,
)

policies = Table(  # every shop.toml that was saved at the desk, whole; the newest is the file's
    "policies",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("version", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("ticket", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("intent", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("decided_at", Text),
    Column("decided_by", Text),
    Column("reason", Text),
    Column("customer", Text),
    Column("tool", Text),  # the call that made the quote: what an edit changes
    Column("arguments", Text),
    Column("signals", Text, nullable=False),  # JSON list: why the step was raised
    Column("people", Integer, nullable=False, server_default="1"),  # how many must accept
    Column("first_by", Text),  # who accepted first, where two must
    Column("first_at", Text),
    Column("replaces", Text),  # the approval that a person edited into this one
    CheckConstraint(
        "state IN ('waiting', 'accepted', 'rejected', 'expired', 'edited', 'offered', 'used')", name="state_is_known"
    ),
    CheckConstraint("people IN (1, 2)", name="one_or_two_people"),
    CheckConstraint(
        "people = 1 OR first_by IS NULL OR decided_by IS NULL OR first_by <> decided_by OR state <> 'accepted'",
        name="two_different_people",
    ),
    Index("ix_approvals_state", "state"),
    Index("ix_approvals_decided_at", "decided_at"),
    Index("ix_approvals_customer", "customer"),
    UniqueConstraint("ticket", "request", name="uq_approvals_ticket"),
    sqlite_strict=True,
)

journal = Table(
    "journal",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("ticket", Text, nullable=False, unique=True),
    Column("at", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("commitment", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("ix_journal_at", "at"),
    sqlite_strict=True,
)

journal_private = Table(
    "journal_private",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("salt", Text, nullable=False),
    Column("body", Text, nullable=False),
    sqlite_strict=True,
)

codes = Table(  # one-time codes by mail; addresses and codes only as keyed hashes
    "codes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("customer", Text),  # none: the address belongs to nobody, and no code will ever fit
    Column("digest", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("used_at", Text),
    CheckConstraint("tries >= 0", name="tries_not_negative"),
    Index("ix_codes_conversation", "conversation", "made_at"),
    sqlite_strict=True,
)

proofs = Table(  # who a conversation was proven to be with, until when
    "proofs",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("proof", Text, nullable=False),
    Column("order_id", Text),  # the one order that a matched caller may hear of
    Column("until", Text, nullable=False),
    sqlite_strict=True,
)

attempts = Table(  # what is limited: by kind and whoever it is counted for, hashed with this home's key
    "attempts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("scope", Text, nullable=False),  # session, network, customer, everyone
    Column("key", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("ix_attempts_kind", "kind", "scope", "key", "at"),
    Index("ix_attempts_at", "at"),
    sqlite_strict=True,
)

switches = Table(  # what people turn on and off while the house runs: the pause button
    "switches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
)

costs = Table(  # what the language model cost, in millionths of the shop's currency
    "costs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("month", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("micros", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Index("ix_costs_month", "month"),
    sqlite_strict=True,
)

spending = Table(  # money that left without a person's word, for the caps; written in the transaction that moves it
    "spending",
    metadata,
    Column("key", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("minor", Integer, nullable=False),
    Index("ix_spending_day", "day"),
    Index("ix_spending_customer", "customer", "day"),
    sqlite_strict=True,
)

anchors = Table(  # the heads of all chains, once a day, themselves a chain
    "anchors",
    metadata,
    Column("day", Text, primary_key=True),
    Column("conversations", Integer, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("heads", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
)

aggregates = Table(  # what remains of a day once its entries have aged out
    "aggregates",
    metadata,
    Column("day", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("frozen_at", Text, nullable=False),
    sqlite_strict=True,
)

ratings = Table(  # how content a customer was with a conversation, from 1 to 5; no words. The last one counts
    "ratings",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("score", Integer, nullable=False),
    Column("at", Text, nullable=False),
    CheckConstraint("score BETWEEN 1 AND 5", name="one_to_five"),
    sqlite_strict=True,
)

erasures = Table(  # that somebody was erased, and how much; never who
    "erasures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("counts", Text, nullable=False),
    sqlite_strict=True,
)

learned = Table(  # what solved tickets taught, as proposed to a lead; the accepted ones are also files (agent/learning)
    "learned",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("origin", Text, nullable=False),  # the ticket whose words title and body are
    Column("made_at", Text, nullable=False),
    Column("decided_at", Text),
    Column("decided_by", Text),
    CheckConstraint("kind IN ('examples', 'article', 'macro')", name="kind_is_known"),
    CheckConstraint("state IN ('proposed', 'accepted', 'rejected', 'erased')", name="state_is_known"),
    CheckConstraint("state = 'proposed' OR decided_by IS NOT NULL", name="a_person_decided"),
    Index("ix_learned_state", "state"),
    sqlite_strict=True,
)

learned_sources = Table(  # the tickets it comes from; `who` is a keyed hash of the customer's address
    "learned_sources",
    metadata,
    Column("proposal", Text, primary_key=True),
    Column("ticket", Text, primary_key=True),
    Column("who", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", Text, nullable=False),
    ForeignKeyConstraint(["proposal"], ["learned.id"], name="fk_learned_sources_learned"),
    Index("ix_learned_sources_who", "who"),
    sqlite_strict=True,
)

proactive = Table(  # messages that came before the question, and those that customers of the holdout did not get
    "proactive",
    metadata,
    Column("id", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("arm", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("orders", Text, nullable=False),  # JSON list of ids
    Column("kinds", Text, nullable=False),  # JSON list
    Column("at", Text, nullable=False),
    Column("opened_at", Text),  # a link of it opened the chat
    Column("stopped_at", Text),  # the customer wants no more of them
    CheckConstraint("arm IN ('told', 'holdout')", name="arm_is_known"),
    CheckConstraint("mode IN ('sent', 'draft', 'none')", name="mode_is_known"),
    Index("ix_proactive_at", "at"),
    Index("ix_proactive_customer", "customer", "at"),
    sqlite_strict=True,
)

reached = Table(  # where a proven customer was last talked with
    "reached",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("ix_reached_customer", "customer", "at"),
    sqlite_strict=True,
)

links = Table(  # one-click links that were opened: each opens one conversation, once
    "links",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_strict=True,
)
