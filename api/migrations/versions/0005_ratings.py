"""How content customers were with a conversation"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ratings",
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_ratings_one_to_five")),
        sa.PrimaryKeyConstraint("conversation", "sequence", name=op.f("pk_ratings")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("ratings")
