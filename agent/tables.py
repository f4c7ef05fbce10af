"""The agent's own tables: conversations, approvals, the journal. The order core's are in tools/orders/tables.py.

Moments are ISO 8601 text in UTC, bodies are JSON text: STRICT on SQLite, the same on PostgreSQL.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, Table, Text, UniqueConstraint

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
    CheckConstraint("state IN ('waiting', 'accepted', 'rejected', 'expired')", name="state_is_known"),
    Index("ix_approvals_state", "state"),
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
