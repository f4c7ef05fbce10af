"""A ticket of Freshdesk: the API's form with conversations inside, or the account export's `helpdesk_ticket`.

Flags and numbers are as third parties describe them (contracts README 7): check against an export of your own.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.learning.ticket import Passed, Person, SolvedTicket
from connectors.exports.fields import Fields, identity, inner, listed, number, text, words

SOLVED = frozenset({"4", "5", "resolved", "closed"})
CHANNELS = {"1": "email", "2": "web", "3": "phone", "7": "chat", "9": "email", "10": "email"}
HAPPY = 103.0
"""Freshdesk's marks go from -103 (extremely unhappy) over 100 to 103; older ones from 1 to 3."""
MERGED = ("closed_by_merge", "merged")


def is_one(record: Fields) -> bool:
    known = "conversations" in record or "description_text" in record or "responder_id" in record
    return "helpdesk_ticket" in record or ("status" in record and known)


def ticket(record: Fields, ignored: frozenset[str]) -> SolvedTicket | Passed:
    """Raises `Malformed`."""
    record = inner(record, "helpdesk_ticket") or record
    status = identity(record, "status", "status_name").lower()
    if status not in SOLVED:
        return Passed("not solved")
    if record.get("spam") is True or record.get("deleted") is True:
        return Passed("spam or deleted")
    tags = words(record, "tags")
    if any(tag in MERGED for tag in tags):
        return Passed("merged into another")
    parts = [one for one in _conversations(record) if one.get("private") is not True and one.get("deleted") is not True]
    asked = [text(record, "description", "description_text", "description_html")]
    asked += [_words(one) for one in parts if one.get("incoming") is True]
    answers = [_words(one) for one in parts if one.get("incoming") is not True and _by_person(one, ignored)]
    return SolvedTicket(
        "freshdesk",
        identity(record, "id", "display_id"),
        CHANNELS.get(text(record, "source"), "email"),
        text(record, "subject"),
        tuple(filter(None, asked)),
        tuple(filter(None, answers)),
        tags,
        text(inner(record, "requester"), "language")[:2].lower() or None,
        text(record, "updated_at") or None,
        _mark(record),
        _person(record, "requester"),
        _person(record, "responder"),
    )


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
