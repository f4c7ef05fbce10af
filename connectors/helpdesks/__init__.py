"""Helpdesks in our words: what a conversation holds, and what may be said into it. One module a vendor.

The vendor's own words, ids and statuses stay in its module: `zendesk`, `intercom`, `freshdesk`, `sunshine`, each with
its webhook beside it (`…_webhook`). `calls` and `pace` are how they ask over HTTP, `turns` is what we do with them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol


class Author(StrEnum):
    CUSTOMER = "customer"
    PERSON = "person"
    WISMO = "wismo"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Comment:
    """`sender` is the author's id at the vendor; `suspicious` when the vendor doubts who sent it.

    `key` is the mark that our own words carry, where the vendor keeps one.
    """

    id: str
    author: Author
    sender: str
    text: str
    public: bool
    at: datetime
    suspicious: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """`verified` is the helpdesk's own proof of the requester's address; `stamp` names this state of the ticket.

    `elsewhere` says why somebody else than we or the shop's people answers here, like another bot; empty: nobody.
    `rating` is how content the customer said to be, from 1 to 5.
    """

    id: str
    open: bool
    requester: str
    email: str | None
    verified: bool
    subject: str
    tags: frozenset[str]
    comments: Sequence[Comment]
    stamp: str
    elsewhere: str = ""
    rating: int | None = None


class Waits(StrEnum):
    """On whom a conversation waits after what was said."""

    CUSTOMER = "customer"
    PEOPLE = "people"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Words:
    """One thing said into a conversation. `key` marks it, so that a repeated send is found and not said twice.

    `waits` None leaves the status as it is; `team` hands the conversation over.
    """

    key: str
    text: str
    public: bool
    tags: tuple[str, ...] = ()
    team: str | None = None
    waits: Waits | None = None


class Account(NamedTuple):
    """Whom we write as: the seat's id at the vendor, and the same in words for the operator."""

    id: str
    says: str


class Changed(NamedTuple):
    """A conversation, and the stamp of the state that it has now."""

    conversation: str
    stamp: str


class Helpdesk(Protocol):
    """All raise `ConnectorError`."""

    def account(self) -> Account:
        """Asked for live: proves address, secret and rights."""
        ...

    def conversation(self, ticket: str) -> Conversation: ...

    def writing(self, conversation: Conversation) -> None:
        """Shows the customer that an answer is being written, where the vendor can."""
        ...

    def say(self, conversation: Conversation, words: Words) -> None:
        """Raises `Conflict` when the ticket changed since `conversation` was read."""
        ...

    def changed_since(self, moment: datetime, /) -> Iterator[Changed]:
        """For a reconciling poll: events get lost. Nothing where the vendor has no way to ask."""
        ...

    def solved_since(self, moment: datetime, /) -> Iterator[Mapping[str, Any]]:
        """Solved conversations as the vendor's API writes them, comments inside: what `connectors.exports` reads."""
        ...

    def close(self) -> None: ...
