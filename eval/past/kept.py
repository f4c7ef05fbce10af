"""What became of one past ticket, as a line of a file: all that the figures and the disagreements need."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter

from agent.gaps.observing import Observation
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
    """A ticket under one configuration. `assumed` counts the yeses that were put into the customer's mouth.

    `missing`: what could not be answered, with the customer's words masked.
    """

    conversation: Conversation
    agreement: Agreement = "neither"
    replies: tuple[str, ...] = ()
    assumed: int = 0
    skipped: int = 0
    missing: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """`runs` are by configuration: one, or two to compare; none for a ticket that could not be used, and `why`.

    `about`: the intent that people filed it under, where a tag of theirs says one.
    """

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
    about: str = ""
    runs: tuple[Played, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


LINE: TypeAdapter[Line] = TypeAdapter(Line)


def to_json(line: Line) -> bytes:
    return LINE.dump_json(line) + b"\n"


def from_json(raw: bytes) -> Line:
    """Raises ValueError for half a line."""
    return LINE.validate_json(raw)


class Lines(Collection[Line]):
    """Of a file, by when the tickets began: read anew each time, so that memory holds where they stand, not them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._places = sorted(self._read_places()) if file.exists() else []

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Line]:
        if self._places:
            with self._file.open("rb") as file:
                for *_, place in self._places:
                    file.seek(place)
                    yield from_json(file.readline())

    def __contains__(self, one: object) -> bool:
        return any(one == line for line in self)

    def _read_places(self) -> Iterator[tuple[str, str, int]]:
        with self._file.open("rb") as file:
            place = 0
            for raw in file:
                line = from_json(raw)
                yield line.began, line.id, place
                place += len(raw)
