"""What routing knows of the shop's locations; what customers want to be told of"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notification_preferences",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("muted", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_notification_preferences_customer_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_notification_preferences")),
        sqlite_strict=True,
    )
    op.create_table(
        "location_profiles",
        sa.Column("location_id", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_location_profiles_location_id")),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_location_profiles")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("location_profiles")
    op.drop_table("notification_preferences")
