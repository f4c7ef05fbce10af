"""Who may come in: tokens of people and programs, sessions of browsers, visits of the widget; and what a visit shows;
the last forecasts.

Only digests of secrets are kept.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("made_at", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("expires_at", Text),
    Column("revoked_at", Text),
    Column("used_at", Text),
    CheckConstraint("role IN ('viewer', 'lead', 'approver', 'admin')", name="role_is_known"),
    sqlite_strict=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("token", Text, ForeignKey("tokens.id"), nullable=False),
    Column("csrf", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Index("ix_sessions_expires_at", "expires_at"),
    sqlite_strict=True,
)

visits = Table(  # a visitor of the widget: the digest of their secret, and the one conversation that it opens
    "visits",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("customer", Text),  # a keyed hash of whom the shop's token named
    Column("made_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Index("ix_visits_conversation", "conversation"),
    Index("ix_visits_customer", "customer"),
    Index("ix_visits_expires_at", "expires_at"),
    sqlite_strict=True,
)

shown = Table(  # what a visitor sees of a conversation, in order: messages, steps, replies, a person's words
    "shown",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Text, nullable=False),
    UniqueConstraint("conversation", "key", name="uq_shown_key"),
    Index("ix_shown_at", "at"),
    sqlite_strict=True,
)

photos = Table(  # pictures of a claim, made anew without what the camera wrote into them; base64
    "photos",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("jpeg", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("ix_photos_conversation", "conversation"),
    sqlite_strict=True,
)

forecasts = Table(  # the last forecast of each kind: demand with stock, tickets; figures only
    "forecasts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("made_at", Text, nullable=False),
    Column("body", Text, nullable=False),
    sqlite_strict=True,
)
