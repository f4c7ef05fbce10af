"""Past conversations out of an export, with the time of every message: what a simulation replays.

Unlike for learning, a ticket need not be solved. What can not be used comes out as `Passed` with its reason, or as a
`BadRecord` with its line; nothing here ends the reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path

from agent.brains import own_words
from agent.learning.ticket import BadRecord, Passed, Person
from connectors.exports.moments import moment
from connectors.exports.reading import Vendor, threads
from connectors.exports.thread import By, Said, Thread
from tools.orders import emails

LONGEST = 20_000
FURTHEST = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class PastTurn:
    """`text` as the export holds it, HTML included."""

    at: datetime
    by: By
    text: str
    public: bool = True

    @cached_property
    def words(self) -> str:
        """Without markup, quoted mail and signature."""
        return own_words.plain(self.text, LONGEST)


@dataclass(frozen=True, slots=True)
class PastConversation:
    """`turns` oldest first, the first a customer's. `assumed_zone`: a time had none, so the shop's was taken.

    `handoffs`: how often people passed it on among themselves.
    """

    source: str
    id: str
    channel: str
    subject: str
    turns: tuple[PastTurn, ...]
    customer: Person = field(default_factory=Person)
    language: str | None = None
    tags: tuple[str, ...] = ()
    csat: float | None = None
    solved: bool = True
    solved_at: datetime | None = None
    order: str = ""
    assumed_zone: bool = False
    handoffs: int = 0

    @property
    def ref(self) -> str:
        return f"{self.source}:{self.id}"

    @property
    def email(self) -> str:
        """Folded; empty where the export does not know it."""
        return next((emails.folded(one) for one in self.customer.emails if "@" in one), "")

    @property
    def began(self) -> datetime:
        return self.turns[0].at


PastRead = Iterator[PastConversation | Passed | BadRecord]


def read_past(path: Path, vendor: Vendor | None, zone: tzinfo, ignored: Iterable[str] = ()) -> PastRead:
    """Raises `ExportError` for a file that is no export at all."""
    return _conversations(threads(path, vendor, ignored, lenient=True), zone)


def _conversations(every: Iterable[Thread | BadRecord], zone: tzinfo) -> PastRead:
    seen: set[str] = set()
    for one in every:
        found = one if isinstance(one, BadRecord) else _conversation(one, zone)
        if isinstance(found, PastConversation):
            if found.id in seen:
                found = Passed("twice in the export")
            else:
                seen.add(found.id)
        yield found


def _conversation(one: Thread, zone: tzinfo) -> PastConversation | Passed:
    if one.passed:
        return Passed(one.passed)
    if not any(said.by == "customer" and said.public and said.text for said in one.said):
        return Passed("no words of a customer")
    dated = [(said, moment(said.at, zone)) for said in one.said if said.text]
    if any(at is None for said, at in dated if said.by == "customer"):
        return Passed("a customer's message has no time")
    turns = sorted((_turn(said, at[0]) for said, at in dated if at), key=lambda turn: turn.at)
    first = next(place for place, turn in enumerate(turns) if turn.by == "customer" and turn.public)
    if turns[first].at > FURTHEST:
        return Passed("a time that cannot be")
    solved = moment(one.solved_at, zone)
    return PastConversation(
        one.source,
        one.id,
        one.channel,
        one.subject,
        tuple(turns[first:]),
        one.customer,
        one.language,
        one.tags,
        one.csat,
        one.solved,
        solved[0] if solved else None,
        one.order,
        any(at[1] for _, at in dated if at),
        one.handoffs,
    )


def _turn(said: Said, at: datetime) -> PastTurn:
    return PastTurn(at, said.by, said.text, said.public)
