"""The conversation as a letter, to the address that the shop holds for a proven customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from agent import conversations
from agent.case import ConversationId, Incoming
from api.widget import events
from api.widget.events import Event, Kind
from api.wiring import House
from tools.contract import Level
from tools.orders import outbox

YOU = {"en": "You", "fr": "Vous", "es": "Usted", "de": "Sie"}
SUBJECT = {
    "en": "Your conversation with {shop}",
    "fr": "Votre conversation avec {shop}",
    "es": "Su conversación con {shop}",
    "de": "Ihr Gespräch mit {shop}",
}
LONGEST = 1_000


def address_of(house: House, conversation: ConversationId, token: str) -> str | None:
    """None while nobody is proven, or the proven one is no customer."""
    with house.database.read() as db:
        thread, _ = conversations.load(db, conversation)
    seen = house.identity.see(Incoming("transcript", conversation, "widget", "", token=token), thread)
    if seen.caller.level < Level.VERIFIED or seen.caller.customer is None:
        return None
    known = house.orders.customer(seen.caller.customer)
    return known.email if known else None


def put(house: House, conversation: ConversationId, address: str) -> None:
    """Once for what was said so far, however often it is asked for."""
    now, shop = house.now(), house.policy.shop
    with house.database.write() as db:
        _, language = conversations.load(db, conversation)
        spoken = language if language in SUBJECT else "en"
        told = events.after(db, conversation, 0, LONGEST)
        text = "\n\n".join(_lines(told, YOU[spoken], house.policy.voice.assistant, house.policy.terms.timezone))
        letter = {"to": address, "subject": SUBJECT[spoken].format(shop=shop.name), "text": text}
        key = f"transcript:{conversation}:{told[-1].sequence if told else 0}"
        outbox.put(db, key, "mail.transcript", letter | {"conversation": conversation}, now, conversation)


def _lines(told: Iterable[Event], you: str, assistant: str, timezone: str) -> Iterator[str]:
    for event in told:
        words = _words(event.kind, event.body)
        if words:
            at = datetime.fromisoformat(event.at).astimezone(ZoneInfo(timezone))
            who = {Kind.SAID: you, Kind.REPLY: f"{assistant} (AI)"}.get(Kind(event.kind), event.body.get("name", ""))
            yield f"{who}, {at:%Y-%m-%d %H:%M}\n{words}"


def _words(kind: str, body: Mapping[str, object]) -> str:
    """Of a pressed button what it said."""
    if "agree" in body:
        return "✓" if body["agree"] else "✗"
    return str(body["text"]) if kind in {Kind.SAID, Kind.REPLY, Kind.PERSON} else ""


def masked(address: str) -> str:
    """Enough to know it again: a•••@example.com."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}•••@{domain}"
