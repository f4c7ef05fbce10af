"""Replies as letters, for shops without a helpdesk: in the thread of the customer's letter, marked as a machine's.

What a person must see (a hand-off's note, a draft, what waits for a decision) goes to the team's address, as a message
of its own, so that trying one again never says the other twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog

from connectors.errors import Rejected
from tools.orders import outbox
from tools.orders.database import Database
from tools.orders.model import Clock
from tools.orders.outbox import Message

HOUR = timedelta(hours=1)
ANSWERS = ("re:", "aw:", "sv:", "rv:", "r:", "antw:")
LONGEST = 200
log = structlog.get_logger()
Send = Callable[[Message], None]


@dataclass(frozen=True, slots=True)
class Letters:
    """`team` is the address of the shop's own people; none: drafts and notes stay where `wismo explain` shows them.

    `reply` and `note` are carriers of the outbox kinds reply.mail and note.mail.
    """

    database: Database
    send: Send
    now: Clock
    team: str = ""
    per_hour: int = 10
    assistant: str = ""

    def reply(self, message: Message) -> None:
        """Raises `Rejected` when as many letters went to this conversation in an hour as only a loop makes."""
        answer = message.body
        if not answer.get("letter"):
            return  # its words were erased
        self._note_for_the_team(message)
        if answer["mode"] == "draft":
            log.info("mail.draft", told_team=bool(self.team))
            return
        with self.database.read() as db:
            sent = outbox.lately(db, str(answer["conversation"]), message.kind, self.now() - HOUR)
        if sent >= self.per_hour:
            raise Rejected(f"{sent} letters in an hour to one conversation: two machines write to each other")
        self.send(replace(message, body=self._letter(answer)))

    def note(self, message: Message) -> None:
        self.send(message)

    def _letter(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        letter = answer["letter"]
        answered = letter["message_id"]
        references = " ".join((*letter["references"], answered)) if answered else ""
        headers = {"In-Reply-To": answered, "References": references} | self._signs(by_person=bool(answer.get("by")))
        text = f"{answer['reply']}\n"
        return {"to": letter["to"], "subject": titled(letter["subject"]), "text": text, "headers": headers}

    def _signs(self, *, by_person: bool) -> dict[str, str]:
        """What marks a machine's letter; a person's has none of it, not even the mail server's default."""
        if by_person:
            return {"Auto-Submitted": ""}
        return {
            "Auto-Submitted": "auto-replied",
            "X-Auto-Response-Suppress": "All",
            "X-AI-Generated": f"yes; {self.assistant}" if self.assistant else "yes",
        }

    def _note_for_the_team(self, message: Message) -> None:
        told = _for_people(message.body)
        if not (self.team and told):
            return
        letter = message.body["letter"]
        subject = f"[Wismo] {titled(letter['subject'])}"
        body = {"to": self.team, "subject": subject, "text": told, "headers": {"Reply-To": letter["to"]}}
        with self.database.write() as db:
            outbox.put(db, f"{message.key}:team", "note.mail", body, self.now())


def titled(subject: str) -> str:
    """A subject of an answer: one line, and one "Re:"."""
    plain = " ".join(subject.split())[:LONGEST]
    return plain if plain.lower().startswith(ANSWERS) else f"Re: {plain}".strip()


def _for_people(answer: Mapping[str, Any]) -> str:
    """What a person must see of it; empty where nobody need."""
    parts = []
    if answer["mode"] == "draft":
        parts.append(f"Suggested reply, not sent:\n\n{answer['reply']}")
    if answer["approvals"]:
        parts.append(f"Waits for a decision: {', '.join(answer['approvals'])} (wismo approvals list)")
    if answer["handoff"]:
        parts.append(f"For the team {answer['handoff']['team']}:\n\n{answer['note']}")
    return "\n\n".join(parts) + "\n" if parts else ""
