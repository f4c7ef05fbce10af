"""Who came back: contacts of the same customer or about the same order, in any channel, with the same wish."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from eval.conversation import Conversation
from eval.metrics.populations import asks, is_inbound, turns, wishes

RECONTACT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Contact:
    """`at` is in UTC."""

    at: datetime
    conversation: str
    intents: frozenset[str]


class Contacts:
    """Every request of every customer, found by whose and about which order it is."""

    def __init__(self, conversations: Iterable[Conversation]) -> None:
        self._of: dict[str, list[Contact]] = {}
        for conversation in conversations:
            if is_inbound(conversation):
                self._add(conversation)
        for contacts in self._of.values():
            contacts.sort(key=lambda one: one.at)

    def _add(self, conversation: Conversation) -> None:
        made = [Contact(utc(turn.at), conversation.id, wishes(turn)) for turn in turns(conversation) if asks(turn)]
        for key in keys_of(conversation):
            self._of.setdefault(key, []).extend(made)

    def again(self, conversation: Conversation, intents: frozenset[str], after: datetime) -> datetime | None:
        """The first time within 7 days (the last moment included) of one of these wishes in another conversation."""
        found = (
            one.at
            for key in keys_of(conversation)
            for one in self._between(key, after, after + RECONTACT)
            if one.conversation != conversation.id and one.intents & intents
        )
        return min(found, default=None)

    def _between(self, key: str, after: datetime, until: datetime) -> Iterator[Contact]:
        contacts = self._of.get(key, [])
        for place in range(bisect_right(contacts, after, key=lambda one: one.at), len(contacts)):
            if contacts[place].at > until:
                return
            yield contacts[place]


def keys_of(conversation: Conversation) -> frozenset[str]:
    """Customer and orders, in different spaces; nothing for a stranger who named no order."""
    named = {*conversation.orders, *(order for turn in turns(conversation) for order in turn.orders)}
    customer = {f"customer:{conversation.customer}"} if conversation.customer else set()
    return frozenset(customer | {f"order:{order}" for order in named if order})


def utc(moment: datetime) -> datetime:
    """Adding hours to a moment of a zone adds them to its clock, summer time or not: reckon in UTC only."""
    return moment.astimezone(UTC)
