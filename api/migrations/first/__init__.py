"""Homes of the first preview (schema 0001) brought to schema 0003, where the history that Alembic knows begins.

The order core was rebuilt between the two: every event keeps the rows that it wrote, payments are asked for, what is
owed stands in the ledger. So each order gets one event more, `order.brought_over`, which keeps its rows as they were
found; before it the order's past is told by its events, but not as it looked. The journal is taken over to the byte:
its chains hold.

core.py    rows of the order core
money.py   payments, refunds, the ledger, what providers were asked for
talk.py    conversations and approvals
told.py    the events that keep what was found
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Table

from api.migrations.first import core, money, talk, told
from tools.orders.columns import Json
from tools.orders.database import Database
from tools.orders.work import Direct

FROM, TO = "0001", "0003"
Row = dict[str, Any]
Rows = dict[str, list[Row]]
KEPT = ("alembic_version",)


def bring_over(database: Database, first_schema: ModuleType, tables: Mapping[str, Table]) -> None:
    """In one transaction. `first_schema` is revision 0003; `tables` are all of Wismo's, who is pointed to first.

    All rows are in memory meanwhile: a preview's shop is small. Raises what the database says; nothing changed then.
    """
    with database.write() as db:
        db.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        found = _read(db, tables)
        _drop(db, tables, found)
        _create(db, first_schema)
        _write(db, tables, translated(found))
        db.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (TO,))


def translated(found: Rows) -> Rows:
    """The rows of schema 0003 that say what these of schema 0001 say."""
    steps: tuple[Callable[[Rows], Rows], ...] = (core.catalogue, core.sale, core.stock, core.after_sale, money.tenders)
    rows = dict(found)
    for step in (*steps, money.refunds, money.ledger, money.asked, talk.conversations, talk.approvals, told.events):
        rows |= step(rows)
    return rows


def _read(db: Connection, tables: Mapping[str, Table]) -> Rows:
    names = db.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    return {name: list(_rows(db, name, tables[name])) for name in names if name not in KEPT and name in tables}


def _rows(db: Connection, name: str, table: Table) -> list[Row]:
    packed = [column.name for column in table.columns if isinstance(column.type, Json)]
    found = [dict(row) for row in db.exec_driver_sql(f"SELECT * FROM {name} ORDER BY rowid").mappings()]  # noqa: S608
    for row in found:
        row.update({one: json.loads(row[one]) for one in packed if row.get(one) is not None})
    return found


def _drop(db: Connection, tables: Mapping[str, Table], found: Rows) -> None:
    """Whoever points to another goes first; events pointed to their order then."""
    pointed_to = [name for name in tables if name in found and name != "events"]
    for name in ("events", *reversed(pointed_to)):
        db.exec_driver_sql(f"DROP TABLE {name}")


def _create(db: Connection, first_schema: ModuleType) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with Operations.context(MigrationContext.configure(connection=db)):
        first_schema.upgrade()


def _write(db: Connection, tables: Mapping[str, Table], rows: Rows) -> None:
    writer = Direct(db)
    for name in tables:
        if rows.get(name):
            columns = tuple(rows[name][0])
            writer.insert(tables[name], [{column: row[column] for column in columns} for row in rows[name]])
