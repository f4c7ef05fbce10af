"""The desk's open pages follow what happens: the newest moments are found at the ends of indexes"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_conversations_updated_at", "conversations", ["updated_at"])
    op.create_index("ix_spoken_at", "spoken", ["at"])
    op.create_index("ix_approvals_decided_at", "approvals", ["decided_at"])


def downgrade() -> None:
    op.drop_index("ix_approvals_decided_at", "approvals")
    op.drop_index("ix_spoken_at", "spoken")
    op.drop_index("ix_conversations_updated_at", "conversations")
