"""A ticket of Freshdesk: the API's form with conversations inside, or the account export's `helpdesk_ticket`.

Flags and numbers are as third parties describe them (contracts README 7): check against an export of your own.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.learning.ticket import Person
from connectors.exports.fields import Fields, identity, inner, listed, number, text, words
from connectors.exports.thread import By, Said, Thread

SOLVED = frozenset({"4", "5", "resolved", "closed"})
CHANNELS = {"1": "email", "2": "web", "3": "phone", "7": "chat", "9": "email", "10": "email"}
HAPPY = 103.0
"""Freshdesk's marks go from -103 (extremely unhappy) over 100 to 103; older ones from 1 to 3."""
MERGED = ("closed_by_merge", "merged")


def is_one(record: Fields) -> bool:
    known = "conversations" in record or "description_text" in record or "responder_id" in record
    return "helpdesk_ticket" in record or ("status" in record and known)


def thread(record: Fields, ignored: frozenset[str]) -> Thread:
    """Raises `Malformed`."""
    record = inner(record, "helpdesk_ticket") or record
    status = identity(record, "status", "status_name").lower()
    tags = words(record, "tags")
    return Thread(
        "freshdesk",
        identity(record, "id", "display_id"),
        CHANNELS.get(text(record, "source"), "email"),
        text(record, "subject"),
        tuple(_said(record, ignored)),
        solved=status in SOLVED,
        passed=_passed(record, tags),
        tags=tags,
        language=text(inner(record, "requester"), "language")[:2].lower() or None,
        solved_at=text(record, "updated_at"),
        csat=_mark(record),
        customer=_person(record, "requester"),
        staff=_person(record, "responder"),
    )


def _passed(record: Fields, tags: tuple[str, ...]) -> str:
    if record.get("spam") is True or record.get("deleted") is True:
        return "spam or deleted"
    return "merged into another" if any(tag in MERGED for tag in tags) else ""


def _said(record: Fields, ignored: frozenset[str]) -> Iterator[Said]:
    asked = text(record, "description", "description_text", "description_html")
    yield Said("customer", asked, text(record, "created_at"))
    for one in _conversations(record):
        if one.get("deleted") is not True:
            public = one.get("private") is not True
            yield Said(_by(one, ignored), _words(one), text(one, "created_at"), public, text(one, "user_id"))


def _by(part: Fields, ignored: frozenset[str]) -> By:
    if part.get("incoming") is True:
        return "customer"
    return "person" if _by_person(part, ignored) else "bot"


def _conversations(record: Fields) -> Iterator[Fields]:
    yield from listed(record, "conversations")
    for note in listed(record, "notes"):
        yield inner(note, "helpdesk_note") or note


def _words(part: Fields) -> str:
    return text(part, "body", "body_text", "body_html")


def _by_person(part: Fields, ignored: frozenset[str]) -> bool:
    """An automation writes without a user."""
    named = {text(part, "user_id"), text(inner(part, "user"), "name").casefold(), text(part, "from_email").casefold()}
    return bool(text(part, "user_id")) and part.get("automated") is not True and not named & ignored


def _mark(record: Fields) -> float | None:
    value = number(inner(record, "satisfaction_rating"), "rating")
    return None if value is None else (1.0 if 101 <= value <= HAPPY or value == 1 else 0.0)


def _person(record: Fields, name: str) -> Person:
    held = inner(record, name)
    names = (text(held, "name"), text(record, f"{name}_name"))
    phones = (text(held, "phone"), text(held, "mobile"))
    emails = (text(held, "email"), text(record, "email") if name == "requester" else "")
    return Person(*(tuple(filter(None, each)) for each in (names, emails, phones)))
