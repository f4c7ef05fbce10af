"""The same solved tickets as four helpdesks would export them, with what such files hold beside: bots, notes, merges.

Every person here is invented. `PERSONAL` is what must not be found in anything that is proposed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEA = {"id": 7, "name": "Leandra Martinsson", "email": "leandra@shop.example", "role": "agent"}
GIFT = (
    "Hello,\n\ndo you gift wrap? It is for my wife {kin}.\n\nThanks a lot,\n{first}",
    "Hi! Can my present be gift wrapped? My order would be {order}",
    "is gift wrapping possible? my name is {low}, you can call {phone}",
    "Do you offer gift wrap with a card? Write to {email} please.",
    "Good morning, could you gift wrap a parcel for me? I live at {street}.\nBest regards\n{first} {last}\n{phone}",
)
WRAPPED = (
    "<p>Hi {first},</p><p>Yes, we gift wrap for 4.90 EUR an item. Choose gift wrap in the basket before you pay. "
    "You can add a card with up to 200 letters.</p><p>Kind regards,<br>Leandra</p>",
    "Hello {first}, \n\nYes, we gift wrap for 4.90 EUR an item. Choose gift wrap in the basket before you pay. "
    "We will wrap {order} for {kin} with care.\n\nKind regards,\nLeandra Martinsson\nCustomer care",
    "Dear {first} {last},\n\nYes, we gift wrap for 4.90 EUR an item. Choose gift wrap in the basket before you pay. "
    "You can add a card with up to 200 letters.\n\nBest,\nLeandra",
)
LATE = (
    "Where is my order {order}? It should have been at {street} by now.\n\n{first}",
    "My parcel {order} is late, please answer to {email}",
    "hi, this is {low}, any news about order {order}? On Monday you told me it left",
)
SENT = (
    "Hi {first},\n\nYour order {order} left our warehouse on {day} November and is on its way to {street}. "
    "You can follow it with the number 1Z999AA1012345{tail}. We paid {amount} EUR of postage back to you.\n\nBest,\nLeandra",
)
PEOPLE = (
    ("Quillon", "Fennimore", "Xanthe", "12 Gorseberry Lane"),
    ("Zéphyrine", "Okonkwo-Brandt", "Thelonius", "44 rue des Oubliettes"),
    ("Ottoline", "Vasquero", "Pernilla", "7 Larkspur Drive"),
    ("Barnabus", "Wrzesniewski", "Isolde", "Quittenweg 19"),
    ("Marigold", "Haddadine", "Caspian", "203 Thistledown Road"),
    ("Ignatz", "Lindqvister", "Rosamund", "9b Hawthorn Avenue"),
)
DAY = 86_400


@dataclass(frozen=True)
class Story:
    """One solved ticket, whatever file it stands in."""

    number: int
    first: str
    last: str
    email: str
    phone: str
    question: str
    answer: str
    tags: tuple[str, ...]


def stories() -> list[Story]:
    return [story for number in range(len(PEOPLE) * 2) for story in [_story(number)]]


def personal() -> set[str]:
    """Each on its own would tell somebody apart; folded as the tests compare."""
    words: set[str] = {"leandra", "martinsson"}
    for number in range(len(PEOPLE) * 2):
        told = _told(number)
        words |= {told[name].casefold() for name in ("first", "kin", "email", "phone", "order", "street", "tail")}
        words |= {part.casefold() for part in told["last"].split("-")} | {told["amount"], told["order"].strip("#")}
        words |= {part.casefold() for part in told["street"].replace("-", " ").split() if len(part) > 6}
    return words


def _told(number: int) -> dict[str, str]:
    first, last, kin, street = PEOPLE[number % len(PEOPLE)]
    return {
        "first": first,
        "last": last,
        "low": f"{first} {last}".lower(),
        "kin": kin,
        "street": street,
        "order": f"#{48_211 + number * 37}",
        "email": f"{first[:3].lower()}.{last.split('-')[0].lower()}{number % len(PEOPLE)}@mail.example",
        "phone": f"+33 6 1{number % len(PEOPLE)} 34 56 78",
        "day": str(3 + number),
        "amount": f"{11 + number}.{37 + number}",
        "tail": f"{6100 + number}",
    }


def _story(number: int) -> Story:
    told = _told(number)
    gift = number < len(PEOPLE)
    question, answer = (GIFT, WRAPPED) if gift else (LATE, SENT)
    return Story(
        9_000 + number,
        told["first"],
        told["last"],
        told["email"],
        told["phone"],
        question[number % len(question)].format(**told),
        answer[number % len(answer)].format(**told),
        ("product_question", "vip") if gift else ("wismo",),
    )


# -- as each vendor writes it ----------------------------------------------------------------------------------


def zendesk(folder: Path) -> Path:
    return _lines(folder / "zendesk.json", [*map(_zendesk, stories()), *_zendesk_others()])


def _zendesk(one: Story) -> dict[str, Any]:
    requester = {"id": one.number * 10, "name": f"{one.first} {one.last}", "email": one.email, "phone": one.phone}
    return {
        "id": one.number,
        "url": f"https://shop.zendesk.com/api/v2/tickets/{one.number}.json",
        "status": "closed",
        "subject": "A question",
        "via": {"channel": "email"},
        "requester_id": requester["id"],
        "requester": requester,
        "assignee": LEA,
        "tags": [*one.tags],
        "satisfaction_rating": {"score": "good"},
        "updated_at": "2026-10-01T10:00:00Z",
        "comments": [
            _comment(requester["id"], one.question, "email"),
            _comment(-1, "We received your request. A colleague will answer.", "rule"),
            _comment(7, f"Note: {one.first} rang twice, {one.phone}", "web", public=False),
            _comment(501, "I am Wismo, an AI assistant, and I looked into that for you at once.", "api"),
            _comment(7, one.answer, "web"),
        ],
    }


def _comment(author: Any, body: str, channel: str, public: bool = True) -> dict[str, Any]:
    return {"type": "Comment", "author_id": author, "body": body, "public": public, "via": {"channel": channel}}


def _zendesk_others() -> Iterator[dict[str, Any]]:
    first = _zendesk(stories()[0])
    yield first
    yield first | {"id": 1, "status": "open"}
    yield first | {"id": 2, "tags": ["closed_by_merge"]}
    yield first | {"id": 3, "comments": [_comment(7, "Hello, we wrote to you.", "web")]}


def intercom(folder: Path) -> Path:
    """As the API's list answers: an object that holds the conversations, over several lines."""
    every = [*map(_intercom, stories()), *_intercom_others()]
    return _whole(folder / "intercom.json", {"type": "conversation.list", "total_count": 1, "conversations": every})


def _intercom(one: Story) -> dict[str, Any]:
    author = {"type": "user", "id": str(one.number), "name": f"{one.first} {one.last}", "email": one.email}
    admin = {"type": "admin", "id": "7", "name": LEA["name"], "email": LEA["email"]}
    parts = [
        _part(
            "comment", {"type": "bot", "id": "1", "name": "Fin"}, "A robot answers at once and says much about nothing."
        ),
        _part("note", admin, f"rang twice: {one.phone}"),
        _part("comment", admin | {"from_ai_agent": True}, "An AI agent in a seat of people says something long here."),
        _part("assignment", admin, None),
        _part("comment", admin, one.answer),
        _part("close", admin, None),
    ]
    return {
        "type": "conversation",
        "id": str(one.number),
        "created_at": 1_700_000_000,
        "updated_at": 1_700_000_000 + DAY,
        "open": False,
        "state": "closed",
        "source": {
            "type": "email",
            "delivered_as": "customer_initiated",
            "subject": "",
            "body": f"<p>{one.question}</p>",
            "author": author,
        },
        "contacts": {
            "type": "contact.list",
            "contacts": [{"type": "contact", "id": str(one.number), "phone": one.phone}],
        },
        "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": "1", "name": tag} for tag in one.tags]},
        "conversation_rating": {"rating": 5},
        "conversation_parts": {"type": "conversation_part.list", "conversation_parts": parts, "total_count": 6},
    }


def _part(kind: str, author: dict[str, Any], body: str | None) -> dict[str, Any]:
    return {"type": "conversation_part", "part_type": kind, "body": body, "author": author, "app_package_code": None}


def _intercom_others() -> Iterator[dict[str, Any]]:
    first = _intercom(stories()[0])
    yield first
    yield first | {"id": "1", "state": "open", "open": True}
    campaign = {
        "type": "conversation",
        "delivered_as": "campaigns_initiated",
        "body": "Sale!",
        "author": {"type": "admin", "id": "7"},
    }
    yield first | {"id": "2", "source": campaign, "conversation_parts": None}
    yield first | {
        "id": "3",
        "source": first["source"] | {"body": None},
        "conversation_parts": {"conversation_parts": []},
    }


def freshdesk(folder: Path) -> Path:
    return _whole(folder / "freshdesk.json", [*map(_freshdesk, stories()), *_freshdesk_others()])


def _freshdesk(one: Story) -> dict[str, Any]:
    parts = [
        {
            "id": 1,
            "body": "Thank you for writing, a colleague will answer you very soon.",
            "incoming": False,
            "private": False,
            "user_id": None,
        },
        {"id": 2, "body": f"rang twice: {one.phone}", "incoming": False, "private": True, "user_id": 7},
        {"id": 3, "body": one.answer, "body_text": one.answer, "incoming": False, "private": False, "user_id": 7},
    ]
    return {
        "id": one.number,
        "subject": "A question",
        "description": f"<div>{one.question}</div>",
        "description_text": one.question,
        "status": 5,
        "source": 1,
        "tags": [*one.tags],
        "requester_id": one.number * 10,
        "requester": {"id": one.number * 10, "name": f"{one.first} {one.last}", "email": one.email, "phone": one.phone},
        "responder_id": 7,
        "responder": {"name": LEA["name"], "email": LEA["email"]},
        "updated_at": "2026-10-01T10:00:00Z",
        "conversations": parts,
    }


def _freshdesk_others() -> Iterator[dict[str, Any]]:
    first = _freshdesk(stories()[0])
    yield first
    yield first | {"id": 1, "status": 2}
    yield first | {"id": 2, "tags": ["merged"]}
    yield first | {"id": 3, "description": "", "description_text": None, "conversations": None}


def jsonl(folder: Path) -> Path:
    others = [
        _jsonl(stories()[0]),
        _jsonl(stories()[0]) | {"id": 1, "solved": False},
        {"id": 3, "messages": []},
    ]
    return _lines(folder / "own.jsonl", [*map(_jsonl, stories()), *others])


def _jsonl(one: Story) -> dict[str, Any]:
    return {
        "id": one.number,
        "channel": "email",
        "customer": {"name": f"{one.first} {one.last}", "email": one.email, "phone": one.phone},
        "tags": [*one.tags],
        "messages": [
            {"by": "customer", "text": one.question},
            {"by": "bot", "text": "A robot answers at once and says much about nothing."},
            {"by": "staff", "public": False, "text": f"rang twice: {one.phone}", "name": LEA["name"]},
            {"by": "staff", "text": one.answer, "name": LEA["name"]},
        ],
    }


EVERY = {"zendesk": zendesk, "intercom": intercom, "freshdesk": freshdesk, "jsonl": jsonl}


def _lines(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    return path


def _whole(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False), encoding="utf-8")
    return path
