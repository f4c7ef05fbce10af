"""Conversations that wait for the shop's own people, and what those say and do in them at the desk.

A conversation waits when it was handed over, or when Wismo wrote a draft; a person's answer ends the waiting until the
customer writes again. How the words reach the customer is the caller's to know: `Send`.

Stale      somebody was quicker: the form that was sent shows an older conversation
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, insert, or_, select, update

from agent import conversations as threads
from agent import journal as record
from agent.case import ConversationId
from agent.journal import Entry
from agent.tables import conversations, journal, spoken
from tools.orders.database import Database

Kind = Literal["answered", "taken", "given_back"]
RECENT = timedelta(days=30)
"""What nobody touched for so long waits no more: the customer has other ways, and the list stays readable."""
DRAFT = '%"mode":"draft"%'
SHOWN = 200


class Stale(RuntimeError):
    """The conversation is not as it was shown."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """`turn` is the newest of the journal when it was done."""

    sequence: int
    turn: int
    kind: Kind
    by: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the inbox. `last` is the newest turn; `waits` is False while the customer is the one to write."""

    conversation: ConversationId
    channel: str
    with_person: bool
    last: Entry
    waits: bool
    by: str


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation whole, oldest first. `version` stands in each form; another one by then is `Stale`."""

    conversation: ConversationId
    channel: str
    with_person: bool
    turns: tuple[Entry, ...]
    spoken: tuple[Spoken, ...]

    @property
    def version(self) -> str:
        return f"{self.turns[-1].sequence}-{len(self.spoken)}"

    @property
    def last(self) -> Entry:
        return self.turns[-1]

    @property
    def by(self) -> str:
        """Who has it."""
        last = self.spoken[-1] if self.spoken else None
        return last.by if last and last.kind != "given_back" and self.with_person else ""


Send = Callable[[Connection, Talk, Spoken], None]


def waiting(db: Connection, now: datetime, without: tuple[str, ...] = ()) -> tuple[Item, ...]:
    """Those that wait for us first, the longest wait first. `without`: channels whose people work elsewhere."""
    rows = db.execute(_lines(now, without).order_by(journal.c.at).limit(SHOWN)).mappings()
    items = [_item(db, row) for row in rows]
    return tuple(sorted(items, key=lambda one: (not one.waits, one.last.at)))


def count(db: Connection, now: datetime, without: tuple[str, ...] = ()) -> int:
    """Of those that wait for us."""
    held = _lines(now, without).where(_unanswered())
    return db.execute(select(func.count()).select_from(held.subquery())).scalar_one()


def talk(db: Connection, conversation: str) -> Talk | None:
    name = ConversationId(conversation)
    turns = record.of_conversation(db, name)
    row = db.execute(select(conversations).where(conversations.c.id == name)).mappings().one_or_none()
    if not turns:
        return None
    held = row is not None and bool(row["with_person"])
    return Talk(name, turns[-1].body["channel"], held, turns, people(db, name))


def people(db: Connection, conversation: ConversationId, after: int = 0) -> tuple[Spoken, ...]:
    rows = select(spoken).where(spoken.c.conversation == conversation, spoken.c.sequence > after)
    return tuple(map(_spoken, db.execute(rows.order_by(spoken.c.sequence)).mappings()))


def answer(
    database: Database, conversation: str, version: str, by: str, text: str, now: datetime, send: Send
) -> Spoken:
    """A person's words, kept and on their way in one transaction; the conversation is theirs. Raises `Stale`."""
    return _said(database, conversation, version, Spoken(0, 0, "answered", by, text, now), send)


def take_over(database: Database, conversation: str, version: str, by: str, now: datetime) -> Spoken:
    """From now on Wismo only drafts in it. Raises `Stale`."""
    return _said(database, conversation, version, Spoken(0, 0, "taken", by, "", now))


def give_back(database: Database, conversation: str, version: str, by: str, now: datetime) -> Spoken:
    """What comes after it is Wismo's again, and nothing that stood open before does so any more. Raises `Stale`."""
    return _said(database, conversation, version, Spoken(0, 0, "given_back", by, "", now))


def _said(database: Database, conversation: str, version: str, one: Spoken, send: Send = lambda *_: None) -> Spoken:
    with database.alone(f"conversation {conversation}"), database.write() as db:
        found = talk(db, conversation)
        if found is None or found.version != version:
            raise Stale(conversation)
        thread, language = threads.load(db, found.conversation)
        threads.unchanged(db, found.conversation, thread)
        if one.kind == "given_back":
            threads.save(db, found.conversation, found.channel, language or "", threads.resolved(thread), one.at)
        else:
            db.execute(update(conversations).where(conversations.c.id == found.conversation).values(with_person=1))
        kept = Spoken(len(found.spoken) + 1, found.last.sequence, one.kind, one.by, one.text, one.at)
        db.execute(insert(spoken), _row(found.conversation, kept))
        send(db, found, kept)
    return kept


def _row(conversation: str, one: Spoken) -> Mapping[str, Any]:
    names = ("sequence", "turn", "kind", "by", "text")
    return {"conversation": conversation, "at": one.at.isoformat(), **{name: getattr(one, name) for name in names}}


def _spoken(row: RowMapping) -> Spoken:
    return Spoken(row["sequence"], row["turn"], row["kind"], row["by"], row["text"], datetime.fromisoformat(row["at"]))


def _lines(now: datetime, without: tuple[str, ...]) -> Select[Any]:
    """The conversations of people and of drafts, each with its newest turn."""
    newest = select(func.max(journal.c.sequence)).where(journal.c.conversation == conversations.c.id).scalar_subquery()
    joined = conversations.join(
        journal,
        (journal.c.conversation == conversations.c.id) & (journal.c.sequence == newest.correlate(conversations)),
    )
    draft = journal.c.body.like(DRAFT) & _unanswered()
    return (
        select(conversations.c.id, conversations.c.channel, conversations.c.with_person, journal.c.ticket, journal.c.at)
        .select_from(joined)
        .where(
            conversations.c.updated_at >= (now - RECENT).isoformat(),
            conversations.c.channel.not_in(without),
            or_(conversations.c.with_person == 1, draft),
        )
    )


def _unanswered() -> ColumnElement[bool]:
    ended = spoken.c.kind.in_(("answered", "given_back")) & (spoken.c.turn >= journal.c.sequence)
    return ~select(spoken.c.sequence).where(spoken.c.conversation == conversations.c.id, ended).exists()


def _item(db: Connection, row: RowMapping) -> Item:
    last = record.of_ticket(db, row["ticket"])
    assert last
    said = people(db, ConversationId(row["id"]))
    ended = [one for one in said if one.kind != "taken" and one.turn >= last.sequence]
    by = said[-1].by if said and said[-1].kind != "given_back" else ""
    return Item(ConversationId(row["id"]), row["channel"], bool(row["with_person"]), last, not ended, by)
