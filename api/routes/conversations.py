"""/v1/conversations: the turns of a conversation, those included that nobody asked for, like a decided approval's."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from agent import journal
from agent.case import ConversationId
from agent.journal import Entry
from api.auth import Viewer

router = APIRouter(prefix="/v1/conversations", tags=["tickets"])


@router.get("/{conversation:path}")
def read(
    conversation: str,
    visit: Viewer,
    after: Annotated[int, Query(ge=0, description="Only turns with a larger sequence: what is new since then.")] = 0,
) -> dict[str, Any]:
    """Its turns, oldest first. A decision on an approval is a turn of kind `decision` that no message asked for.

    `answer` and `text` are null once they were erased.
    """
    with visit.house.database.read() as db:
        named = (ConversationId(f"api:{conversation}"), ConversationId(conversation))
        found = next(filter(None, (journal.of_conversation(db, one) for one in named)), ())
    if not found:
        raise HTTPException(404, "no such conversation")
    return {"id": conversation, "turns": [_turn(one) for one in found if one.sequence > after]}


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
