"""A ticket of Zendesk's JSON export (a line a ticket, comments inside), or of its API with comments and users beside.

Whose a comment is follows from its author: the requester and copied people are customers; triggers and what came by the
API are no people (contracts README 4.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.learning.ticket import Person
from connectors.exports.fields import Fields, Malformed, identity, inner, listed, text, words
from connectors.exports.thread import By, Said, Thread

SOLVED = frozenset({"solved", "closed"})
MACHINES = frozenset({"api", "web_service", "rule", "system", "chat_transcript", "native_messaging_bot"})
MARKS = {"good": 1.0, "bad": 0.0}
MERGED = "closed_by_merge"


def is_one(record: Fields) -> bool:
    return ("requester_id" in record or "requester" in record) and "status" in record and "comments" in record


def thread(record: Fields, ignored: frozenset[str]) -> Thread:
    """Raises `Malformed`."""
    status = identity(record, "status").lower()
    tags = words(record, "tags")
    customers, people = _customers(record), {text(one, "id"): one for one in _people(record)}
    if not customers and status in SOLVED:
        raise Malformed("requester_id is missing")
    answered = {
        _author(one) for one in _comments(record) if _public(one) and _by(one, customers, people, ignored) == "person"
    }
    return Thread(
        "zendesk",
        identity(record, "id"),
        text(inner(record, "via"), "channel") or "email",
        text(record, "raw_subject", "subject"),
        tuple(_said(record, customers, people, ignored)),
        solved=status in SOLVED,
        passed="merged into another" if MERGED in tags else "",
        tags=tags,
        language=_language(people.get(text(record, "requester_id") or text(inner(record, "requester"), "id"), {})),
        solved_at=text(record, "solved_at", "updated_at"),
        csat=MARKS.get(text(inner(record, "satisfaction_rating"), "score")),
        customer=_person(one for key, one in people.items() if key in customers),
        staff=_person(one for key, one in people.items() if key in answered or key not in customers),
        held_by=tuple(_held_by(record, customers, people, ignored)),
    )


def _said(
    record: Fields, customers: frozenset[str], people: Mapping[str, Fields], ignored: frozenset[str]
) -> Iterator[Said]:
    """A ticket without a public comment still has its description."""
    shown = [one for one in _comments(record) if text(one, "type") != "VoiceComment"]
    if not any(map(_public, shown)):
        yield Said("customer", text(record, "description"), text(record, "created_at"))
    for one in shown:
        by = _by(one, customers, people, ignored)
        words = text(one, "plain_body", "html_body", "body")
        yield Said(by, words, text(one, "created_at"), _public(one), _author(one))


def _held_by(
    record: Fields, customers: frozenset[str], people: Mapping[str, Fields], ignored: frozenset[str]
) -> Iterator[str]:
    """From the ticket's audits, which an export has where they were asked for: assignees, and groups without one."""
    first = True
    for audit in listed(record, "audits"):
        changed = {text(one, "field_name"): one for one in listed(audit, "events") if text(one, "type") == "Change"}
        one = changed.get("assignee_id") or changed.get("group_id") or {}
        if text(one, "value") and _by(audit, customers, people, ignored) == "person":
            if first and text(one, "previous_value"):
                yield text(one, "previous_value")
            yield text(one, "value")
            first = False


def _by(comment: Fields, customers: frozenset[str], people: Mapping[str, Fields], ignored: frozenset[str]) -> By:
    if _author(comment) in customers:
        return "customer"
    return "person" if _by_person(comment, people, ignored) else "bot"


def _comments(record: Fields) -> Iterator[Fields]:
    return listed(record, "comments")


def _people(record: Fields) -> Iterator[Fields]:
    for name in ("requester", "submitter", "assignee"):
        if inner(record, name):
            yield inner(record, name)
    yield from listed(record, "users")
    for comment in listed(record, "comments"):
        if inner(comment, "author"):
            yield inner(comment, "author")


def _customers(record: Fields) -> frozenset[str]:
    """Ids of the requester and of those in copy; an end user's role says it too."""
    found = {text(record, "requester_id") or text(inner(record, "requester"), "id")}
    for name in ("collaborator_ids", "follower_ids", "email_cc_ids"):
        copied = record.get(name)
        found |= {str(one) for one in copied} if isinstance(copied, list) else set()
    people = list(_people(record))
    found |= {text(one, "id") for one in people if text(one, "role") == "end-user"}
    return frozenset(found - {text(one, "id") for one in people if text(one, "role") in ("agent", "admin")} - {""})


def _public(comment: Fields) -> bool:
    merged = text(inner(inner(comment, "via"), "source"), "rel") == "merge"
    return comment.get("public") is not False and text(comment, "type") != "VoiceComment" and not merged


def _by_person(comment: Fields, people: Mapping[str, Fields], ignored: frozenset[str]) -> bool:
    author = _author(comment)
    known = people.get(author, {})
    named = {author, text(known, "name").casefold(), text(known, "email").casefold()}
    machine = text(inner(comment, "via"), "channel") in MACHINES or author in ("", "-1")
    return not machine and not named & ignored


def _author(comment: Fields) -> str:
    return text(comment, "author_id") or text(inner(comment, "author"), "id")


def _language(person: Fields) -> str | None:
    return text(person, "locale")[:2].lower() or None


def _person(people: Iterator[Fields]) -> Person:
    found = list(people)
    names, emails, phones = ([text(one, name) for one in found] for name in ("name", "email", "phone"))
    return Person(tuple(filter(None, names)), tuple(filter(None, emails)), tuple(filter(None, phones)))
