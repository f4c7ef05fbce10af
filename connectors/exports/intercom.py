"""A conversation of Intercom as its API writes it (2.15): a source, and parts; bodies in HTML or plain text."""

from __future__ import annotations

from collections.abc import Iterable

from agent.learning.ticket import Passed, Person, SolvedTicket
from connectors.exports.fields import Fields, Malformed, identity, inner, listed, number, text

CUSTOMERS = frozenset({"user", "lead", "contact"})
SPOKEN = frozenset({"comment", "open", "close", "assignment", "quick_reply", ""})
"""Kinds of parts that carry words for the customer; a note is among colleagues."""


def is_one(record: Fields) -> bool:
    return "conversation_parts" in record or (record.get("type") == "conversation" and "source" in record)


def ticket(record: Fields, ignored: frozenset[str]) -> SolvedTicket | Passed:
    """Raises `Malformed`."""
    if not {"state", "open"} & record.keys():
        raise Malformed("state is missing")
    if text(record, "state") != "closed" and record.get("open") is not False:
        return Passed("not solved")
    source = inner(record, "source")
    every = [source, *_parts(record)]
    spoken = [one for one in every if text(one, "part_type") in SPOKEN and one.get("redacted") is not True]
    asked = [one for one in spoken if _kind(one) in CUSTOMERS]
    answers = [one for one in spoken if _by_person(one, ignored)]
    if not asked and text(source, "delivered_as") not in ("", "customer_initiated"):
        return Passed("begun by the shop")
    rating = number(inner(record, "conversation_rating"), "rating")
    return SolvedTicket(
        "intercom",
        identity(record, "id"),
        _channel(text(source, "type")),
        text(source, "subject") or text(record, "title"),
        tuple(filter(None, (text(one, "body") for one in asked))),
        tuple(filter(None, (text(one, "body") for one in answers))),
        tuple(text(one, "name") for one in _tags(record) if text(one, "name")),
        text(inner(record, "custom_attributes"), "language", "Language")[:2].lower() or None,
        text(record, "updated_at") or None,
        (rating - 1) / 4 if rating and 1 <= rating <= 5 else None,
        _person([*(inner(one, "author") for one in asked), *_contacts(record)]),
        _person(inner(one, "author") for one in every if _kind(one) not in CUSTOMERS),
    )


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
