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
    if ticket.verdict is None:
        return None
    last = outbox.last_of(db, ticket.conversation, KIND)
    kept = last.body.get("letter") if last else None
    return Letter(**{**kept, "references": tuple(kept["references"])}) if kept else None
