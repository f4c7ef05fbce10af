"""Alembic's own entry: one transaction on the engine that wiring built."""

from __future__ import annotations

from alembic import context

from api.migrations import METADATA

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=list(METADATA), render_as_batch=True)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        context.run_migrations()
