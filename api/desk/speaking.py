"""How a person's words at the desk reach the customer: by letter to who writes letters, else where the channel asks.

Over the API they are read at /v1/conversations, as Wismo's own later turns are. A channel with more to do (a stream
to wake, events of its own) brings its `Send` to `Ways`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from agent import correspondence
from agent.inbox import Send, Spoken, Talk


@dataclass(frozen=True, slots=True)
class Ways:
    """`elsewhere` are the connected helpdesks: people answer there, and here it is only read."""

    elsewhere: tuple[str, ...] = ()
    own: Mapping[str, Send] = field(default_factory=dict)

    def named(self, db: Connection, talk: Talk) -> str:
        """Where an answer goes, in words for the person; empty where it cannot go from here."""
        if talk.channel in self.elsewhere:
            return ""
        if talk.channel in self.own:
            return f"in the {talk.channel}"
        letter = correspondence.last(db, talk.conversation)
        return f"as a letter to {letter.to}" if letter else f"where the {talk.channel} reads the conversation"

    def send(self, db: Connection, talk: Talk, said: Spoken) -> None:
        own, letter = self.own.get(talk.channel), correspondence.last(db, talk.conversation)
        if own:
            own(db, talk, said)
        elif letter:
            key = f"person:{talk.conversation}:{said.sequence}"
            correspondence.put_by_person(db, talk.conversation, key, said.by, said.text, letter, said.at)
