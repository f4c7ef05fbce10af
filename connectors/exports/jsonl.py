"""Our own form, for any other helpdesk: `{"id", "messages": [{"by", "text"}]}`, or `{"id", "question", "answer"}`."""

from __future__ import annotations

from agent.learning.ticket import Passed, Person, SolvedTicket
from connectors.exports.fields import Fields, Malformed, identity, inner, listed, number, text, words

CUSTOMER, STAFF = "customer", "staff"
KNOWN = frozenset({CUSTOMER, STAFF, "bot"})


def is_one(record: Fields) -> bool:
    return "messages" in record or ("question" in record and "answer" in record)


def ticket(record: Fields, ignored: frozenset[str]) -> SolvedTicket | Passed:
    """Raises `Malformed`."""
    if record.get("solved") is False:
        return Passed("not solved")
    spoken = _messages(record)
    answers = [one for one in spoken if text(one, "by") == STAFF and text(one, "name").casefold() not in ignored]
    customer = inner(record, "customer")
    staff = tuple(text(one, "name") for one in spoken if text(one, "by") != CUSTOMER)
    own = tuple(text(one, "name") for one in spoken if text(one, "by") == CUSTOMER)
    return SolvedTicket(
        "jsonl",
        identity(record, "id"),
        text(record, "channel") or "email",
        text(record, "subject"),
        tuple(filter(None, (text(one, "text") for one in spoken if text(one, "by") == CUSTOMER))),
        tuple(filter(None, (text(one, "text") for one in answers))),
        words(record, "tags"),
        text(record, "language")[:2].lower() or None,
        text(record, "solved_at") or None,
        number(record, "csat"),
        Person(
            tuple(filter(None, (text(customer, "name"), *own))),
            tuple(filter(None, (text(customer, "email"),))),
            tuple(filter(None, (text(customer, "phone"),))),
        ),
        Person(tuple(filter(None, staff))),
    )


def _messages(record: Fields) -> list[Fields]:
    if "messages" not in record:
        return [{"by": CUSTOMER, "text": record["question"]}, {"by": STAFF, "text": record["answer"]}]
    spoken = list(listed(record, "messages"))
    for one in spoken:
        if text(one, "by") not in KNOWN:
            raise Malformed('each message needs "by": customer, staff or bot')
    return [one for one in spoken if one.get("public") is not False]
