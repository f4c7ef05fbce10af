"""The record of every case: append-only, one hash chain a conversation, personal data apart behind a commitment.

An entry's `body` holds ids, rules and figures; names, addresses and the words of customers lie in
`journal_private` with a salt. Erasing that row leaves the chain valid (DESIGN section 4, rule 9).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, desc, func, insert, select

from agent.case import ConversationId, TicketId
from agent.tables import journal, journal_private

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """`private` is None once it was erased."""

    conversation: ConversationId
    sequence: int
    ticket: TicketId
    at: datetime
    body: Mapping[str, Any]
    private: Mapping[str, Any] | None
    hash: str


@dataclass(frozen=True, slots=True)
class Record:
    """What is to be written: `body` for ever, `private` until it is erased."""

    ticket: TicketId
    conversation: ConversationId
    at: datetime
    body: Mapping[str, Any]
    private: Mapping[str, Any]


def append(db: Connection, record: Record) -> Entry:
    """Raises IntegrityError when this ticket was journaled before: a turn is recorded once."""
    last = db.execute(
        select(journal.c.sequence, journal.c.hash)
        .where(journal.c.conversation == record.conversation)
        .order_by(desc(journal.c.sequence))
        .limit(1)
    ).one_or_none()
    sequence, previous = (last.sequence + 1, last.hash) if last else (1, GENESIS)
    salt, private = secrets.token_hex(16), _canonical(record.private)
    row: dict[str, Any] = {
        "conversation": record.conversation,
        "sequence": sequence,
        "ticket": record.ticket,
        "at": record.at.isoformat(),
        "body": _canonical(record.body),
        "commitment": _sha(salt + private),
        "previous": previous,
    }
    row["hash"] = _link(row)
    db.execute(insert(journal), row)
    db.execute(
        insert(journal_private),
        {"conversation": record.conversation, "sequence": sequence, "salt": salt, "body": private},
    )
    return Entry(record.conversation, sequence, record.ticket, record.at, record.body, record.private, row["hash"])


def of_ticket(db: Connection, ticket: TicketId) -> Entry | None:
    row = db.execute(_entries().where(journal.c.ticket == ticket)).mappings().one_or_none()
    return _entry(row) if row else None


def of_conversation(db: Connection, conversation: ConversationId) -> tuple[Entry, ...]:
    rows = db.execute(_entries().where(journal.c.conversation == conversation).order_by(journal.c.sequence))
    return tuple(map(_entry, rows.mappings()))


def between(db: Connection, since: datetime, until: datetime) -> Iterator[Entry]:
    """Oldest first; `until` excluded."""
    rows = db.execute(
        _entries()
        .where(journal.c.at >= since.isoformat(), journal.c.at < until.isoformat())
        .order_by(journal.c.at, journal.c.conversation, journal.c.sequence)
    )
    return map(_entry, rows.mappings())


def count(db: Connection) -> int:
    return db.execute(select(func.count()).select_from(journal)).scalar_one()


def broken_links(db: Connection, conversation: ConversationId) -> tuple[int, ...]:
    """Sequences whose hash, predecessor or commitment does not hold; empty for a sound chain."""
    rows = db.execute(_entries().where(journal.c.conversation == conversation).order_by(journal.c.sequence))
    broken, previous = [], GENESIS
    for row in rows.mappings():
        erased = row["salt"] is None
        opens = erased or _sha(row["salt"] + row["private"]) == row["commitment"]
        if row["previous"] != previous or _link(dict(row)) != row["hash"] or not opens:
            broken.append(row["sequence"])
        previous = row["hash"]
    return tuple(broken)


def _entries() -> Any:
    joined = journal.outerjoin(
        journal_private,
        (journal.c.conversation == journal_private.c.conversation) & (journal.c.sequence == journal_private.c.sequence),
    )
    return select(journal, journal_private.c.salt, journal_private.c.body.label("private")).select_from(joined)


def _entry(row: RowMapping) -> Entry:
    return Entry(
        ConversationId(row["conversation"]),
        row["sequence"],
        TicketId(row["ticket"]),
        datetime.fromisoformat(row["at"]),
        json.loads(row["body"]),
        json.loads(row["private"]) if row["private"] is not None else None,
        row["hash"],
    )


def _link(row: Mapping[str, Any]) -> str:
    """The hash over everything of the entry but itself; the predecessor's hash makes it a chain."""
    kept = ("conversation", "sequence", "ticket", "at", "body", "commitment", "previous")
    return _sha(_canonical([row[name] for name in kept]))


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
