"""/v1/tickets: a message in, the answer in the response; later the answer again, with its journal."""

from __future__ import annotations

from typing import Any, Literal
from uuid import uuid4

import structlog
from fastapi import APIRouter, HTTPException
from pydantic import Field

from agent import journal
from agent.case import TicketId
from agent.desk import OtherText
from agent.identity.tokens import BadToken
from api.edge.auth import Lead, Viewer
from api.shapes import Message

log = structlog.get_logger()
router = APIRouter(prefix="/v1/tickets", tags=["tickets"])


class NewTicket(Message):
    """Set `from.verified` only for customers whose address you have proven.

    With an `id` of your own, asking again gives the same answer and does nothing twice.
    """

    id: str | None = Field(None, min_length=1, max_length=100, pattern=r"^[\w.:-]+$")
    channel: Literal["chat", "email", "api"] = "chat"
    send: bool = Field(
        False, description="Of the channel email: the reply also leaves as a letter, by our mail server."
    )


@router.post("")
def create(ticket: NewTicket, visit: Lead) -> dict[str, Any]:
    """Answer a message. 409 when the id was used before with another text; 422 for `send` without a mail server."""
    given = f"api:{ticket.id or uuid4().hex}"
    if ticket.send and visit.house.mail is None:
        raise HTTPException(422, "no mail server is connected: set WISMO_SMTP_HOST and WISMO_SMTP_SENDER")
    try:
        answer = visit.house.desk.answer(ticket.incoming(given, "api", ticket.channel, by_letter=ticket.send))
    except BadToken as error:
        log.info("identity.token_refused", code=error.code)
        raise HTTPException(401, f"the customer's token does not hold: {error.code}") from None
    except OtherText:
        raise HTTPException(409, "this id was used before with another text") from None
    visit.house.deliver()
    return answer.as_json() | {"id": given.removeprefix("api:")}


@router.get("/{ticket_id}")
def read(ticket_id: str, visit: Viewer) -> dict[str, Any]:
    """The answer, and the journal entry that explains it."""
    with visit.house.database.read() as db:
        entry = journal.of_ticket(db, TicketId(f"api:{ticket_id}")) or journal.of_ticket(db, TicketId(ticket_id))
    if entry is None:
        raise HTTPException(404, "no such ticket")
    answer = entry.private["answer"] | {"id": ticket_id} if entry.private else None
    kept = {"sequence": entry.sequence, "at": entry.at.isoformat(), "hash": entry.hash, **entry.body}
    return {"id": ticket_id, "answer": answer, "journal": kept}
