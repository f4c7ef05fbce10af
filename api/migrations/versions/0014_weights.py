"""What a unit of a variant weighs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("variants", sa.Column("grams", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("variants", "grams")
