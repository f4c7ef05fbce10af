"""What a change of shop.toml would do to messages of the past: some of them are walked again, under both policies.

They are spread evenly over the days that are looked back on, so that last week's sale is not all that is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

from sqlalchemy import Connection, select

from agent import journal as record
from agent.case import TicketId
from agent.gaps.rehearsal import Rehearsal
from agent.journal import Entry
from agent.policy import load_text
from agent.tables import journal
from api.desk.policy import NotSaved, differences
from api.wiring import House

MESSAGES = (30, 100, 300, 1000)
DAYS = (7, 30, 90, 365)
MESSAGE = '%"kind":"message"%'
STEPS = 50
"""Times that a walk tells how far it is."""
ONE_AT_A_TIME = Lock()
"""A walk takes a processor of this process; the second waits for the first."""


@dataclass(frozen=True, slots=True)
class Sample:
    """At most so many `messages` of the last `days`; each takes about a twentieth of a second, twice."""

    messages: int = MESSAGES[0]
    days: int = DAYS[1]


@dataclass(frozen=True, slots=True)
class Turned:
    """A message that would end otherwise."""

    ticket: str
    words: str
    before: str
    after: str


@dataclass(slots=True)
class Walk:
    """`of` messages are to be walked again, of `there` that were written; nothing is done or kept by it."""

    old: Rehearsal
    new: Rehearsal
    house: House
    tickets: Sequence[TicketId]
    there: int
    changes: tuple[tuple[str, str, str], ...]
    tried: int = 0
    turned: list[Turned] = field(default_factory=list)

    @property
    def of(self) -> int:
        return len(self.tickets)

    def steps(self) -> Iterator[int]:
        """How many are done, now and then. Who stops asking stops the walk."""
        with ONE_AT_A_TIME:
            for done, ticket in enumerate(self.tickets, 1):
                self._again(ticket)
                if done * STEPS // self.of != (done - 1) * STEPS // self.of:
                    yield done

    def _again(self, ticket: TicketId) -> None:
        with self.house.database.read() as db:
            entry = record.of_ticket(db, ticket)
        if entry is None or entry.private is None:
            return  # its words were erased
        self.tried += 1
        was, would = self.old.again(entry), self.new.again(entry)
        if was and would and was.ends != would.ends:
            self.turned.append(Turned(ticket, _words(entry), _told(was.ends), _told(would.ends)))


def walk(house: House, before: str, after: str, sample: Sample) -> Walk:
    """Not begun yet: `Walk.steps` walks."""
    old, new = (house.rehearsal_under(load_text(text, house.shop_file)) for text in (before, after))
    with house.database.read() as db:
        every = _messages(db, (house.now() - timedelta(days=sample.days)).isoformat())
    tickets = spread(every, sample.messages)
    return Walk(old, new, house, tickets, len(every), differences(before, after, house.shop_file))


def sample_of(form: Mapping[str, str]) -> Sample:
    """Raises `NotSaved`, as for every other field."""
    default = Sample()
    return Sample(_one_of(form, "messages", MESSAGES, default.messages), _one_of(form, "days", DAYS, default.days))


def spread(every: Sequence[TicketId], most: int) -> tuple[TicketId, ...]:
    """Evenly over them, the newest among them; the newest first."""
    if len(every) <= most:
        return tuple(reversed(every))
    return tuple(every[len(every) - 1 - number * len(every) // most] for number in range(most))


def _one_of(form: Mapping[str, str], name: str, accepted: Sequence[int], default: int) -> int:
    given = form.get(name, str(default))
    if given not in map(str, accepted):
        raise NotSaved(f"{name}: {given[:50]!r} is none of {', '.join(map(str, accepted))}")
    return int(given)


def _messages(db: Connection, since: str) -> Sequence[TicketId]:
    """Oldest first."""
    wanted = select(journal.c.ticket).where(journal.c.at >= since, journal.c.body.like(MESSAGE))
    found = db.execute(wanted.order_by(journal.c.at, journal.c.conversation, journal.c.sequence)).scalars()
    return [TicketId(one) for one in found]


def _words(entry: Entry) -> str:
    return str((entry.private or {}).get("text", ""))[:160]


def _told(ends: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{end.replace('_', ' ')} ({rule})" for end, rule in ends)
