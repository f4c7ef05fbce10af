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
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, desc, func, insert, select

from agent import preview
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


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as its chain sees it. `broken`: its predecessor, the entry itself or its private words do not hold."""

    conversation: ConversationId
    sequence: int
    hash: str
    erased: bool
    at: str
    broken: Literal["", "previous", "entry", "words"] = ""


def append(db: Connection, record: Record) -> Entry:
    """Raises IntegrityError when this ticket was journaled before: a turn is recorded once."""
    last = db.execute(
        select(journal.c.sequence, journal.c.hash)
        .where(journal.c.conversation == record.conversation)
        .order_by(desc(journal.c.sequence))
        .limit(1)
    ).one_or_none()
    sequence, previous = (last.sequence + 1, last.hash) if last else (1, GENESIS)
    salt, private = secrets.token_hex(16), canonical(record.private)
    row: dict[str, Any] = {
        "conversation": record.conversation,
        "sequence": sequence,
        "ticket": record.ticket,
        "at": record.at.isoformat(),
        "body": canonical(record.body),
        "commitment": commitment(salt, private),
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


def newest(db: Connection, limit: int) -> tuple[Entry, ...]:
    """Of all conversations, the last first."""
    rows = db.execute(_entries().order_by(desc(journal.c.at), desc(journal.c.sequence), journal.c.ticket).limit(limit))
    return tuple(map(_entry, rows.mappings()))


def between(db: Connection, since: datetime, until: datetime) -> Iterator[Entry]:
    """Oldest first; `until` excluded."""
    rows = db.execute(
        _entries()
        .where(journal.c.at >= since.isoformat(), journal.c.at < until.isoformat())
        .order_by(journal.c.at, journal.c.conversation, journal.c.sequence)
    )
    return map(_entry, rows.mappings())


def raw(db: Connection, since: str, until: str) -> Iterator[dict[str, Any]]:
    """Rows as they were hashed, with `salt` and `private` (None once erased), chain by chain; `until` excluded."""
    rows = db.execute(
        _entries()
        .where(journal.c.at >= since, journal.c.at < until)
        .order_by(journal.c.conversation, journal.c.sequence)
        .execution_options(yield_per=1_000)
    )
    return map(dict, rows.mappings())


def count(db: Connection) -> int:
    return db.execute(select(func.count()).select_from(journal)).scalar_one()


def broken_links(db: Connection, conversation: ConversationId) -> tuple[int, ...]:
    """Sequences whose hash, predecessor or commitment does not hold; empty for a sound chain."""
    return tuple(link.sequence for link in links(db, conversation) if link.broken)


def links(db: Connection, conversation: ConversationId | None = None) -> Iterator[Link]:
    """Every entry of one conversation, or of all, one chain after the other, with what does not hold about it."""
    wanted = _entries().order_by(journal.c.conversation, journal.c.sequence)
    if conversation is not None:
        wanted = wanted.where(journal.c.conversation == conversation)
    last: Link | None = None
    for row in db.execute(wanted.execution_options(yield_per=1_000)).mappings():
        before = last.hash if last and last.conversation == row["conversation"] else GENESIS
        name = ConversationId(row["conversation"])
        last = Link(name, row["sequence"], row["hash"], row["salt"] is None, row["at"], _broken(row, before))
        yield last


def _broken(row: RowMapping, before: str) -> Literal["", "previous", "entry", "words"]:
    if row["previous"] != before:
        return "previous"
    if _link(dict(row)) != row["hash"]:
        return "entry"
    opens = row["salt"] is None or commitment(row["salt"], row["private"]) == row["commitment"]
    return "" if opens else "words"


def commitment(salt: str, private: str) -> str:
    return sha256(salt + private)


def _entries() -> Any:
    joined = journal.outerjoin(
        journal_private,
        (journal.c.conversation == journal_private.c.conversation) & (journal.c.sequence == journal_private.c.sequence),
    )
    return select(journal, journal_private.c.salt, journal_private.c.body.label("private")).select_from(joined)


def _entry(row: RowMapping) -> Entry:
    body = preview.body_of(json.loads(row["body"]))
    private = preview.private_of(json.loads(row["private"]), body) if row["private"] is not None else None
    return Entry(
        ConversationId(row["conversation"]),
        row["sequence"],
        TicketId(row["ticket"]),
        datetime.fromisoformat(row["at"]),
        body,
        private,
        row["hash"],
    )


def _link(row: Mapping[str, Any]) -> str:
    """The hash over everything of the entry but itself; the predecessor's hash makes it a chain."""
    kept = ("conversation", "sequence", "ticket", "at", "body", "commitment", "previous")
    return sha256(canonical([row[name] for name in kept]))


def canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
