"""/v1/conversations: the turns of a conversation, those included that nobody asked for, like a decided approval's.

And how content the customer was with it.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from agent import inbox, journal, ratings
from agent.case import ConversationId
from agent.inbox import Spoken
from agent.journal import Entry
from api.edge.auth import Lead, Viewer, Visit

router = APIRouter(prefix="/v1/conversations", tags=["tickets"])


@router.get("/{conversation:path}")
def read(
    conversation: str,
    visit: Viewer,
    after: Annotated[int, Query(ge=0, description="Only turns with a larger sequence: what is new since then.")] = 0,
    after_person: Annotated[int, Query(ge=0, description="The same of `people`.")] = 0,
) -> dict[str, Any]:
    """Its turns, oldest first. A decision on an approval is a turn of kind `decision` that no message asked for.

    `answer` and `text` are null once they were erased. `people` are answers that the shop's own people wrote at the
    desk: show them to the customer as theirs.
    """
    found = _found(visit, conversation)
    with visit.house.database.read() as db:
        said = inbox.people(db, found[0].conversation, after_person)
    turns = [_turn(one) for one in found if one.sequence > after]
    return {"id": conversation, "turns": turns, "people": [_by_person(one) for one in said if one.kind == "answered"]}


class Rating(BaseModel):
    score: int = Field(ge=1, le=5, description="From 1, not at all content, to 5, very.")


@router.post("/{conversation:path}/rating", status_code=201)
def rate(conversation: str, rating: Rating, visit: Lead) -> dict[str, Any]:
    """What the customer said when you asked how content they were. Given again, the last one counts."""
    name = _found(visit, conversation)[0].conversation
    with visit.house.database.write() as db:
        ratings.add(db, name, rating.score, visit.house.now())
    return {"id": conversation, "score": rating.score}


def _found(visit: Visit, conversation: str) -> tuple[Entry, ...]:
    with visit.house.database.read() as db:
        named = (ConversationId(f"api:{conversation}"), ConversationId(conversation))
        found = next(filter(None, (journal.of_conversation(db, one) for one in named)), ())
    if not found:
        raise HTTPException(404, "no such conversation")
    return found


def _by_person(one: Spoken) -> dict[str, Any]:
    return {"sequence": one.sequence, "at": one.at.isoformat(), "by": one.by, "text": one.text}


def _turn(entry: Entry) -> dict[str, Any]:
    private = entry.private or {}
    return {
        "id": entry.ticket.removeprefix("api:"),
        "sequence": entry.sequence,
        "at": entry.at.isoformat(),
        "kind": entry.body["kind"],
        "text": private.get("text"),
        "answer": private.get("answer"),
        "erased": entry.private is None,
    }
