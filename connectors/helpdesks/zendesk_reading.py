"""Zendesk's tickets, comments and users as its API writes them, and in our words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from connectors.helpdesks import Author, Comment

MACHINES = {"api", "web_service", "rule"}
DOUBTS = {"suspicious_sender", "suspended", "spam"}
CHATS = {"chat", "native_messaging"}
MARKS = {"good": 5, "bad": 1}
"""Zendesk's two marks as the ends of our five."""
Id = Annotated[str, BeforeValidator(lambda value: "" if value in (None, 0, "0") else str(value))]


class Dto(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Source(Dto):
    rel: str | None = None


class Via(Dto):
    channel: Id = ""
    source: Source | None = None


class RatingDto(Dto):
    score: str | None = ""


class TicketDto(Dto):
    id: Id
    status: str = "open"
    subject: str | None = ""
    requester_id: Id = ""
    tags: list[str] = []
    updated_at: str = ""
    satisfaction_rating: RatingDto | None = None
    via: Via = Via()

    @property
    def rating(self) -> int | None:
        return MARKS.get((self.satisfaction_rating.score if self.satisfaction_rating else "") or "")

    @property
    def elsewhere(self) -> str:
        """A comment does not reach who chats."""
        return "chats are answered by messaging" if self.via.channel in CHATS else ""

    @property
    def open(self) -> bool:
        return self.status.lower() not in {"solved", "closed", "deleted"}


class UserDto(Dto):
    id: Id
    role: str = "end-user"
    email: str | None = None
    name: str = ""


class CommentDto(Dto):
    id: Id
    author_id: Id = ""
    plain_body: str | None = None
    body: str | None = ""
    public: bool = True
    created_at: datetime
    via: Via = Via()
    metadata: dict[str, Any] = {}


def comment(one: CommentDto, people: Mapping[str, UserDto], own: str) -> Comment:
    role = people[one.author_id].role if one.author_id in people else "end-user"
    text = (one.plain_body if one.plain_body is not None else one.body) or ""
    doubtful = bool(_flags(one) & DOUBTS)
    return Comment(one.id, _author(one, role, own), one.author_id, text, one.public, one.created_at, doubtful)


def _author(one: CommentDto, role: str, own: str) -> Author:
    """A merge is written in a person's name, and is no person's word."""
    if one.author_id == own:
        return Author.WISMO
    if one.via.source and one.via.source.rel == "merge":
        return Author.MACHINE
    if role != "end-user":
        return Author.PERSON
    automatic = one.via.channel in MACHINES or _flags(one) & {"auto_submitted", "machine_generated"}
    return Author.MACHINE if automatic else Author.CUSTOMER


def _flags(one: CommentDto) -> set[str]:
    """Flags are words or numbers; 2 and 11 are Zendesk's numbers for a sender that it does not trust."""
    raw = one.metadata.get("flags") or (one.metadata.get("system") or {}).get("flags") or []
    named = {2: "suspicious_sender", 11: "suspicious_sender", 15: "auto_submitted"}
    return {named.get(flag, str(flag)) if isinstance(flag, int) else str(flag) for flag in raw}


def marker(audit: Mapping[str, Any]) -> str | None:
    custom = (audit.get("metadata") or {}).get("custom") or {}
    found = custom.get("wismo_action_id")
    return str(found) if found else None
