"""The proposals in the database, and what a person decided about each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from agent.learning.proposal import Kind, Proposal, Source, State
from agent.tables import learned, learned_sources

ERASED = "[erased]"


class UnknownProposal(LookupError):
    """No proposal has this id; the message says where they are listed."""


class Erased(ValueError):
    """The person whose words it was is erased: nothing is left to accept."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a lead puts right before publishing; None leaves it. `without` numbers texts of a group, from 1."""

    label: str | None = None
    title: str | None = None
    body: str | None = None
    kind: Kind | None = None
    without: tuple[int, ...] = ()


def put(db: Connection, proposals: Iterable[Proposal], now: datetime) -> int:
    """How many were new: one that is there already stays as it is."""
    held, made = set(db.execute(select(learned.c.id)).scalars()), 0
    for one in proposals:
        if one.id in held:
            continue
        held.add(one.id)
        made += 1
        db.execute(insert(learned), _row(one, now))
        for source in one.sources:
            values = {name: getattr(source, name) for name in ("ticket", "who", "text", "language")}
            db.execute(insert(learned_sources), {"proposal": one.id, **values})
    return made


def all_of(db: Connection, states: Sequence[State] = tuple(State)) -> tuple[Proposal, ...]:
    """The largest first."""
    rows = db.execute(select(learned).where(learned.c.state.in_(states))).mappings().all()
    sources: dict[str, list[Source]] = {}
    for row in db.execute(select(learned_sources).order_by(learned_sources.c.ticket)).mappings():
        one = Source(row["ticket"], row["who"], row["text"], row["language"])
        sources.setdefault(row["proposal"], []).append(one)
    found = [_proposal(dict(row), sources.get(row["id"], [])) for row in rows]
    return tuple(sorted(found, key=lambda one: (one.kind, -one.count, one.id)))


def one(db: Connection, proposal: str) -> Proposal:
    """Raises `UnknownProposal`."""
    found = next((one for one in all_of(db) if one.id == proposal), None)
    if found is None:
        raise UnknownProposal(f"no proposal is called {proposal}; see: wismo learned list")
    return found


def decide(
    db: Connection, proposal: str, state: State, by: str, now: datetime, changes: Changes = Changes()
) -> Proposal:
    """The last word of a person counts: what was accepted can be rejected, and the other way round.

    Raises `UnknownProposal`, `Erased`, and ValueError for a number that is none of the group's.
    """
    held = one(db, proposal)
    if held.state is State.ERASED:
        raise Erased(f"{proposal} was erased with the person whose words it was")
    _leave_out(db, held, changes.without)
    given = {"label": changes.label, "title": changes.title, "body": changes.body, "kind": changes.kind}
    values = {name: value for name, value in given.items() if value is not None}
    values |= {"state": state, "decided_at": now.isoformat(), "decided_by": by}
    db.execute(update(learned).where(learned.c.id == proposal).values(**values))
    return one(db, proposal)


def _leave_out(db: Connection, held: Proposal, numbers: Sequence[int]) -> None:
    """The text goes, whoever wrote it too; the tickets stay known, so that they are not proposed again."""
    for number in numbers:
        if not 1 <= number <= held.count:
            raise ValueError(f"{held.id} has texts 1 to {held.count}, none is {number}")
        row = (learned_sources.c.proposal == held.id) & (learned_sources.c.text == held.sources[number - 1].text)
        db.execute(update(learned_sources).where(row).values(text=""))


def erase(db: Connection, who: Iterable[str], holds: Callable[[str], bool], now: datetime, by: str) -> int:
    """A person's texts, and undecided proposals in their words. `holds` says whether a text names them.

    The ticket's id stays, so that a later export does not bring the words back. How many rows changed.
    """
    theirs = learned_sources.c.who.in_(list(who))
    tickets = set(db.execute(select(learned_sources.c.ticket).where(theirs)).scalars())
    done = db.execute(update(learned_sources).where(theirs).values(text="", who=ERASED)).rowcount
    for held in all_of(db):
        done += _named(db, held, holds)
    for held in all_of(db):
        undecided = held.state in (State.PROPOSED, State.REJECTED) and held.origin in tickets
        named = holds(f"{held.title}\n{held.body}")
        if undecided or named or (held.kind is Kind.EXAMPLES and held.origin in tickets):
            done += _emptied(db, held, whole=named or undecided, by=by, now=now)
    return done


def _named(db: Connection, held: Proposal, holds: Callable[[str], bool]) -> int:
    """Somebody else's ticket that names them."""
    found = [source.ticket for source in held.sources if holds(source.text)]
    row = (learned_sources.c.proposal == held.id) & learned_sources.c.ticket.in_(found)
    return db.execute(update(learned_sources).where(row).values(text="")).rowcount if found else 0


def _emptied(db: Connection, held: Proposal, *, whole: bool, by: str, now: datetime) -> int:
    """A group keeps the examples of the others, under another of them as its title."""
    left = next((source.text for source in held.sources if source.text), "")
    row = learned.c.id == held.id
    if held.kind is Kind.EXAMPLES and left:
        return db.execute(update(learned).where(row).values(title=left, origin="")).rowcount
    if not whole and held.kind is not Kind.EXAMPLES:
        return 0
    gone = {"title": ERASED, "body": "", "state": State.ERASED, "decided_at": now.isoformat(), "decided_by": by}
    return db.execute(update(learned).where(row).values(**gone)).rowcount


def _row(one: Proposal, now: datetime) -> dict[str, str]:
    names = ("id", "kind", "state", "label", "title", "body", "language", "why", "origin")
    return {**{name: str(getattr(one, name)) for name in names}, "made_at": now.isoformat()}


def _proposal(row: Mapping[str, str], sources: Sequence[Source]) -> Proposal:
    return Proposal(
        Kind(row["kind"]),
        row["label"],
        row["title"],
        row["body"],
        row["language"],
        row["why"],
        row["origin"],
        tuple(sources),
        State(row["state"]),
        row["decided_by"],
        datetime.fromisoformat(row["decided_at"]) if row["decided_at"] else None,
        row["id"],
    )
