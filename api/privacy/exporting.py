"""Everything that is held of a person, as one document (Art. 15 and 20 GDPR)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, select

from agent.identity.hashing import Keyed
from agent.tables import approvals, journal, journal_private, learned_sources, spoken
from api.privacy.subject import Subject, find
from api.tables import photos, shown
from connectors.tables import inbox
from tools.orders import tables
from tools.orders.database import Database
from tools.orders.service import Orders


def export(database: Database, orders: Orders, who: str, now: datetime, keyed: Keyed | None = None) -> dict[str, Any]:
    """Raises `UnknownSubject`. With the home's key what was learned of their tickets is found too."""
    with database.read() as db:
        subject = find(db, orders, who, keyed)
        return {
            "exported_at": now.isoformat(),
            **_shop(db, subject),
            **_conversations(db, subject),
            "letters": _letters(db, subject),
            "learned": _rows(db, learned_sources, "who", subject.hashes),
            "inbox": _inbox(db, subject),
        }


def _shop(db: Connection, subject: Subject) -> dict[str, Any]:
    """What the order core holds."""
    of_orders = (tables.order_lines, tables.shipments, tables.payments, tables.refunds, tables.returns, tables.claims)
    aggregates = [*subject.orders, f"@customer:{subject.customer}"]
    return {
        "customer": _rows(db, tables.customers, "id", [subject.customer]),
        "orders": _rows(db, tables.orders, "customer_id", [subject.customer]),
        **{table.name: _rows(db, table, "order_id", subject.orders) for table in of_orders},
        "events": _rows(db, tables.events, "aggregate", aggregates),
    }


def _conversations(db: Connection, subject: Subject) -> dict[str, Any]:
    kept = {"spoken": spoken, "approvals": approvals, "shown": shown, "photos": photos}
    by_name = {name: _rows(db, table, "conversation", subject.conversations) for name, table in kept.items()}
    return {"messages": _messages(db, subject), **by_name}


def _messages(db: Connection, subject: Subject) -> list[dict[str, Any]]:
    told = db.execute(
        select(journal.c.ticket, journal.c.at, journal.c.conversation, journal_private.c.body)
        .join_from(
            journal,
            journal_private,
            (journal.c.conversation == journal_private.c.conversation)
            & (journal.c.sequence == journal_private.c.sequence),
        )
        .where(journal.c.conversation.in_(subject.conversations))
        .order_by(journal.c.at)
    ).mappings()
    return [{**_plain(row), "body": json.loads(row["body"])} for row in told]


def _letters(db: Connection, subject: Subject) -> list[dict[str, Any]]:
    letters = map(_plain, db.execute(select(tables.outbox)).mappings())
    return [one for one in letters if _theirs(one, subject.words, subject.conversations)]


def _inbox(db: Connection, subject: Subject) -> list[dict[str, Any]]:
    every = db.execute(select(inbox)).mappings()
    return [_plain(row) for row in every if f"{row['source']}:{row['conversation']}" in subject.conversations]


def _rows(db: Connection, table: Table, column: str, values: Iterable[object]) -> list[dict[str, Any]]:
    found = db.execute(select(table).where(table.c[column].in_(list(values)))).mappings()
    return [_plain(row) for row in found]


def _theirs(letter: Mapping[str, Any], words: Iterable[str], conversations: Iterable[str]) -> bool:
    written = json.dumps(letter["body"], ensure_ascii=False).casefold()
    return letter["body"].get("conversation") in conversations or any(word.casefold() in written for word in words)


def _plain(row: Mapping[Any, Any] | RowMapping) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
