"""Several workers: leases, claims and lanes of messages, how far each helpdesk was asked; on PostgreSQL the engine"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


LOOK = """
CREATE FUNCTION wismo_look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM procrastinate_defer_jobs_v1(array_agg(
        ROW('turns', 'wismo.look', 0, 'inbox:' || source || ':' || conversation, NULL,
            jsonb_build_object('source', source, 'conversation', conversation),
            CASE WHEN due_at > now() THEN due_at END)::procrastinate_job_to_defer_v1))
    FROM (SELECT source, conversation, max(due_at::timestamptz) AS due_at FROM fresh WHERE state = 'new'
          GROUP BY source, conversation) waiting;
    RETURN NULL;
END $$;
CREATE TRIGGER inbox_look_stored AFTER INSERT ON inbox REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION wismo_look();
CREATE TRIGGER inbox_look_put_off AFTER UPDATE ON inbox REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION wismo_look();
"""
"""Whoever stores an event, puts it off or replays it: its job is deferred in the same transaction."""
ENGINE_GONE = """
DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers CASCADE;
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate%'
    LOOP EXECUTE 'DROP FUNCTION ' || one.name || ' CASCADE'; END LOOP;
END $$;
DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type CASCADE;
"""
UNLOOK = "DROP TRIGGER inbox_look_stored ON inbox; DROP TRIGGER inbox_look_put_off ON inbox; DROP FUNCTION wismo_look;"


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
    if op.get_bind().dialect.name == "postgresql":
        _straight(SchemaManager.get_schema())
        _straight(LOOK)


def _straight(statements: str) -> None:
    """Several statements, with marks that are none of SQLAlchemy's."""
    driver = op.get_bind().connection.driver_connection
    assert driver
    driver.execute(statements)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _straight(UNLOOK)
        _straight(ENGINE_GONE)
    op.drop_index("ix_outbox_claimed_by", "outbox")
    op.drop_index("ix_outbox_lane_state", "outbox")
    for name in ("claimed_until", "claimed_by", "lane"):
        op.drop_column("outbox", name)
    op.drop_index("ix_inbox_conversation", "inbox")
    op.drop_table("polls")
    op.drop_table("leases")
