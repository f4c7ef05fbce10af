"""A solved ticket, whatever helpdesk it comes from. Its words are personal and never leave this room unmasked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.orders import emails

LEARNED = "learned"
"""The kind of keyed hash by which a customer's tickets are found again."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote: what the export knows of them, so that it can be taken out of every text."""

    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()

    def joined(self, other: Person) -> Person:
        return Person(self.names + other.names, self.emails + other.emails, self.phones + other.phones)


@dataclass(frozen=True, slots=True)
class SolvedTicket:
    """`asked` are the customer's messages and `answers` the public ones of people, both in order.

    `csat` is the customer's mark from 0 (bad) to 1 (good). `solved_at` is as the export writes it.
    """

    source: str
    id: str
    channel: str
    subject: str
    asked: tuple[str, ...]
    answers: tuple[str, ...]
    tags: tuple[str, ...] = ()
    language: str | None = None
    solved_at: str | None = None
    csat: float | None = None
    customer: Person = Person()
    staff: Person = Person()

    @property
    def ref(self) -> str:
        return f"{self.source}:{self.id}"

    @property
    def who(self) -> str:
        """Whom the ticket is of: tickets of one customer count once."""
        return next((emails.folded(one) for one in self.customer.emails), self.ref)


@dataclass(frozen=True, slots=True)
class Passed:
    """A ticket that nothing can be learned from; `reason` is from a short list and counted."""

    reason: str


@dataclass(frozen=True, slots=True)
class BadRecord:
    """`line` counts from 1; the text names no customer."""

    line: int
    reason: str


Read = Iterator[SolvedTicket | Passed | BadRecord]
