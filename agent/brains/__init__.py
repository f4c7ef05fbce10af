"""Who reads, looks up and writes. A brain permits nothing and changes nothing; rules and the core do.

BrainError
├── Unavailable      timeout, refusal, no server, no budget: another brain may answer
│   └── Passing      a cut connection, 429, 5xx: worth one more try, `after` so many seconds
└── InvalidOutput    the brain answered something that is not of the agreed shape
    └── TooLong      the question does not fit into the model: worth one more try with less of it
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agent.case import Case, Draft, Facts, Kind, Ticket, ToolCall, Triage


class BrainError(Exception):
    """A brain could not do its part; never a reason to guess. `code` is one word, for logs and the journal."""

    def __init__(self, code: str = "", says: str = "") -> None:
        super().__init__(f"{code}: {says}" if says else code)
        self.code = code or type(self).__name__.lower()


class EndsTheRun(Exception):
    """Of evaluations and simulations: no case's failure, for after it no case would say anything."""


class Unavailable(BrainError):
    pass


class Passing(Unavailable):
    def __init__(self, code: str, says: str = "", after: float = 0.0) -> None:
        super().__init__(code, says)
        self.after = after


class InvalidOutput(BrainError):
    pass


class TooLong(InvalidOutput):
    pass


class Brain(Protocol):
    """All three may raise `BrainError`, and nothing else that a caller must expect."""

    def triage(self, ticket: Ticket) -> Triage: ...

    def look_up(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        """What to read or propose next; nothing once it has enough. Called again with what came back."""
        ...

    def write(self, case: Case) -> Draft: ...


@dataclass(frozen=True, slots=True)
class Begun:
    """A reading as far as it takes no time: who wrote, a customer or a machine. `rest` is the longer part of it."""

    kind: Kind
    rest: Callable[[], Triage]


class Plain(Brain, Protocol):
    """Needs no server; what another brain may be asked beside."""

    def begin(self, ticket: Ticket) -> Begun:
        """`begin(ticket).rest()` is `triage(ticket)`."""
        ...
