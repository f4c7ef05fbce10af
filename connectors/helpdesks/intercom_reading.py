"""Intercom's conversations as its API 2.15 writes them, and in our words. Ids come as text and as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from connectors.helpdesks import Author, Comment

CUSTOMERS = frozenset({"user", "lead", "contact"})
SPOKEN = frozenset({"comment", "open", "close", "assignment", "quick_reply", "note"})
Id = Annotated[str, BeforeValidator(lambda value: "" if value in (None, 0, "0") else str(value))]
Text = Annotated[str, BeforeValidator(lambda value: value or "")]


class Dto(BaseModel):
    model_config = ConfigDict(extra="ignore")


class AuthorDto(Dto):
    type: str = ""
    id: Id = ""
    email: str | None = None
    from_ai_agent: bool | None = None
    is_ai_answer: bool | None = None


class PartDto(Dto):
    id: Id
    part_type: str = "comment"
    body: Text = ""
    created_at: int = 0
    author: AuthorDto = AuthorDto()
    app_package_code: str | None = None
    redacted: bool | None = None


class PartsDto(Dto):
    conversation_parts: list[PartDto] = []


class SourceDto(Dto):
    id: Id = ""
    type: str = ""
    subject: Text = ""
    body: Text = ""
    author: AuthorDto = AuthorDto()
    redacted: bool | None = None


class ContactRef(Dto):
    id: Id
    external_id: str | None = None


class ContactsDto(Dto):
    contacts: list[ContactRef] = []


class Named(Dto):
    id: Id
    name: str = ""


class TagsDto(Dto):
    tags: list[Named] = []


class RatingDto(Dto):
    rating: int | None = None


class ContactDto(Dto):
    id: Id
    role: str = ""
    email: str | None = None
    external_id: str | None = None


class ConversationDto(Dto):
    id: Id
    state: str = "open"
    created_at: int = 0
    updated_at: int = 0
    source: SourceDto = SourceDto()
    contacts: ContactsDto = ContactsDto()
    tags: TagsDto = TagsDto()
    conversation_parts: PartsDto = PartsDto()
    conversation_rating: RatingDto | None = None
    team_assignee_id: Id = ""
    ai_agent_participated: bool | None = None

    @property
    def requester(self) -> str:
        first = self.contacts.contacts[0].id if self.contacts.contacts else ""
        return first or (self.source.author.id if self.source.author.type in CUSTOMERS else "")

    @property
    def stamp(self) -> str:
        """The newest part, whatever its kind: any of them means that something happened."""
        return self.parts[-1].id if self.parts else f"source {self.source.id}"

    @property
    def parts(self) -> list[PartDto]:
        return sorted(self.conversation_parts.conversation_parts, key=lambda one: one.created_at)

    @property
    def rating(self) -> int | None:
        found = self.conversation_rating.rating if self.conversation_rating else None
        return found if found and 1 <= found <= 5 else None


def comments(read: ConversationDto, own: str) -> tuple[Comment, ...]:
    """The source has no time of its own: it is the conversation's."""
    first = PartDto.model_validate(
        {**read.source.model_dump(), "part_type": "comment", "created_at": read.created_at, "id": read.source.id or "0"}
    )
    return tuple(_spoken([first, *read.parts], own))


def _spoken(parts: list[PartDto], own: str) -> Iterator[Comment]:
    for one in parts:
        if one.part_type in SPOKEN and one.body.strip() and not one.redacted:
            at = datetime.fromtimestamp(one.created_at, UTC)
            public = one.part_type != "note"
            yield Comment(one.id or "source", _author(one, own), one.author.id, one.body, public, at)


def _author(one: PartDto, own: str) -> Author:
    """Fin, bots and what another program wrote in a colleague's name are machines."""
    if one.author.type in CUSTOMERS:
        return Author.CUSTOMER
    if one.author.from_ai_agent or one.author.is_ai_answer or one.author.type != "admin":
        return Author.MACHINE
    if one.author.id == own:
        return Author.WISMO
    return Author.MACHINE if one.app_package_code else Author.PERSON


def code_of(body: Any) -> str:
    """The codes and the request's id of a refusal: they name no customer."""
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    codes = (
        [str(one.get("code", ""))[:60] for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    )
    return f" ({', '.join(codes)}; request {str(body.get('request_id', ''))[:60]})"
