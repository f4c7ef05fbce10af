"""Our own form, for any other helpdesk: `{"id", "messages": [{"by", "text"}]}`, or `{"id", "question", "answer"}`.

Learning needs no more. The replay of past tickets wants `"at"` on each message, the customer's e-mail, and takes
`"order"` where the helpdesk knows it, and `"assigned"`: whom people gave the ticket to, in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.learning.ticket import Person
from connectors.exports.fields import Fields, Malformed, identity, inner, listed, number, text, words
from connectors.exports.thread import By, Said, Thread

CUSTOMER, STAFF = "customer", "staff"
KNOWN: Mapping[str, By] = {CUSTOMER: "customer", STAFF: "person", "bot": "bot"}


def is_one(record: Fields) -> bool:
    return "messages" in record or ("question" in record and "answer" in record)


def thread(record: Fields, ignored: frozenset[str]) -> Thread:
    """Raises `Malformed`."""
    spoken = _messages(record)
    customer = inner(record, "customer")
    shown = [one for one in spoken if one.get("public") is not False]
    staff = tuple(text(one, "name") for one in shown if text(one, "by") != CUSTOMER)
    own = tuple(text(one, "name") for one in shown if text(one, "by") == CUSTOMER)
    return Thread(
        "jsonl",
        identity(record, "id"),
        text(record, "channel") or "email",
        text(record, "subject"),
        tuple(_said(spoken, ignored)),
        solved=record.get("solved") is not False,
        tags=words(record, "tags"),
        language=text(record, "language")[:2].lower() or None,
        solved_at=text(record, "solved_at"),
        csat=number(record, "csat"),
        customer=Person(
            tuple(filter(None, (text(customer, "name"), *own))),
            tuple(filter(None, (text(customer, "email"), text(record, "email")))),
            tuple(filter(None, (text(customer, "phone"),))),
        ),
        staff=Person(tuple(filter(None, staff))),
        order=text(record, "order"),
        held_by=words(record, "assigned") if isinstance(record.get("assigned"), list) else (),
    )


def _said(spoken: list[Fields], ignored: frozenset[str]) -> Iterator[Said]:
    for one in spoken:
        by = KNOWN[text(one, "by")]
        if by == "person" and text(one, "name").casefold() in ignored:
            by = "bot"
        yield Said(by, text(one, "text"), text(one, "at"), one.get("public") is not False, text(one, "name"))


def _messages(record: Fields) -> list[Fields]:
    if "messages" not in record:
        at = text(record, "at")
        if not {"question", "answer"} <= record.keys():
            raise Malformed("messages is missing")
        said = ((CUSTOMER, record["question"]), (STAFF, record["answer"]))
        return [{"by": by, "text": words, "at": at} for by, words in said]
    spoken = list(listed(record, "messages"))
    for one in spoken:
        if text(one, "by") not in KNOWN:
            raise Malformed('each message needs "by": customer, staff or bot')
    return spoken
