"""The schema's history leads to exactly the tables that the rooms declare."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, text

from api import migrations
from tools.orders.database import Database


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "wismo.db")
    yield database
    database.close()


def test_an_empty_database_becomes_what_the_rooms_declare(empty: Database) -> None:
    migrations.upgrade(empty)
    with empty.read() as db:
        context = MigrationContext.configure(db, opts={"target_metadata": list(migrations.METADATA)})
        assert compare_metadata(context, cast("MetaData", list(migrations.METADATA))) == []


def test_every_table_and_check_of_the_core_is_in_the_migrated_database_as_declared(
    empty: Database, tmp_path: Path
) -> None:
    """Alembic compares neither CHECKs nor STRICT: the statements themselves are compared."""
    migrations.upgrade(empty)
    declared = Database(tmp_path / "declared.db")
    with declared.write() as db:
        for metadata in migrations.METADATA:
            metadata.create_all(db)
    assert statements(empty) == statements(declared)
    declared.close()


def test_upgrading_again_changes_nothing(empty: Database) -> None:
    migrations.upgrade(empty)
    before = statements(empty)
    migrations.upgrade(empty)
    assert statements(empty) == before


def test_several_that_start_at_once_all_find_a_finished_schema(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        database = Database(tmp_path / "wismo.db")
        try:
            migrations.upgrade(database)
            assert "orders" in statements(database)
        except BaseException as failure:  # noqa: BLE001
            failures.append(failure)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def statements(database: Database) -> dict[str, list[str]]:
    """What makes each table, clause by clause: their order says nothing."""
    with database.read() as db:
        rows = db.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'alembic%'")
        ).all()
    return {name: sorted(filter(None, map(str.strip, re.split(r"[,\n]", sql)[1:]))) for name, sql in rows if sql}
