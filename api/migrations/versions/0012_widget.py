"""The chat widget: visits, what they show, photos"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_visits")),
        sqlite_strict=True,
    )
    op.create_index("ix_visits_conversation", "visits", ["conversation"])
    op.create_index("ix_visits_customer", "visits", ["customer"])
    op.create_index("ix_visits_expires_at", "visits", ["expires_at"])
    op.create_table(
        "shown",
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("conversation", "sequence", name=op.f("pk_shown")),
        sa.UniqueConstraint("conversation", "key", name="uq_shown_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_shown_at", "shown", ["at"])
    op.create_table(
        "photos",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("jpeg", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
        sqlite_strict=True,
    )
    op.create_index("ix_photos_conversation", "photos", ["conversation"])


def downgrade() -> None:
    op.drop_table("photos")
    op.drop_table("shown")
    op.drop_table("visits")
