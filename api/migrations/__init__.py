"""The schema's history (Alembic). Each room declares its own tables; here they become one database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock
from sqlalchemy import MetaData, inspect

from agent.tables import metadata as agent_tables
from connectors.tables import metadata as connector_tables
from tools.orders.database import Database
from tools.orders.tables import metadata as order_tables

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent
METADATA: tuple[MetaData, ...] = (order_tables, agent_tables, connector_tables)


def upgrade(database: Database) -> None:
    """To the newest version; quick when it is there already, and safe when several processes begin at once."""
    if _current(database) == _newest():
        return
    with FileLock(database.path.with_suffix(".migrating")):
        if _current(database) != _newest():
            _run(database)


def config(database: Database) -> Config:
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.attributes["engine"] = database.engine
    return settings


def _current(database: Database) -> str | None:
    with database.read() as db:
        if "alembic_version" not in inspect(db).get_table_names():
            return None
        return db.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _newest() -> str | None:
    """Read off the file names: loading Alembic's scripts costs more than everything else at start."""
    return max(path.stem.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def _run(database: Database) -> None:
    from alembic import command

    command.upgrade(config(database), "head")
