"""A helpdesk's conversation to a turn of the desk, and the desk's answer back into it. No vendor's word here.

Loops are stopped here: only what a customer said last is answered, never what we, a person or a machine said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

import structlog

from agent.answer import Answer
from agent.case import Incoming, Turn
from connectors.helpdesks import Author, Comment, Conversation, Helpdesk, Words
from connectors.inbox import Event
from tools.orders.model import Clock
from tools.orders.outbox import Message

SILENT = {"ai_handoff", "ai_disabled"}
OURS = {Author.WISMO, Author.PERSON}
log = structlog.get_logger()


class Answering(Protocol):
    """The part of the desk that a helpdesk needs."""

    def answer(self, incoming: Incoming) -> Answer: ...


class Turns:
    """`channel` names the helpdesk in tickets, conversations and outbox kinds."""

    def __init__(self, helpdesk: Helpdesk, desk: Answering, channel: str, now: Clock, per_hour: int = 10) -> None:
        self._helpdesk = helpdesk
        self._desk = desk
        self._channel = channel
        self._now = now
        self._per_hour = per_hour

    def read(self, event: Event) -> None:
        """The event says only: look at this conversation. What stands there now is what is answered."""
        conversation = self._helpdesk.conversation(event.conversation)
        why_not = self._silent(conversation)
        if why_not:
            log.info("helpdesk.silent", channel=self._channel, why=why_not)
            return
        self._desk.answer(self._incoming(conversation))

    def _silent(self, conversation: Conversation) -> str | None:
        said = public(conversation)
        if conversation.tags & SILENT:
            return "handed over or switched off"
        if not conversation.open:
            return "solved or closed"
        if not said or said[-1].author is not Author.CUSTOMER:
            return "the last word is not a customer's"
        hour = self._now() - timedelta(hours=1)
        lately = sum(one.author is Author.WISMO and one.at > hour for one in said)
        return "too many replies in an hour" if lately >= self._per_hour else None

    def _incoming(self, conversation: Conversation) -> Incoming:
        """All that customers said since we last spoke is one turn; what stands before is history."""
        fresh, before = split(public(conversation))
        last = fresh[-1]
        own_words = all(one.sender == conversation.requester and not one.suspicious for one in fresh)
        return Incoming(
            id=f"{self._channel}:{conversation.id}:{last.id}",
            conversation=f"{self._channel}:{conversation.id}",
            channel=self._channel,
            text="\n\n".join(one.text for one in fresh),
            email=conversation.email,
            verified=conversation.verified and own_words,
            stranger=not own_words,
            reopened=bool(before) and before[-1].author is Author.PERSON,
            subject=conversation.subject if not before else "",
            history=tuple(Turn("customer" if one.author is Author.CUSTOMER else "agent", one.text) for one in before),
        )

    def deliver(self, message: Message) -> None:
        """Say the answer, once. Meanwhile a person took over, or the customer went on: then only as a note, or not."""
        answer = message.body
        conversation = self._helpdesk.conversation(str(answer["conversation"]).partition(":")[2])
        if self._overtaken(conversation, message):
            log.info("helpdesk.overtaken", channel=self._channel)
            return
        for words in _said(message.key, answer, self._taken_over(conversation, message)):
            # A Conflict is not caught: the ticket changed, so the next try reads it again and decides again.
            self._helpdesk.say(conversation, words)
            conversation = self._helpdesk.conversation(conversation.id)

    def _overtaken(self, conversation: Conversation, message: Message) -> bool:
        """The customer said more since: that turn's answer is on its way, and this one would talk past it."""
        turn = str(message.body["id"]).rpartition(":")[2]
        said = [one.id for one in public(conversation) if one.author is Author.CUSTOMER]
        return turn in said and said[-1] != turn

    def _taken_over(self, conversation: Conversation, message: Message) -> bool:
        spoke = any(one.author is Author.PERSON and one.at > message.created_at for one in conversation.comments)
        return spoke or bool(conversation.tags & {"ai_disabled"})


def public(conversation: Conversation) -> Sequence[Comment]:
    return [one for one in conversation.comments if one.public and one.author is not Author.MACHINE]


def split(said: Sequence[Comment]) -> tuple[Sequence[Comment], Sequence[Comment]]:
    """What customers said since we last did, and everything before."""
    spoken = [place for place, one in enumerate(said) if one.author in OURS]
    cut = spoken[-1] + 1 if spoken else 0
    return said[cut:], said[:cut]


def _said(key: str, answer: Mapping[str, Any], taken_over: bool) -> list[Words]:
    """A hand-off speaks to the customer first, then tells the team everything, in two updates with a mark each."""
    tags = tuple(f"wismo_{intent}" for intent in answer["intents"])
    if answer["mode"] == "draft" or taken_over:
        return [Words(f"{key}:draft", f"Suggested reply:\n\n{answer['reply']}", False, ("wismo_draft", *tags))]
    waiting = answer["disposition"] not in {"handed_off", "queued"}
    said = [Words(f"{key}:reply", answer["reply"], True, ("ai_replied", *tags), waiting=waiting)]
    if answer["disposition"] == "queued":
        note = f"Waits for a person: {', '.join(answer['approvals'])}"
        said.append(Words(f"{key}:note", note, False, ("wismo_queued",)))
    if answer["handoff"]:
        said.append(Words(f"{key}:note", answer["note"], False, ("ai_handoff",), team=answer["handoff"]["team"]))
    return said
