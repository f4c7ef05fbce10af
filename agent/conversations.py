"""What a conversation remembers between turns: open proposals, the open question, who has it. One row each."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from agent.case import ConversationId, Intent, OpenProposal, Question, Thread
from agent.tables import conversations


class Overtaken(RuntimeError):
    """Another turn of this conversation was kept since this one began."""


def load(db: Connection, conversation: ConversationId) -> tuple[Thread, str | None]:
    """The thread, and the language it was last held in; a new conversation has an empty one."""
    row = db.execute(select(conversations).where(conversations.c.id == conversation)).mappings().one_or_none()
    if row is None:
        return Thread(), None
    state = json.loads(row["state"])
    question = _question(state["question"]) if state["question"] else None
    proposals = tuple(map(_proposal, state["proposals"]))
    thread = Thread(
        with_person=bool(row["with_person"]),
        proposals=proposals,
        question=question,
        asked=state["asked"],
        turns=row["turns"],
        held=state["held"],
        claimed=state["claimed"],
        about=tuple(state.get("about", ())),
        told=state.get("told", {}),
        since=state.get("since", 0),
    )
    return thread, row["language"]


def unchanged(db: Connection, conversation: ConversationId, before: Thread) -> None:
    """Locks the conversation until the transaction ends. Raises `Overtaken`."""
    if db.dialect.name == "postgresql":  # a first turn has no row to lock
        db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 1))"), {"name": conversation})
    turns = db.execute(select(conversations.c.turns).where(conversations.c.id == conversation)).scalar()
    if (turns or 0) != before.turns:
        raise Overtaken(f"{turns} turns, not {before.turns}")


def resolved(thread: Thread) -> Thread:
    """After a person's resolution nothing of before stands open: no offer, no question, no count."""
    return Thread(turns=thread.turns, since=thread.turns, claimed=thread.claimed)


def to_person(db: Connection, conversation: ConversationId) -> None:
    """A person has it from now on; whoever calls holds the conversation alone."""
    db.execute(update(conversations).where(conversations.c.id == conversation).values(with_person=1))


def save(
    db: Connection, conversation: ConversationId, channel: str, language: str, thread: Thread, now: datetime
) -> None:
    values = {
        "channel": channel,
        "language": language,
        "with_person": int(thread.with_person),
        "state": json.dumps(_state(thread), ensure_ascii=False),
        "turns": thread.turns,
        "updated_at": now.isoformat(),
    }
    changed = db.execute(update(conversations).where(conversations.c.id == conversation).values(**values))
    if changed.rowcount == 0:
        db.execute(insert(conversations), {"id": conversation, **values})


def _state(thread: Thread) -> dict[str, Any]:
    proposals = [{**asdict(one), "expires_at": one.expires_at.isoformat()} for one in thread.proposals]
    return {
        "question": asdict(thread.question) if thread.question else None,
        "asked": dict(thread.asked),
        "proposals": proposals,
        "held": thread.held,
        "claimed": thread.claimed,
        "about": list(thread.about),
        "told": dict(thread.told),
        "since": thread.since,
    }


def _question(kept: dict[str, Any]) -> Question:
    orders, choices = tuple(kept["orders"]), tuple(kept.get("choices", ()))
    return Question(Intent(kept["intent"]), kept["missing"], kept["text"], orders, kept["reason"], choices)


def _proposal(kept: dict[str, Any]) -> OpenProposal:
    expires = datetime.fromisoformat(kept["expires_at"])
    return OpenProposal(
        kept["tool"],
        kept["arguments"],
        kept["digest"],
        Intent(kept["intent"]),
        expires,
        kept["turn"],
        kept["approval"],
    )
