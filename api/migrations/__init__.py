"""The schema's history (Alembic). Each room declares its own tables; here they become one database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock
from sqlalchemy import MetaData, inspect, text
from sqlalchemy.exc import OperationalError

from agent.tables import metadata as agent_tables
from api.tables import metadata as api_tables
from connectors.tables import metadata as connector_tables
from tools.orders.database import Database
from tools.orders.tables import metadata as order_tables

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent
METADATA: tuple[MetaData, ...] = (order_tables, agent_tables, connector_tables, api_tables)
BUSY, TRIES, PAUSE = "55P03", 12, 5.0
"""PostgreSQL's word for a lock that was not had in time; how often a migration asks again, and seconds between."""
BY_BYTES = ("C", "POSIX", "C.UTF-8", "C.utf8")
"""Collations under which text sorts as SQLite and Python sort it: moments are text and are compared."""
OTHERWISE = text(
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() "
    "AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C' AND table_name = ANY(:ours)"
)


PREVIEW = "0001"
"""The schema of the first preview, from before the history that Alembic knows (first/ brings it over)."""


class UnknownSchema(RuntimeError):
    """The database was made by another Wismo: a newer one, or one between the first preview and the first release."""


def upgrade(database: Database) -> None:
    """To the newest version; quick when it is there already, and safe when several processes begin at once.

    Raises `UnknownSchema` with the remedy.
    """
    if current(database) == newest():
        return
    with _alone(database):
        found = current(database)
        if found is not None and found not in known():
            raise UnknownSchema(
                f"this database has schema {found}, which this Wismo does not know; "
                "install the Wismo that made it, or move it away and import the shop again"
            )
        if found != newest():
            _run(database)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """One process at a time: by a file beside SQLite's, by an advisory lock of PostgreSQL."""
    if database.path:
        with FileLock(database.path.with_suffix(".migrating")):
            yield
        return
    with database.engine.connect() as db:
        db.exec_driver_sql("SELECT pg_advisory_lock(hashtext('wismo migrations'))")
        try:
            yield
        finally:
            db.exec_driver_sql("SELECT pg_advisory_unlock(hashtext('wismo migrations'))")


def config(database: Database) -> Config:
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.attributes["engine"] = database.engine
    return settings


def current(database: Database) -> str | None:
    with database.read() as db:
        if "alembic_version" not in inspect(db).get_table_names():
            return None
        return db.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def newest() -> str | None:
    """Read off the file names: loading Alembic's scripts costs more than everything else at start."""
    return max(known(), default=None)


def known() -> set[str]:
    """Every schema that this Wismo can bring to its own."""
    return {PREVIEW} | {path.stem.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py")}


def _run(database: Database) -> None:
    """A busy table is waited for in short turns, so that its users never queue behind a migration for long."""
    for attempt in range(1, TRIES + 1):
        try:
            _to_head(database)
            return
        except OperationalError as error:
            if attempt == TRIES or getattr(error.orig, "sqlstate", None) != BUSY:
                raise
            time.sleep(PAUSE)


def _to_head(database: Database) -> None:
    from alembic import command

    if current(database) == PREVIEW:
        _bring_over(database)
    command.upgrade(config(database), "head")
    if database.path is None:
        _sort_by_bytes(database)


def _bring_over(database: Database) -> None:
    from alembic.script import ScriptDirectory

    from api.migrations import first

    begins = ScriptDirectory.from_config(config(database)).get_revision(first.TO)
    tables = {table.name: table for metadata in METADATA for table in metadata.sorted_tables}
    first.bring_over(database, begins.module, tables)


def _sort_by_bytes(database: Database) -> None:
    """Where the database sorts as a language does, our columns do not."""
    ours = [name for metadata in METADATA for name in metadata.tables]
    with database.write() as db:
        kept = "SELECT datcollate FROM pg_database WHERE datname = current_database()"
        if db.exec_driver_sql(kept).scalar() in BY_BYTES:
            return
        for table, column in db.execute(OTHERWISE, {"ours": ours}).all():
            db.exec_driver_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE text COLLATE "C"')
