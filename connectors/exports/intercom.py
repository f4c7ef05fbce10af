"""A conversation of Intercom as its API writes it (2.15): a source, and parts; bodies in HTML or plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.learning.ticket import Person
from connectors.exports.fields import Fields, Malformed, identity, inner, listed, number, text
from connectors.exports.thread import By, Said, Thread

CUSTOMERS = frozenset({"user", "lead", "contact"})
SPOKEN = frozenset({"comment", "open", "close", "assignment", "quick_reply", ""})
"""Kinds of parts that carry words for the customer; a note is among colleagues."""

ASSIGNING = frozenset({"assignment", "assign_and_reopen", "open", "comment"})
"""Kinds that can pass a conversation on: assigned_to says to whom."""


def is_one(record: Fields) -> bool:
    return "conversation_parts" in record or (record.get("type") == "conversation" and "source" in record)


def thread(record: Fields, ignored: frozenset[str]) -> Thread:
    """Raises `Malformed`."""
    if not {"state", "open"} & record.keys():
        raise Malformed("state is missing")
    source = inner(record, "source")
    every = [source, *_parts(record)]
    said = tuple(_said(record, every, ignored))
    begun = not any(one.by == "customer" and one.public for one in said)
    rating = number(inner(record, "conversation_rating"), "rating")
    asked = [inner(one, "author") for one in every if _kind(one) in CUSTOMERS and _spoken(one)]
    return Thread(
        "intercom",
        identity(record, "id"),
        _channel(text(source, "type")),
        text(source, "subject") or text(record, "title"),
        said,
        solved=text(record, "state") == "closed" or record.get("open") is False,
        passed="begun by the shop" if begun and text(source, "delivered_as") not in ("", "customer_initiated") else "",
        tags=tuple(text(one, "name") for one in _tags(record) if text(one, "name")),
        language=text(inner(record, "custom_attributes"), "language", "Language")[:2].lower() or None,
        solved_at=text(record, "updated_at"),
        csat=(rating - 1) / 4 if rating and 1 <= rating <= 5 else None,
        customer=_person([*asked, *_contacts(record)]),
        staff=_person(inner(one, "author") for one in every if _kind(one) not in CUSTOMERS),
        held_by=tuple(_held_by(every, ignored)),
    )


def _said(record: Fields, every: Iterable[Fields], ignored: frozenset[str]) -> Iterator[Said]:
    """The source has no time of its own: it is the conversation's."""
    for one in every:
        if _spoken(one) or text(one, "part_type") == "note":
            at = text(one, "created_at") or ("" if "part_type" in one else text(record, "created_at"))
            yield Said(_by(one, ignored), text(one, "body"), at, _spoken(one), text(inner(one, "author"), "id"))


def _held_by(every: Iterable[Fields], ignored: frozenset[str]) -> Iterator[str]:
    """As people assigned it: what bots and rules do at the beginning is nobody's hand-off."""
    for one in every:
        to = inner(one, "assigned_to")
        if text(one, "part_type") in ASSIGNING and text(to, "id") and _by_person(one, ignored):
            yield f"{text(to, 'type')} {text(to, 'id')}"


def _spoken(part: Fields) -> bool:
    return text(part, "part_type") in SPOKEN and part.get("redacted") is not True


def _by(part: Fields, ignored: frozenset[str]) -> By:
    if _kind(part) in CUSTOMERS:
        return "customer"
    return "person" if _by_person(part, ignored) else "bot"


def _parts(record: Fields) -> Iterable[Fields]:
    """The API's list object, or a bare list."""
    held = record.get("conversation_parts")
    return listed(record if isinstance(held, list) else inner(record, "conversation_parts"), "conversation_parts")


def _tags(record: Fields) -> Iterable[Fields]:
    return listed(record if isinstance(record.get("tags"), list) else inner(record, "tags"), "tags")


def _contacts(record: Fields) -> Iterable[Fields]:
    return listed(inner(record, "contacts"), "contacts")


def _kind(part: Fields) -> str:
    return text(inner(part, "author"), "type")


def _by_person(part: Fields, ignored: frozenset[str]) -> bool:
    """Not a bot, not Fin, not what a program wrote in a colleague's name."""
    author = inner(part, "author")
    machine = any(one.get(flag) is True for one in (author, part) for flag in ("from_ai_agent", "is_ai_answer"))
    named = {text(author, "id"), text(author, "name").casefold(), text(author, "email").casefold()}
    return (
        text(author, "type") == "admin" and not machine and not text(part, "app_package_code") and not named & ignored
    )


def _channel(kind: str) -> str:
    return {"conversation": "chat", "push": "chat", "": "chat"}.get(kind, kind)


def _person(people: Iterable[Fields]) -> Person:
    found = list(people)
    names, emails, phones = ([text(one, name) for one in found] for name in ("name", "email", "phone"))
    return Person(*(tuple(dict.fromkeys(filter(None, each))) for each in (names, emails, phones)))
