"""What carries the core: events, the outbox, commands, counters."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Text
from sqlalchemy import text as sql

from tools.orders.columns import Json
from tools.orders.tables.base import at, count, key, table, text

LABELS = sql("type = 'shipment.label_created'")
"""Few events name a carrier's service; they are found without the others."""

events = table(  # `changes`: the rows that the event wrote; replaying them gives the current tables (I10)
    "events",
    key("aggregate"),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    text("type"),
    at("at"),
    at("recorded_at"),
    text("actor_kind"),
    text("actor_id"),
    count("reconstructed", 0),
    Column("body", Json, nullable=False),
    Column("changes", Json, nullable=False),
    Index("ix_events_recorded_at", "recorded_at"),
    Index("ix_events_labels", "aggregate", sqlite_where=LABELS, postgresql_where=LABELS),
    immutable=True,
)
outbox = table(
    "outbox",
    key("key"),
    text("kind"),
    Column("body", Json, nullable=False),
    text("state"),
    count("attempts", 0),
    at("created_at"),
    at("due_at"),
    at("sent_at", nullable=True),
    text("last_error", nullable=True),
    text("lane", nullable=True),  # messages of one lane leave one after the other: the replies of a conversation
    text("claimed_by", nullable=True),  # who delivers it at the moment
    at("claimed_until", nullable=True),
    text("trace", nullable=True),  # the trace of whoever put it (tools/orders/watch.py)
    Index("ix_outbox_state_due_at", "state", "due_at"),
    Index("ix_outbox_lane_state", "lane", "state"),
    Index("ix_outbox_claimed_by", "claimed_by"),
)
commands = table(
    "commands",
    key("key"),
    text("fingerprint"),
    text("command"),
    Column("order_id", Text, nullable=True, index=True),
    Column("result", Json, nullable=False),
    at("at"),
)
counters = table("counters", key("name"), count("value", 0))
erasing = table("erasing", key("erasure"))  # empty but inside the transaction of an erasure
