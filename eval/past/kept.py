"""What became of one past ticket, as a line of a file: all that the figures and the disagreements need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import TypeAdapter

from eval.conversation import Conversation
from eval.past.people import Agreement, People

SHOWN = 400
"""Characters of a message that are kept for whoever reads the disagreements."""


class Usability(StrEnum):
    """Whether the orders of a ticket could be had as they were."""

    RECORDED = "recorded"
    RECONSTRUCTED = "reconstructed"
    NOT_TIED = "not_tied"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Played:
    """A ticket under one configuration. `assumed` counts the yeses that were put into the customer's mouth."""

    conversation: Conversation
    agreement: Agreement = "neither"
    replies: tuple[str, ...] = ()
    assumed: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """`runs` are by configuration: one, or two to compare; none for a ticket that could not be used, and `why`."""

    id: str
    began: str
    usable: Usability
    why: str = ""
    asked: str = ""
    people: People = field(default_factory=People)
    channel: str = ""
    language: str = ""
    segment: str = ""
    assumed_zone: bool = False
    runs: tuple[Played, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


LINE: TypeAdapter[Line] = TypeAdapter(Line)


def to_json(line: Line) -> bytes:
    return LINE.dump_json(line) + b"\n"


def from_json(raw: bytes) -> Line:
    """Raises ValueError for half a line."""
    return LINE.validate_json(raw)
