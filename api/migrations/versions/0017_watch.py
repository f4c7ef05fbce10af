"""The watch: alerts, what was looked at, lanes; messages that come before the question, and their links"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_events_recorded_at", "events", ["recorded_at"])
    labels = sa.text("type = 'shipment.label_created'")
    op.create_index("ix_events_labels", "events", ["aggregate"], sqlite_where=labels, postgresql_where=labels)
    op.create_table(
        "watched",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("promised_at", sa.Text(), nullable=True),
        sa.Column("due_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_watched")),
        sqlite_strict=True,
    )
    op.create_index("ix_watched_due_at", "watched", ["due_at"])
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("order_id", "customer_id", "kind", "event", "at", "since")
        ),
        sa.Column("promised_at", sa.Text(), nullable=True),
        sa.Column("chance", sa.Integer(), nullable=True),
        sa.Column("earliest", sa.Text(), nullable=True),
        sa.Column("latest", sa.Text(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.Text(), nullable=True),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("word_at", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_alerts_state_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("order_id", "kind", "event", name=op.f("uq_alerts_order_id_kind_event")),
        sqlite_strict=True,
    )
    op.create_index("ix_alerts_word", "alerts", ["word", "state"])
    op.create_index("ix_alerts_at", "alerts", ["at"])
    op.create_index("ix_alerts_customer_id", "alerts", ["customer_id"])
    op.create_table(
        "lanes",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("lane", "milestone", "arrived", "open")),
        sa.PrimaryKeyConstraint("lane", "milestone", name=op.f("pk_lanes")),
        sqlite_strict=True,
    )
    op.create_table(
        "watch_marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_watch_marks")),
        sqlite_strict=True,
    )
    _messages()


def _messages() -> None:
    op.create_table(
        "proactive",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "customer", "conversation", "channel", "arm")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("mode", "orders", "kinds", "at")),
        sa.Column("opened_at", sa.Text(), nullable=True),
        sa.Column("stopped_at", sa.Text(), nullable=True),
        sa.CheckConstraint("arm IN ('told', 'holdout')", name=op.f("ck_proactive_arm_is_known")),
        sa.CheckConstraint("mode IN ('sent', 'draft', 'none')", name=op.f("ck_proactive_mode_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proactive")),
        sqlite_strict=True,
    )
    op.create_index("ix_proactive_at", "proactive", ["at"])
    op.create_index("ix_proactive_customer", "proactive", ["customer", "at"])
    op.create_table(
        "reached",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("conversation", "customer", "channel", "at")),
        sa.PrimaryKeyConstraint("conversation", name=op.f("pk_reached")),
        sqlite_strict=True,
    )
    op.create_index("ix_reached_customer", "reached", ["customer", "at"])
    op.create_table(
        "links",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "conversation", "at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    for name in ("links", "reached", "proactive", "watch_marks", "lanes", "alerts", "watched"):
        op.drop_table(name)
    op.drop_index("ix_events_labels", "events")
    op.drop_index("ix_events_recorded_at", "events")
