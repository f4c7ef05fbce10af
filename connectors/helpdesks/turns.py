"""A helpdesk's conversation to a turn of the desk, and the desk's answer back into it. No vendor's word here.

Loops are stopped here: only what a customer said last is answered, never what we, a person or a machine said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

import structlog

from agent.answer import Answer
from agent.case import Incoming, Intent, Triage, Turn
from connectors.errors import ConnectorError, Gone, Rejected
from connectors.helpdesks import Author, Comment, Conversation, Helpdesk, Waits, Words
from connectors.helpdesks.said import said_since
from connectors.inbox import Event
from tools.orders.model import Clock
from tools.orders.outbox import Message

HANDED_OVER, SWITCHED_OFF, THANKED = "ai_handoff", "ai_disabled", "wismo_thanked"
OURS = {Author.WISMO, Author.PERSON}
THANKS = {Intent.THANKS, Intent.PRAISE}
log = structlog.get_logger()


class Answering(Protocol):
    """The part of the desk that a helpdesk needs."""

    def answer(self, incoming: Incoming) -> Answer: ...

    def read(self, incoming: Incoming) -> Triage: ...


@dataclass(frozen=True, slots=True)
class Manners:
    """`per_hour` replies in one conversation; more are a loop.

    `suggest` makes a reply for the people who hold a conversation, None where it has none; without it we are silent
    there. `rated` is told how content a customer was with a conversation, from 1 to 5.
    """

    per_hour: int = 10
    suggest: Callable[[Incoming], str | None] | None = None
    rated: Callable[[str, int], None] = lambda *_: None


class Turns:
    """`channel` names the helpdesk in tickets, conversations and outbox kinds."""

    def __init__(
        self,
        helpdesk: Helpdesk,
        desk: Answering,
        channel: str,
        now: Clock,
        manners: Manners | None = None,
    ) -> None:
        self._helpdesk = helpdesk
        self._desk = desk
        self._channel = channel
        self._now = now
        self._manners = manners or Manners()

    def read(self, event: Event) -> None:
        """The event says only: look at this conversation. What stands there now is what is answered."""
        conversation = self._helpdesk.conversation(event.conversation)
        if conversation.rating is not None:
            self._manners.rated(f"{self._channel}:{conversation.id}", conversation.rating)
        why_not = self._silent(conversation) or self._thanked_again(conversation)
        if why_not:
            log.info("helpdesk.silent", channel=self._channel, why=why_not)
            return
        if HANDED_OVER in conversation.tags:
            self._suggest(conversation)
            return
        self._show_writing(conversation)
        self._desk.answer(self._incoming(conversation))

    def _suggest(self, conversation: Conversation) -> None:
        """People answer here: what Wismo would say is a note to them. Nothing is done, nothing reaches the customer."""
        incoming = self._incoming(conversation)
        suggested = self._manners.suggest(incoming) if self._manners.suggest else None
        if suggested:
            text = f"Suggested reply:\n\n{suggested}"
            self._helpdesk.say(conversation, Words(f"{incoming.id}:copilot", text, False, ("wismo_draft",)))

    def _show_writing(self, conversation: Conversation) -> None:
        try:
            self._helpdesk.writing(conversation)
        except ConnectorError as error:
            log.info("helpdesk.typing_not_shown", channel=self._channel, error=type(error).__name__)

    def _thanked_again(self, conversation: Conversation) -> str | None:
        """Thanks were answered once here. More of them, or a machine's "thank you for your message", end it."""
        if THANKED not in conversation.tags or HANDED_OVER in conversation.tags:
            return None
        incoming = self._incoming(conversation)
        if not _only_thanks(request.intent for request in self._desk.read(incoming).requests):
            return None
        note = "The customer says thanks again; nothing is asked."
        self._helpdesk.say(conversation, Words(f"{incoming.id}:thanks", note, False, waits=Waits.NOBODY))
        return "thanks once more"

    def _silent(self, conversation: Conversation) -> str | None:
        said = public(conversation)
        if SWITCHED_OFF in conversation.tags:
            return "switched off"
        if conversation.elsewhere:
            return conversation.elsewhere
        if HANDED_OVER in conversation.tags and self._manners.suggest is None:
            return "handed over"
        if not conversation.open:
            return "solved or closed"
        if not said or said[-1].author is not Author.CUSTOMER:
            return "the last word is not a customer's"
        hour = self._now() - timedelta(hours=1)
        lately = sum(one.author is Author.WISMO and one.at > hour for one in said)
        return "too many replies in an hour" if lately >= self._manners.per_hour else None

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
        if self._overtaken(conversation, message) and not answer["handoff"]:  # a hand-off always speaks
            log.info("helpdesk.overtaken", channel=self._channel)
            return
        if conversation.elsewhere:
            log.info("helpdesk.not_said", channel=self._channel, why=conversation.elsewhere)
            return
        said = _said(message.key, answer, self._taken_over(conversation, message))
        for place, words in enumerate(said):
            conversation = self._helpdesk.conversation(conversation.id) if place else conversation
            # A Conflict is not caught: the ticket changed, so the next try reads it again and decides again.
            self._helpdesk.say(conversation, words)

    def begins(self, message: Message, email: str) -> bool:
        """Say, once, what nobody asked, to whose address that is.

        False where it is not to be said: not theirs alone, closed, gone, a person's, another bot's, or refused.
        """
        answer = message.body
        try:
            conversation = self._helpdesk.conversation(str(answer["conversation"]).partition(":")[2])
        except Gone:
            return False
        (words,) = _said(message.key, answer, taken_over=False)
        if said_since(conversation, words, message.created_at):
            return True  # its answer was lost, and whatever became of the conversation since, it was said
        if not (_may_begin(conversation) and _theirs_alone(conversation, email)):
            log.info("helpdesk.not_begun", channel=self._channel)
            return False
        try:
            self._helpdesk.say(conversation, words)
        except Rejected as error:
            log.warning("helpdesk.begin_refused", channel=self._channel, error=str(error))
            return False
        return True

    def _overtaken(self, conversation: Conversation, message: Message) -> bool:
        """The customer said more since: that turn's answer is on its way, and this one would talk past it."""
        turn = str(message.body["id"]).rpartition(":")[2]
        said = [one.id for one in public(conversation) if one.author is Author.CUSTOMER]
        return turn in said and said[-1] != turn

    def _taken_over(self, conversation: Conversation, message: Message) -> bool:
        spoke = any(one.author is Author.PERSON and one.at > message.created_at for one in conversation.comments)
        return spoke or SWITCHED_OFF in conversation.tags


def _may_begin(conversation: Conversation) -> bool:
    ours = [one.author for one in conversation.comments if one.author in OURS]
    persons = bool(ours) and ours[-1] is Author.PERSON
    held = {HANDED_OVER, SWITCHED_OFF} & conversation.tags
    return conversation.open and not (conversation.elsewhere or held or persons)


def _theirs_alone(conversation: Conversation, email: str) -> bool:
    """The helpdesk proves the address, and nobody else ever wrote there as a customer."""
    same = bool(conversation.email) and str(conversation.email).casefold() == email.casefold()
    customers = [one for one in conversation.comments if one.author is Author.CUSTOMER]
    own = all(one.sender == conversation.requester and not one.suspicious for one in customers)
    return conversation.verified and same and own


def public(conversation: Conversation) -> Sequence[Comment]:
    return [one for one in conversation.comments if one.public and one.author is not Author.MACHINE]


def split(said: Sequence[Comment]) -> tuple[Sequence[Comment], Sequence[Comment]]:
    """What customers said since we last did, and everything before."""
    spoken = [place for place, one in enumerate(said) if one.author in OURS]
    cut = spoken[-1] + 1 if spoken else 0
    return said[cut:], said[:cut]


def _only_thanks(intents: Iterable[Intent]) -> bool:
    found = set(intents)
    return Intent.THANKS in found and found <= THANKS


def _said(key: str, answer: Mapping[str, Any], taken_over: bool) -> list[Words]:
    """A hand-off speaks to the customer first, then tells the team everything, in two updates with a mark each."""
    tags = tuple(f"wismo_{intent}" for intent in answer["intents"])
    if answer["mode"] == "draft" or taken_over:
        return [Words(f"{key}:draft", f"Suggested reply:\n\n{answer['reply']}", False, ("wismo_draft", *tags))]
    said = [Words(f"{key}:reply", answer["reply"], True, ("ai_replied", *tags), waits=_waits(answer))]
    if said[0].waits is Waits.NOBODY:
        return [replace(said[0], tags=(*said[0].tags, THANKED))]
    if answer["disposition"] == "queued":
        note = f"Waits for a person: {', '.join(answer['approvals'])}"
        said.append(Words(f"{key}:note", note, False, ("wismo_queued",), waits=Waits.PEOPLE))
    if answer["handoff"]:
        team = answer["handoff"]["team"]
        said.append(Words(f"{key}:note", answer["note"], False, (HANDED_OVER,), team, Waits.PEOPLE))
    return said


def _waits(answer: Mapping[str, Any]) -> Waits:
    if answer["disposition"] in {"handed_off", "queued"}:
        return Waits.PEOPLE
    return Waits.NOBODY if _only_thanks(map(Intent, answer["intents"])) else Waits.CUSTOMER
