"""From the journal to what was not answered: one observation a question, whatever became of its words since.

A question back (which order? who are you?) is a gap only while it is the last word: what followed speaks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from agent.gaps.kinds import Kind, kind_of
from agent.journal import Entry

PROVEN = frozenset({"verified", "authenticated"})
SMALL_TALK = frozenset({"TLK-1", "CNF-4"})


@dataclass(frozen=True, slots=True)
class Observation:
    """`ticket`, `index`, `at` and `words` are where it was first asked, kind and rule how it ended.

    `told`: the customer got an answer, and not what they wished. `waits`: it ended in a question to them.
    `words` are masked; empty where there were none, or where they were erased.
    """

    kind: Kind
    rule: str
    intent: str
    language: str
    ticket: str
    conversation: str
    index: int
    at: datetime
    words: str = ""
    erased: bool = False
    told: bool = False
    waits: bool = False
    handed_off: bool = False

    @property
    def day(self) -> date:
        return self.at.date()


def observe(entries: Iterable[Entry]) -> tuple[Observation, ...]:
    """Of a period's entries, in the order in which the questions were asked."""
    conversations: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.body["kind"] == "message":
            conversations.setdefault(entry.conversation, []).append(entry)
    found = [one for turns in conversations.values() for one in _of_conversation(turns)]
    return tuple(sorted(found, key=lambda one: (one.at, one.ticket, one.index)))


def of_entry(entry: Entry) -> tuple[Observation, ...]:
    """What this turn alone did not answer; nothing for a person's decision."""
    if entry.body["kind"] != "message":
        return ()
    return tuple(one for place in range(len(entry.body["requests"])) if (one := _of_request(entry, place)))


def _of_conversation(turns: Iterable[Entry]) -> Iterator[Observation]:
    waiting: tuple[Observation, ...] = ()
    for entry in sorted(turns, key=lambda one: one.sequence):
        if waiting and all(request["rule"] in SMALL_TALK for request in entry.body["requests"]):
            continue
        seen = [_continuing(one, waiting) for one in of_entry(entry)]
        waiting = tuple(one for one in seen if one.waits)
        yield from (one for one in seen if not one.waits)
    yield from waiting


def _continuing(one: Observation, waiting: tuple[Observation, ...]) -> Observation:
    """An answer to our question is no question of its own: the first words are what the customer wants to know."""
    first = next((w for w in waiting if w.intent == one.intent or w.kind is Kind.LANGUAGE), None)
    if first is None:
        return one
    return replace(one, ticket=first.ticket, index=first.index, at=first.at, words=first.words, erased=first.erased)


def _of_request(entry: Entry, place: int) -> Observation | None:
    body, request = entry.body, entry.body["requests"][place]
    kind = _kind(body, request)
    if kind is None:
        return None
    ends = request["disposition"]
    return Observation(
        kind,
        request["rule"],
        request["intent"],
        body["language"],
        entry.ticket,
        entry.conversation,
        place,
        entry.at,
        words_of(entry, place),
        entry.private is None,
        told=ends in {"answered", "acted", "queued"},
        waits=ends == "asked",
        handed_off=ends == "handed_off",
    )


def _kind(body: Mapping[str, Any], request: Mapping[str, Any]) -> Kind | None:
    rule, kind = request["rule"], kind_of(request["rule"])
    if rule == "IDN-2" and body["identity"] in PROVEN:
        return Kind.DATA  # who they are is known; what they mean was not found
    if kind is None and request["disposition"] == "handed_off" and _unsaid(body):
        return Kind.LANGUAGE
    if rule == "STA-1" and request["intent"] == "order_status" and any(fact.get("lacks") for fact in body["facts"]):
        return Kind.DATA
    return kind


def _unsaid(body: Mapping[str, Any]) -> bool:
    """An answer was found, and no words for it were borne out (the check refused them twice)."""
    return bool(body["check"]) and (body["handoff"] or {}).get("reason") == "low_confidence"


def words_of(entry: Entry, place: int) -> str:
    """The request's masked words; empty once they were erased."""
    asked = (entry.private or {}).get("asked", [])
    return " ".join(str(asked[place]).split()) if place < len(asked) else ""
