"""/v1/conversations/…: a person of the shop in a conversation of the widget, through the desk or a helpdesk."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, HTTPException, Response
from pydantic import BaseModel, Field

from agent.case import ConversationId
from api.edge.auth import Lead
from api.widget import events, people, photos
from api.wiring import House

router = APIRouter(prefix="/v1/conversations", tags=["tickets"])


class Said(BaseModel):
    """With an `id` of your own, the same again is said once. `name` is how the customer sees the person."""

    text: str = Field(min_length=1, max_length=20_000)
    id: Annotated[str, Field(pattern=r"^[\w.:-]{1,100}$")] | None = None
    name: str = Field("", max_length=100)


@router.post("/{conversation}/replies", status_code=201)
def reply(conversation: str, said: Said, visit: Lead) -> dict[str, Any]:
    """A person's words, shown in the customer's chat. From then on Wismo is silent there, until it is closed."""
    name = _open(visit.house, conversation)
    who, key = said.name or visit.person.name, said.id or uuid4().hex
    fresh = people.says(visit.house.database, name, who, said.text, key, visit.house.now())
    visit.house.hub.woken(name)
    return {"id": key, "fresh": fresh}


@router.post("/{conversation}/typing", status_code=204)
def typing(conversation: str, visit: Lead) -> None:
    """Shown for some seconds."""
    name = _open(visit.house, conversation)
    with visit.house.database.write() as db:
        people.types(db, name, visit.person.name, visit.house.now())
    visit.house.hub.woken(name)


@router.post("/{conversation}/close", status_code=204)
def close(conversation: str, visit: Lead) -> None:
    """The person is done: the customer is asked how it was, and what they write next is Wismo's again."""
    name = _open(visit.house, conversation)
    people.ends(visit.house.database, name, "person", visit.house.now())
    visit.house.hub.woken(name)


@router.get("/{conversation}/shown")
def shown(conversation: str, visit: Lead, after: int = 0) -> list[dict[str, Any]]:
    """All that the customer sees there, oldest first."""
    name = _open(visit.house, conversation)
    with visit.house.database.read() as db:
        return [one.as_json() for one in events.after(db, name, after)]


@router.get("/{conversation}/photos/{photo}", response_class=Response)
def photo(conversation: str, photo: str, visit: Lead) -> Response:
    with visit.house.database.read() as db:
        jpeg = photos.one(db, conversation, photo)
    if jpeg is None:
        raise HTTPException(404, "no such photo")
    return Response(jpeg, media_type="image/jpeg")


def _open(house: House, conversation: str) -> ConversationId:
    with house.database.read() as db:
        if not events.last(db, conversation):
            raise HTTPException(404, "no such conversation of the widget")
    return ConversationId(conversation)
