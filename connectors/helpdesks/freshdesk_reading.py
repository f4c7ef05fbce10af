"""Freshdesk's tickets and conversations as its API writes them, and in our words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from connectors.helpdesks import Author, Comment

SOLVED = frozenset({4, 5})
OUTBOUND = 10
"""A ticket that an agent began by writing to the customer."""
Id = Annotated[str, BeforeValidator(lambda value: "" if value in (None, 0, "0") else str(value))]


class Dto(BaseModel):
    model_config = ConfigDict(extra="ignore")


class RequesterDto(Dto):
    id: Id
    email: str | None = None


class TicketDto(Dto):
    id: Id
    status: int = 2
    subject: str | None = ""
    description_text: str | None = ""
    requester_id: Id = ""
    requester: RequesterDto | None = None
    responder_id: Id = ""
    source: int = 1
    tags: list[str] = []
    created_at: datetime
    updated_at: str = ""
    deleted: bool | None = None
    spam: bool | None = None


class ConversationDto(Dto):
    id: Id
    body_text: str | None = None
    body: str | None = ""
    incoming: bool | None = None
    private: bool | None = None
    user_id: Id = ""
    created_at: datetime
    auto_response: bool | None = None
    automation_id: Id = ""

    @property
    def by_machine(self) -> bool:
        return bool(self.auto_response or self.automation_id or not self.user_id)


def comments(ticket: TicketDto, said: Iterable[Mapping[str, Any]], own: str) -> tuple[Comment, ...]:
    """The ticket's description is the first; then the conversations by their time, for pages come in any order."""
    begun = Author.PERSON if ticket.source == OUTBOUND else Author.CUSTOMER
    first = Comment("description", begun, ticket.requester_id, ticket.description_text or "", True, ticket.created_at)
    later = sorted((ConversationDto.model_validate(one) for one in said), key=lambda one: (one.created_at, one.id))
    return (first, *(_comment(one, own) for one in later))


def _comment(one: ConversationDto, own: str) -> Comment:
    text = one.body_text if one.body_text is not None else (one.body or "")
    return Comment(one.id, _author(one, own), one.user_id, text, not one.private, one.created_at)


def _author(one: ConversationDto, own: str) -> Author:
    if one.user_id == own:
        return Author.WISMO
    if one.by_machine:
        return Author.MACHINE
    return Author.CUSTOMER if one.incoming else Author.PERSON


def score(found: Any) -> int | None:
    """The newest of a ticket's ratings: -103 to 103 over 100, the middle, as our 1 to 5."""
    ratings = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    marks = [(str(one.get("created_at", "")), (one.get("ratings") or {}).get("default_question")) for one in ratings]
    known = [(at, mark) for at, mark in marks if isinstance(mark, int)]
    if not known:
        return None
    mark = max(known)[1]
    levels = {103: 5, 102: 4, 101: 4, 100: 3, -101: 2, -102: 2, -103: 1}
    return levels.get(mark)
