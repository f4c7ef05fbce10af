"""What is proposed to a lead, and the tickets that it comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    EXAMPLES = "examples"
    ARTICLE = "article"
    MACRO = "macro"


class State(StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Source:
    """A ticket that says it. `who` is a keyed hash of its customer; `text` is the masked example, or empty."""

    ticket: str
    who: str
    text: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """`label` is the intent; `title` and `body` are an article's or a macro's; a group's title is its central text.

    `origin` is the ticket whose words title and body are.
    """

    kind: Kind
    label: str
    title: str
    body: str
    language: str
    why: str
    origin: str
    sources: tuple[Source, ...]
    state: State = State.PROPOSED
    decided_by: str | None = None
    decided_at: datetime | None = None
    known_as: str = field(default="")

    @property
    def id(self) -> str:
        """Of what it says: the same export gives the same proposals."""
        if self.known_as:
            return self.known_as
        said = "\0".join((self.kind, self.title, self.body, *sorted(one.ticket for one in self.sources)))
        return f"L-{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:8]}"

    @property
    def count(self) -> int:
        return len(self.sources)
