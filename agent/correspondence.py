"""Replies that leave as letters, where no helpdesk carries them: kept with the letter that they answer, in order."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection

from agent.answer import Answer
from agent.case import Letter, Ticket
from tools.orders import outbox

KIND = "reply.mail"


def put(db: Connection, answer: Answer, letter: Letter, now: datetime) -> None:
    body = answer.as_json() | {"letter": asdict(letter)}
    outbox.put(db, f"reply:{answer.id}", KIND, body, now, answer.conversation)


def of_decision(db: Connection, ticket: Ticket) -> Letter | None:
    """A person's decision is told where the customer was told that it waits: as an answer to their last letter."""
    return last(db, ticket.conversation) if ticket.verdict else None


def last(db: Connection, conversation: str) -> Letter | None:
    """The customer's last letter of this conversation that was answered; none where it is not held by letters."""
    newest = outbox.last_of(db, conversation, KIND)
    kept = newest.body.get("letter") if newest else None
    return Letter(**{**kept, "references": tuple(kept["references"])}) if kept else None


def put_by_person(
    db: Connection, conversation: str, key: str, by: str, text: str, letter: Letter, at: datetime
) -> None:
    """What a person wrote at the desk, in the same thread and the same order as the replies."""
    told: dict[str, object] = {
        "conversation": conversation,
        "mode": "sent",
        "reply": text,
        "by": by,
        "approvals": [],
        "handoff": None,
    }
    outbox.put(db, key, KIND, told | {"letter": asdict(letter)}, at, conversation)
