"""What people did with items of the inbox and the outbox: replayed, dropped"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATES = "state IN ('new', 'done', 'dead', 'dropped')"
BEFORE = "state IN ('new', 'done', 'dead')"


def upgrade() -> None:
    _states(STATES)
    op.create_table(
        "handled",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("box", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("box IN ('inbox', 'outbox')", name=op.f("ck_handled_box_is_known")),
        sa.CheckConstraint("what IN ('replayed', 'dropped')", name=op.f("ck_handled_what_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handled")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("handled", schema=None) as batch_op:
        batch_op.create_index("ix_handled_item", ["box", "item"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("handled", schema=None) as batch_op:
        batch_op.drop_index("ix_handled_item")

    op.drop_table("handled")
    op.execute("UPDATE inbox SET state = 'dead' WHERE state = 'dropped'")
    _states(BEFORE)


def _states(allowed: str) -> None:
    with op.batch_alter_table("inbox", schema=None, table_kwargs={"sqlite_strict": True}) as batch_op:
        batch_op.drop_constraint(op.f("ck_inbox_state_is_known"), type_="check")
        batch_op.create_check_constraint(op.f("ck_inbox_state_is_known"), allowed)
