"""A ticket of Zendesk's JSON export (a line a ticket, comments inside), or of its API with comments and users beside.

Whose a comment is follows from its author: the requester and copied people are customers; triggers and what came by the
API are no people (contracts README 4.3).
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.learning.ticket import Passed, Person, SolvedTicket
from connectors.exports.fields import Fields, Malformed, identity, inner, listed, text, words

SOLVED = frozenset({"solved", "closed"})
MACHINES = frozenset({"api", "web_service", "rule", "system", "chat_transcript", "native_messaging_bot"})
MARKS = {"good": 1.0, "bad": 0.0}
MERGED = "closed_by_merge"


def is_one(record: Fields) -> bool:
    return ("requester_id" in record or "requester" in record) and "status" in record and "comments" in record


def ticket(record: Fields, ignored: frozenset[str]) -> SolvedTicket | Passed:
    """Raises `Malformed`."""
    if identity(record, "status").lower() not in SOLVED:
        return Passed("not solved")
    tags = words(record, "tags")
    if MERGED in tags:
        return Passed("merged into another")
    customers, people = _customers(record), {text(one, "id"): one for one in _people(record)}
    if not customers:
        raise Malformed("requester_id is missing")
    comments = [one for one in listed(record, "comments") if _public(one)]
    asked = [_words(one) for one in comments if _author(one) in customers]
    answers = [one for one in comments if _author(one) not in customers and _by_person(one, people, ignored)]
    if not asked and not comments:
        asked = [text(record, "description")]
    authors = {_author(one) for one in answers}
    return SolvedTicket(
        "zendesk",
        identity(record, "id"),
        text(inner(record, "via"), "channel") or "email",
        text(record, "raw_subject", "subject"),
        tuple(filter(None, asked)),
        tuple(filter(None, map(_words, answers))),
        tags,
        _language(people.get(text(record, "requester_id") or text(inner(record, "requester"), "id"), {})),
        text(record, "solved_at", "updated_at") or None,
        MARKS.get(text(inner(record, "satisfaction_rating"), "score")),
        _person(one for key, one in people.items() if key in customers),
        _person(one for key, one in people.items() if key in authors or key not in customers),
    )


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


def _by_person(comment: Fields, people: dict[str, Fields], ignored: frozenset[str]) -> bool:
    author = _author(comment)
    known = people.get(author, {})
    named = {author, text(known, "name").casefold(), text(known, "email").casefold()}
    machine = text(inner(comment, "via"), "channel") in MACHINES or author in ("", "-1")
    return not machine and not named & ignored


def _author(comment: Fields) -> str:
    return text(comment, "author_id") or text(inner(comment, "author"), "id")


def _words(comment: Fields) -> str:
    return text(comment, "plain_body", "html_body", "body")


def _language(person: Fields) -> str | None:
    return text(person, "locale")[:2].lower() or None


def _person(people: Iterator[Fields]) -> Person:
    found = list(people)
    names, emails, phones = ([text(one, name) for one in found] for name in ("name", "email", "phone"))
    return Person(tuple(filter(None, names)), tuple(filter(None, emails)), tuple(filter(None, phones)))
