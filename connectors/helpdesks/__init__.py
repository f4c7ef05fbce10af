"""Helpdesks in our words: what a conversation holds, and what may be said into it. One module a vendor.

The vendor's own words, ids and statuses stay in its module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Author(StrEnum):
    CUSTOMER = "customer"
    PERSON = "person"
    WISMO = "wismo"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Comment:
    """`sender` is the author's id at the vendor; `suspicious` when the vendor doubts who sent it."""

    id: str
    author: Author
    sender: str
    text: str
    public: bool
    at: datetime
    suspicious: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """`verified` is the helpdesk's own proof of the requester's address; `stamp` names this state of the ticket."""

    id: str
    open: bool
    requester: str
    email: str | None
    verified: bool
    subject: str
    tags: frozenset[str]
    comments: Sequence[Comment]
    stamp: str


@dataclass(frozen=True, slots=True)
class Words:
    """One thing said into a conversation. `key` marks it, so that a repeated send is found and not said twice."""

    key: str
    text: str
    public: bool
    tags: tuple[str, ...] = ()
    team: str | None = None
    waiting: bool = False


class Helpdesk(Protocol):
    """All raise `ConnectorError`."""

    def conversation(self, ticket: str) -> Conversation: ...

    def say(self, conversation: Conversation, words: Words) -> None:
        """Raises `Conflict` when the ticket changed since `conversation` was read."""
        ...
