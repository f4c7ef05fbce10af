"""What comes in, and who works on it. Moments are ISO 8601 text in UTC.

inbox     every inbound event once, as it came, until it was worked
leases    what one worker holds and no other may touch meanwhile; ends by itself when its holder dies
polls     until when each helpdesk was asked for what changed there
handled   what people did with what was given up
shards    parts of a large work, until whoever asked has their results
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, Table, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

inbox = Table(
    "inbox",
    metadata,
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Text, nullable=False),
    Column("last_error", Text),
    Column("trace", Text),  # of the request that brought it (tools/orders/watch.py)
    CheckConstraint("state IN ('new', 'done', 'dead', 'dropped')", name="state_is_known"),
    Index("ix_inbox_state", "state", "due_at"),
    Index("ix_inbox_conversation", "source", "conversation", "state"),
    sqlite_strict=True,
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Text, nullable=False),
    sqlite_strict=True,
)

polls = Table(
    "polls",
    metadata,
    Column("source", Text, primary_key=True),
    Column("until", Text, nullable=False),
    sqlite_strict=True,
)

handled = Table(  # a person's word on an item of the inbox or of the outbox: again, or away with it
    "handled",
    metadata,
    Column("id", Text, primary_key=True),
    Column("box", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Text, nullable=False),
    CheckConstraint("box IN ('inbox', 'outbox')", name="box_is_known"),
    CheckConstraint("what IN ('replayed', 'dropped')", name="what_is_known"),
    Index("ix_handled_item", "box", "item"),
    sqlite_strict=True,
)

shards = Table(
    "shards",
    metadata,
    Column("run", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("result", Text),
    Column("error", Text),
    CheckConstraint("state IN ('new', 'done', 'failed')", name="state_is_known"),
    Index("ix_shards_state", "state", "at"),
    sqlite_strict=True,
)
