"""What every table is made of: names of constraints, columns that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from tools.orders.columns import Minor, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
IMMUTABLE: list[str] = []
"""Tables whose rows are written once: the database itself refuses to change or remove them (I6, I10)."""

Part = Column[object] | CheckConstraint | UniqueConstraint | Index


def table(name: str, *parts: Part, immutable: bool = False) -> Table:
    made = Table(name, metadata, *parts, sqlite_strict=True)
    if immutable:
        IMMUTABLE.append(name)
        for dialect, statement in immutability(name):
            when_made = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
            event.listen(made, "after_create", when_made)
    return made


def immutability(name: str) -> Iterable[tuple[str, str]]:
    """(dialect, statement) pairs; migrations run the same ones.

    One exception: while a row stands in `erasing`, personal data may be taken out of the events (never a row). Only an
    erasure puts it there, and takes it away in the same transaction.
    """
    redactable = name == "events"
    for verb in ("UPDATE", "DELETE"):
        unless = "WHEN NOT EXISTS (SELECT 1 FROM erasing) " if redactable and verb == "UPDATE" else ""
        yield (
            "sqlite",
            f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} {unless}"
            f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END",
        )
    passes = "IF TG_OP = 'UPDATE' AND EXISTS (SELECT 1 FROM erasing) THEN RETURN NEW; END IF; " if redactable else ""
    yield (
        "postgresql",
        f"CREATE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {passes}RAISE EXCEPTION '{name} is append-only'; END $$",
    )
    yield (
        "postgresql",
        f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {name} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}_append_only()",
    )


def key(name: str = "id") -> Column[object]:
    return Column(name, Text, primary_key=True)


def to(name: str, target: str, *, nullable: bool = False, index: bool = False, primary: bool = False) -> Column[object]:
    if primary:
        return Column(name, Text, ForeignKey(target), primary_key=True)
    return Column(name, Text, ForeignKey(target), nullable=nullable, index=index)


def text(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, Text, nullable=nullable)


def count(name: str, default: int | None = None) -> Column[object]:
    return Column(name, Integer, nullable=False, server_default=None if default is None else str(default))


def counts(names: Sequence[str]) -> Iterable[Column[object]]:
    return (count(name, 0) for name in names)


def money(name: str, default: int | None = None) -> Column[object]:
    return Column(name, Minor, nullable=False, server_default=None if default is None else str(default))


def at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, Moment, nullable=nullable)
