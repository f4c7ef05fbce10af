"""A person of the shop in a conversation of the widget: answers, types, ends it. Wismo is silent meanwhile."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from agent import conversations
from agent.case import ConversationId
from agent.conversations import resolved
from agent.inbox import Spoken, Talk
from api.widget import events
from api.widget.events import Kind
from api.widget.stage import CHANNEL
from tools.orders.database import Database


def says(database: Database, conversation: str, name: str, text: str, key: str, now: datetime) -> bool:
    """The person has the conversation from now on. False when this was said before."""
    with database.alone(f"conversation {conversation}"), database.write() as db:
        fresh = events.append(db, conversation, f"person:{key}", Kind.PERSON, {"name": name, "text": text}, now)
        if fresh:
            conversations.to_person(db, ConversationId(conversation))
    return fresh


def from_the_desk(db: Connection, talk: Talk, said: Spoken) -> None:
    """A `Send` of the desk's inbox (agent/inbox.py), which holds the conversation and gives it back itself."""
    key, told = f"person:{talk.conversation}:{said.sequence}", {"name": said.by, "text": said.text}
    events.append(db, talk.conversation, key, Kind.PERSON, told, said.at)


def types(db: Connection, conversation: str, name: str, now: datetime) -> None:
    events.append(db, conversation, f"typing:{now.isoformat()}", Kind.TYPING, {"name": name}, now)


def ends(database: Database, conversation: str, by: str, now: datetime) -> None:
    """What comes after it is Wismo's again; nothing that stood open before it does so any more."""
    name = ConversationId(conversation)
    with database.alone(f"conversation {conversation}"), database.write() as db:
        thread, language = conversations.load(db, name)
        conversations.save(db, name, CHANNEL, language or "", resolved(thread), now)
        key = f"closed:{events.last(db, conversation)}"
        events.append(db, conversation, key, Kind.CLOSED, {"by": by}, now)
