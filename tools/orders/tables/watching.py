"""What is watched of orders, and what was found: alerts, once an event. Figures of lanes are counts, nobody's data."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, UniqueConstraint

from tools.orders.columns import Json
from tools.orders.tables.base import at, count, key, table, text

watched = table(  # how an order stood when it was last looked at, and when time alone may change what is true of it
    "watched",
    key("order_id"),
    count("version"),
    at("promised_at", nullable=True),
    at("due_at", nullable=True),
    Index("ix_watched_due_at", "due_at"),
)
alerts = table(  # `event` names the occurrence: the same order, kind and event is one alert for ever
    "alerts",
    Column("id", Integer, primary_key=True),
    text("order_id"),
    text("customer_id"),
    text("kind"),
    text("event"),
    at("at"),  # when it was seen
    at("since"),  # from when on it held
    at("promised_at", nullable=True),
    Column("chance", Integer, nullable=True),  # of being late, in thousandths
    at("earliest", nullable=True),  # the arrival that the lane's history gives, from ...
    at("latest", nullable=True),  # ... to
    Column("facts", Json, nullable=False),
    text("state"),  # open, closed: whether it still holds
    at("closed_at", nullable=True),
    text("word"),  # waiting, told, draft, holdout, muted, unreachable, covered, stale: what became of it
    at("word_at", nullable=True),
    text("message", nullable=True),  # the message that told it
    UniqueConstraint("order_id", "kind", "event"),
    CheckConstraint("state IN ('open', 'closed')", name="state_is_known"),
    Index("ix_alerts_word", "word", "state"),
    Index("ix_alerts_at", "at"),
    Index("ix_alerts_customer_id", "customer_id"),
)
lanes = table(  # deliveries of a lane by quarter days after a milestone: arrived, and those that had not yet
    "lanes",
    key("lane"),
    key("milestone"),
    Column("arrived", Json, nullable=False),
    Column("open", Json, nullable=False),
)
watch_marks = table("watch_marks", key("name"), Column("value", Json, nullable=False))
