"""Everything that is held of a person, as one document (Art. 15 and 20 GDPR)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Table, select

from agent.identity.hashing import Keyed
from agent.tables import approvals, journal, journal_private, learned_sources, spoken
from api.privacy.subject import find
from api.tables import photos, shown
from connectors.tables import inbox
from tools.orders import tables
from tools.orders.database import Database
from tools.orders.service import Orders


def export(database: Database, orders: Orders, who: str, now: datetime, keyed: Keyed | None = None) -> dict[str, Any]:
    """Raises `UnknownSubject`. With the home's key what was learned of their tickets is found too."""
    with database.read() as db:
        subject = find(db, orders, who, keyed)

        def rows(table: Table, column: str, values: Iterable[object]) -> list[dict[str, Any]]:
            found = db.execute(select(table).where(table.c[column].in_(list(values)))).mappings()
            return [_plain(row) for row in found]

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
        letters = [_plain(row) for row in db.execute(select(tables.outbox)).mappings()]
        return {
            "exported_at": now.isoformat(),
            "customer": rows(tables.customers, "id", [subject.customer]),
            "orders": rows(tables.orders, "customer_id", [subject.customer]),
            **{
                table.name: rows(table, "order_id", subject.orders)
                for table in (tables.order_lines, tables.shipments, tables.payments, tables.refunds, tables.returns)
            },
            "claims": rows(tables.claims, "order_id", subject.orders),
            "events": rows(tables.events, "aggregate", [*subject.orders, f"@customer:{subject.customer}"]),
            "messages": [{**_plain(row), "body": json.loads(row["body"])} for row in told],
            "spoken": rows(spoken, "conversation", subject.conversations),
            "approvals": rows(approvals, "conversation", subject.conversations),
            "shown": rows(shown, "conversation", subject.conversations),
            "photos": rows(photos, "conversation", subject.conversations),
            "letters": [one for one in letters if _theirs(one, subject.words, subject.conversations)],
            "learned": rows(learned_sources, "who", subject.hashes),
            "inbox": [
                _plain(row)
                for row in db.execute(select(inbox)).mappings()
                if f"{row['source']}:{row['conversation']}" in subject.conversations
            ],
        }


def _theirs(letter: Mapping[str, Any], words: Iterable[str], conversations: Iterable[str]) -> bool:
    written = json.dumps(letter["body"], ensure_ascii=False).casefold()
    return letter["body"].get("conversation") in conversations or any(word.casefold() in written for word in words)


def _plain(row: Mapping[Any, Any] | RowMapping) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
