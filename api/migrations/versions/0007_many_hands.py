"""Several workers: leases, claims and lanes of messages, how far each helpdesk was asked; on PostgreSQL the engine"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        sqlite_strict=True,
    )
    op.create_table(
        "polls",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_polls")),
        sqlite_strict=True,
    )
    op.create_index("ix_inbox_conversation", "inbox", ["source", "conversation", "state"], unique=False)
    for name in ("lane", "claimed_by", "claimed_until"):
        op.add_column("outbox", sa.Column(name, sa.Text(), nullable=True))
    op.create_index("ix_outbox_lane_state", "outbox", ["lane", "state"], unique=False)
    op.create_index("ix_outbox_claimed_by", "outbox", ["claimed_by"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_outbox_claimed_by", "outbox")
    op.drop_index("ix_outbox_lane_state", "outbox")
    for name in ("claimed_until", "claimed_by", "lane"):
        op.drop_column("outbox", name)
    op.drop_index("ix_inbox_conversation", "inbox")
    op.drop_table("polls")
    op.drop_table("leases")
