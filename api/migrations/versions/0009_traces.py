"""The traces that items of the inbox and the outbox belong to"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for box in ("inbox", "outbox"):
        op.add_column(box, sa.Column("trace", sa.Text(), nullable=True))


def downgrade() -> None:
    for box in ("outbox", "inbox"):
        op.drop_column(box, "trace")
