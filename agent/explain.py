"""Why a customer was told what they were told: message → identity → facts → rule → action → change → approver.

Read from the journal and from the order core's own events; nothing is computed again. Of an erased case the ids,
rules and figures remain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from agent import journal
from agent.case import TicketId
from agent.journal import Entry
from agent.rules import RULES
from agent.tables import approvals
from tools.orders import events
from tools.orders import rules as order_rules
from tools.orders.model import Actor
from tools.orders.money import Money
from tools.orders.rows import fetch
from tools.orders.tables import commands

SAYS: Mapping[str, str] = {str(rule): says for rule, says in (*order_rules.RULES.items(), *RULES.items())}
ADDRESS = ("line1", "line2", "postcode", "city", "state", "country")
WAYS = ("", "api:", "ask:")
"""How a turn was named where it came in; people know it without."""


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    says: str


@dataclass(frozen=True, slots=True)
class Known:
    """A fact that the reply could say; `fields` are empty once they were erased."""

    id: str
    kind: str
    source: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; `words` are the part of the message that asks it."""

    intent: str
    confidence: float
    disposition: str
    rule: Rule
    words: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one command changed in an order: the events that it appended."""

    order: str
    command: str
    at: datetime
    actor: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Approved:
    """An approval that this turn asked for, decided, or rested on. `case` is the turn that followed the decision."""

    id: str
    state: str
    people: tuple[str, ...]
    reason: str
    case: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """In the order of the path. `message` and `reply` are None once they were erased."""

    ticket: str
    conversation: str
    sequence: int
    at: datetime
    kind: str
    channel: str
    erased: bool
    message: str | None
    identity: str
    proof: str
    customer: str | None
    facts: tuple[Known, ...]
    refused: tuple[Rule, ...]
    requests: tuple[Asked, ...]
    rules: tuple[Rule, ...]
    actions: tuple[Mapping[str, str], ...]
    changes: tuple[Change, ...]
    approvals: tuple[Approved, ...]
    disposition: str
    mode: str
    handoff: Mapping[str, str] | None
    citations: tuple[str, ...]
    check: tuple[str, ...]
    reply: str | None
    policy: str
    hash: str
    thinking: tuple[Mapping[str, Any], ...] = ()


def shown(value: Any) -> str:
    """A fact's value as the journal holds it, for people to read."""
    match value:
        case {"minor": int(minor), "currency": str(currency)}:
            return f"{Money(minor, currency).decimal()} {currency}"
        case {"key": str(key)}:
            return key.rpartition(".")[2]
        case dict():
            return ", ".join(str(value[name]) for name in ADDRESS if value.get(name))
        case list():
            return ", ".join(map(str, value))
    return str(value)


def explain(db: Connection, ticket: str) -> Explanation | None:
    """By the ticket's id, with or without the way it came in. None when there is no such case."""
    entry = found(db, ticket)
    return _explained(db, entry) if entry else None


def found(db: Connection, ticket: str) -> Entry | None:
    named = (journal.of_ticket(db, TicketId(way + ticket)) for way in WAYS)
    return next((entry for entry in named if entry), None)


def _explained(db: Connection, entry: Entry) -> Explanation:
    body, private = entry.body, entry.private or {}
    return Explanation(
        ticket=entry.ticket,
        conversation=entry.conversation,
        sequence=entry.sequence,
        at=entry.at,
        kind=body["kind"],
        channel=body["channel"],
        erased=entry.private is None,
        message=private.get("text"),
        identity=body["identity"],
        proof=body["proof"],
        customer=private.get("customer"),
        facts=tuple(Known(**one, fields=private.get("facts", {}).get(one["id"], {})) for one in body["facts"]),
        refused=_rules(one["rule"] for one in body["refusals"]),
        requests=tuple(_requests(body, private)),
        rules=_rules((*body["rules"], *body["signals"])),
        actions=tuple(body["actions"]),
        changes=tuple(_changes(db, entry)),
        approvals=tuple(_approvals(db, body)),
        disposition=body["disposition"],
        mode=body["mode"],
        handoff=body["handoff"],
        citations=tuple(body["citations"]),
        check=tuple(private.get("check", body["check"])),
        reply=private["answer"]["reply"] if "answer" in private else None,
        policy=body["policy"],
        hash=entry.hash,
        thinking=tuple(body.get("thinking", ())),
    )


def _rules(named: Iterable[str]) -> tuple[Rule, ...]:
    return tuple(Rule(rule, SAYS.get(rule, "")) for rule in dict.fromkeys(named))


def _requests(body: Mapping[str, Any], private: Mapping[str, Any]) -> Iterator[Asked]:
    words = private.get("asked", [])
    for place, one in enumerate(body["requests"]):
        rule = Rule(one["rule"], SAYS.get(one["rule"], ""))
        said = words[place] if place < len(words) else ""
        yield Asked(one["intent"], one["confidence"], one["disposition"], rule, said)


def _changes(db: Connection, entry: Entry) -> Iterator[Change]:
    """The core keeps a row for every key that did something; its events were appended at that moment, by that actor."""
    requests = range(1, len(entry.body["requests"]) + 1)
    actions = [(one["action"], one["order_id"]) for one in entry.body["actions"]]
    keys = [f"{entry.ticket}:R{number}:{action}:{order}" for number in requests for action, order in actions]
    keys += [f"approval:{one}" for one in entry.body.get("rests_on", ())]
    decided = entry.body["decided"]
    actor = Actor("person", decided["by"]) if decided else Actor("agent", entry.conversation)
    for key in keys:
        for row in fetch(db, commands, key=key):
            made = [
                one.type
                for one in events.of(db, row["order_id"])
                if one.recorded_at == row["at"] and one.actor == actor
            ]
            order = str(row["result"]["quote"]["order_number"])
            yield Change(order, row["command"], row["at"], f"{actor.kind} {actor.id}", tuple(made))


def _approvals(db: Connection, body: Mapping[str, Any]) -> Iterator[Approved]:
    decided = [body["decided"]["approval"]] if body["decided"] else []
    for name in dict.fromkeys((*body["approvals"], *decided, *body.get("rests_on", ()))):
        row = db.execute(select(approvals).where(approvals.c.id == name)).mappings().one_or_none()
        after = f"{name}:decision"
        followed = journal.of_ticket(db, TicketId(after)) is not None
        if row:
            people = tuple(filter(None, (row["first_by"], row["decided_by"])))
            yield Approved(name, row["state"], people, row["reason"] or "", after if followed else None)
        else:
            by = body["decided"]["by"] if body["decided"] else ""
            yield Approved(name, "no longer kept", (by,) if by else (), "", after if followed else None)
