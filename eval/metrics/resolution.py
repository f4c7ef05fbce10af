"""Confirmed, contained, verified, and the life of a resolution: pending → provisional → settled → reversed.

Everything is judged as it was known at a moment (`now`): the same functions give a past period's figure as it was
published and as it is today.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from eval.conversation import SMALL_TALK, Conversation, Turn
from eval.metrics.contacts import RECONTACT, Contacts, utc
from eval.metrics.populations import asks, by_people, is_answer, is_answered, is_inbound, is_involved, turns, wishes

WINDOWS = {"24h": timedelta(hours=24), "72h": timedelta(hours=72), "7d": timedelta(days=7)}
VERIFYING = WINDOWS["72h"]
"""The window by which verified is defined, whichever contained is shown for."""
NEVER = datetime.max.replace(tzinfo=UTC)
EVER = NEVER - timedelta(days=30)
"""A `now` by which every window has closed: for conversations that are told to their end."""
State = Literal["", "pending", "provisional", "settled", "reversed"]
STATES: tuple[State, ...] = ("pending", "provisional", "settled", "reversed")


@dataclass(frozen=True, slots=True)
class Standing:
    """One conversation, as it stood at `now`; moments in UTC, NEVER where there was none.

    `answered_at` the last substantive answer · `asked_at` the first request after it · `person_at` when a person first
    had to · `confirmed` an explicit yes after it · `undone_at` the earliest return of the customer with the same wish,
    or of the core upon what it rested on · `last_at` the last turn of anybody.
    """

    conversation: Conversation
    now: datetime
    inbound: bool
    involved: bool
    answered: bool
    answered_at: datetime
    asked_at: datetime
    person_at: datetime
    confirmed: bool
    undone_at: datetime
    last_at: datetime

    def broken(self, window: timedelta) -> bool:
        """A person or a further request, within the window (its last moment included)."""
        return min(self.asked_at, self.person_at) <= self.answered_at + window

    def pending(self, window: timedelta) -> bool:
        open_yet = self.answered and not self.confirmed and self.now <= self.answered_at + window
        return open_yet and not self.broken(window)

    def contained(self, window: timedelta) -> bool:
        """Confirmed or assumed(W)."""
        if not self.answered:
            return False
        return self.confirmed or (self.now > self.answered_at + window and not self.broken(window))

    def over(self, window: timedelta) -> bool:
        """Nothing was said for so long. Rates are over these only: failures are known sooner than resolutions are."""
        return self.now > self.last_at + window

    @property
    def undone(self) -> bool:
        return self.undone_at <= self.now

    @property
    def graded(self) -> bool:
        """Known to be right in all three, or wrong in one."""
        grades = self.conversation.grades
        given = (grades.facts, grades.end_state, grades.answered)
        return False in given or None not in given

    @property
    def verified(self) -> bool:
        """Never without grades; as far as is known now: see `state` for what may still come."""
        grades = self.conversation.grades
        right = grades.facts is True and grades.end_state is True and grades.answered is True
        return right and self.contained(VERIFYING) and not self.undone

    def state(self, window: timedelta) -> State:
        """Empty where there is no resolution that could live."""
        if self.pending(window):
            return "pending"
        if not self.contained(window):
            return ""
        if self.undone:
            return "reversed"
        return "settled" if self.now > self.answered_at + RECONTACT else "provisional"


def judged(conversations: Iterable[Conversation], now: datetime = EVER) -> tuple[Standing, ...]:
    """Each as it was known at `now`; those that had not begun are left out. All of them count as possible contacts."""
    moment = utc(now)
    known = [one for one in (known_at(each, moment) for each in conversations) if one]
    contacts = Contacts(known)
    return tuple(_standing(one, contacts, moment) for one in known)


def known_at(conversation: Conversation, now: datetime) -> Conversation | None:
    """What was known then; None before its first turn."""
    said = tuple(sorted((turn for turn in conversation.turns if turn.at <= now), key=lambda turn: turn.at))
    if not said:
        return None
    return replace(
        conversation,
        turns=said,
        closed_by_person=_by(conversation.closed_by_person, now),
        reversed_at=_by(conversation.reversed_at, now),
    )


def _by(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment and moment <= now else None


def _standing(one: Conversation, contacts: Contacts, now: datetime) -> Standing:
    every = turns(one)
    last = max((place for place, turn in enumerate(every) if is_answer(turn)), default=-1)
    answered = is_answered(one)
    after = every[last + 1 :]
    asked_at = min((utc(turn.at) for turn in after if asks(turn)), default=NEVER)
    person_at = _person_at(one, every)
    yes_at = min((utc(turn.at) for turn in after if says_yes(turn)), default=NEVER)
    return Standing(
        one,
        now,
        is_inbound(one),
        is_involved(one),
        answered,
        utc(every[last].at) if answered else EVER,
        asked_at,
        person_at,
        answered and asked_at == NEVER and yes_at != NEVER and person_at > yes_at,
        _undone_at(one, every, contacts) if answered else NEVER,
        utc(one.turns[-1].at),
    )


def says_yes(turn: Turn) -> bool:
    """An explicit yes, with nothing else beside it. A mere "thanks" is politeness, and counts as silence."""
    said = {one.intent for one in turn.requests}
    if turn.kind != "message" or not said or said - SMALL_TALK or "deny" in said:
        return False
    return any(one.intent == "affirm" and one.disposition == "answered" for one in turn.requests)


def _person_at(one: Conversation, every: Sequence[Turn]) -> datetime:
    moments = [utc(turn.at) for turn in every if by_people(turn)]
    return min([*moments, utc(one.closed_by_person)] if one.closed_by_person else moments, default=NEVER)


def _undone_at(one: Conversation, every: Sequence[Turn], contacts: Contacts) -> datetime:
    """By the core at any time, by the customer within 7 days of an answer after which the conversation stood still."""
    found = [utc(one.reversed_at)] if one.reversed_at else []
    seen: frozenset[str] = frozenset()
    for place, turn in enumerate(every):
        seen |= wishes(turn)
        if is_answer(turn):
            found += _came_back(one, every[place + 1 :], seen, utc(turn.at), contacts)
    return min(found, default=NEVER)


def _came_back(
    one: Conversation, after: Sequence[Turn], seen: frozenset[str], answered_at: datetime, contacts: Contacts
) -> list[datetime]:
    """Nothing while the dialogue goes on: what follows within the window belongs to it."""
    asked = [turn for turn in after if asks(turn)]
    if asked and utc(asked[0].at) <= answered_at + VERIFYING:
        return []
    reopened = [utc(turn.at) for turn in asked if wishes(turn) & seen and utc(turn.at) <= answered_at + RECONTACT]
    elsewhere = contacts.again(one, seen, answered_at)
    return [*reopened[:1], *([elsewhere] if elsewhere else [])]
