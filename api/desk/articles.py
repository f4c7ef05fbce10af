"""An article that closes a gap: drafted from what people answered, approved by a lead, then in the help index."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from agent import inbox
from agent.case import ConversationId
from agent.gaps.grouping import Group
from agent.learning import shelf
from agent.learning.proposal import Kind, Proposal, State
from api.wiring import House

NEWEST = 20
"""Conversations of a gap in which a person's answer is looked for."""


def draft(db: Connection, group: Group) -> tuple[str, str]:
    """Title and body to begin with: the question, and the newest answer that a person gave at the desk, if any."""
    asked = dict.fromkeys(one.conversation for one in reversed(group.observations))
    for conversation in list(asked)[:NEWEST]:
        said = [one.text for one in inbox.people(db, ConversationId(conversation)) if one.kind == "answered"]
        if said:
            return group.label, said[-1]
    return group.label, ""


def of_group(db: Connection, group: str) -> Sequence[Proposal]:
    return [one for one in shelf.all_of(db) if one.kind is Kind.ARTICLE and one.why == _why(group)]


def propose(house: House, group: Group, title: str, body: str) -> Proposal:
    intent, language = next(iter(group.intents)), next(iter(group.languages))
    made = Proposal(Kind.ARTICLE, intent, title, body, language, _why(group.id), "", ())
    with house.database.write() as db:
        shelf.put(db, [made], house.now())
    return made


def decide(house: House, proposal: str, by: str, *, accepted: bool) -> None:
    """Accepted, it is answered with from the next message on. Raises `UnknownProposal` and `Erased`."""
    state = State.ACCEPTED if accepted else State.REJECTED
    with house.database.write() as db:
        shelf.decide(db, proposal, state, by, house.now())
    house.publish_learned()


def _why(group: str) -> str:
    return f"written for the gap {group}"
