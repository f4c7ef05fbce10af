"""A record of any vendor as one form: who said what, when. Learning and the replay of past tickets both read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from agent.learning.ticket import Passed, Person, SolvedTicket

By = Literal["customer", "person", "bot"]


@dataclass(frozen=True, slots=True)
class Said:
    """`at` is as the export writes it, empty where it does not say; `who` tells one colleague from another."""

    by: By
    text: str
    at: str = ""
    public: bool = True
    who: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """`passed` says why nothing can be made of it, whoever asks. `csat` is from 0 (bad) to 1 (good).

    `held_by`: the colleagues or teams that people gave the ticket to, in order, where the export tells.
    """

    source: str
    id: str
    channel: str
    subject: str
    said: tuple[Said, ...]
    solved: bool = True
    passed: str = ""
    tags: tuple[str, ...] = ()
    language: str | None = None
    solved_at: str = ""
    csat: float | None = None
    customer: Person = field(default_factory=Person)
    staff: Person = field(default_factory=Person)
    order: str = ""
    held_by: tuple[str, ...] = ()

    @property
    def handoffs(self) -> int:
        """How often people passed it on to others; where nobody tells, how often another colleague went on writing."""
        wrote = tuple(one.who for one in self.said if one.by == "person" and one.public and one.who)
        held = self.held_by or wrote
        return sum(one != after for one, after in pairwise(held))


def to_learn_from(thread: Thread) -> SolvedTicket | Passed:
    """Public words of the customer and of people, of a ticket that was solved."""
    if not thread.solved:
        return Passed("not solved")
    if thread.passed:
        return Passed(thread.passed)
    return SolvedTicket(
        thread.source,
        thread.id,
        thread.channel,
        thread.subject,
        _words(thread, "customer"),
        _words(thread, "person"),
        thread.tags,
        thread.language,
        thread.solved_at or None,
        thread.csat,
        thread.customer,
        thread.staff,
    )


def _words(thread: Thread, by: By) -> tuple[str, ...]:
    return tuple(one.text for one in thread.said if one.by == by and one.public and one.text)
