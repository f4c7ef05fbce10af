"""Who reads, looks up and writes. A brain permits nothing and changes nothing; rules and the core do.

BrainError
├── Unavailable      timeout, refusal, no server: another brain may answer
└── InvalidOutput    the brain answered something that is not of the agreed shape
"""

from __future__ import annotations

from typing import Protocol

from agent.case import Case, Draft, Facts, Ticket, ToolCall, Triage


class BrainError(Exception):
    """A brain could not do its part; never a reason to guess."""


class Unavailable(BrainError):
    pass


class InvalidOutput(BrainError):
    pass


class Brain(Protocol):
    """All three may raise `BrainError`, and nothing else that a caller must expect."""

    def triage(self, ticket: Ticket) -> Triage: ...

    def look_up(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        """What to read or propose next; nothing once it has enough. Called again with what came back."""
        ...

    def write(self, case: Case) -> Draft: ...
