"""What was learned from solved tickets, as proposals"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learned",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('examples', 'article', 'macro')", name=op.f("ck_learned_kind_is_known")),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'rejected', 'erased')", name=op.f("ck_learned_state_is_known")
        ),
        sa.CheckConstraint("state = 'proposed' OR decided_by IS NOT NULL", name=op.f("ck_learned_a_person_decided")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("learned", schema=None) as batch_op:
        batch_op.create_index("ix_learned_state", ["state"], unique=False)

    op.create_table(
        "learned_sources",
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["proposal"], ["learned.id"], name="fk_learned_sources_learned"),
        sa.PrimaryKeyConstraint("proposal", "ticket", name=op.f("pk_learned_sources")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("learned_sources", schema=None) as batch_op:
        batch_op.create_index("ix_learned_sources_who", ["who"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("learned_sources", schema=None) as batch_op:
        batch_op.drop_index("ix_learned_sources_who")

    op.drop_table("learned_sources")
    with op.batch_alter_table("learned", schema=None) as batch_op:
        batch_op.drop_index("ix_learned_state")

    op.drop_table("learned")
