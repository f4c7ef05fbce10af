"""From a message to its requests: segments, their intents, their slots. What to do about them is not decided here."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from agent.brains import Begun, agreeing, reading
from agent.brains.addresses import address_in, part_of_address
from agent.brains.classifier import Guess, IntentModel, Written
from agent.brains.correcting import orders_meant
from agent.brains.following import apiece, followed
from agent.brains.language import LanguageGuess
from agent.brains.own_words import answers_a_mail, plain
from agent.brains.said_plainly import SURELY, THUMB, as_said, asks_where_it_is, broken
from agent.brains.segments import (
    ABOUT_AN_ORDER,
    HESITATES,
    UNHEARD,
    Segment,
    Stretch,
    asked_in,
    asks_nothing,
    parts_of,
)
from agent.case import Intent, Kind, Mood, Request, RequestId, Slots, Ticket, Triage
from agent.policy import Policy

# Farther than this from every example, a message is none of ours whatever the probabilities say.
STRANGE = 0.4
WORDS_OF_AN_ADDRESS = 10
APIECE = ABOUT_AN_ORDER - {Intent.ORDER_STATUS, Intent.REFUND_STATUS, Intent.INVOICE}
BEGINS_AN_ACTION = frozenset(
    {
        Intent.CANCEL_ORDER,
        Intent.CHANGE_ADDRESS,
        Intent.CHANGE_ORDER,
        Intent.RETURN_REQUEST,
        Intent.EXCHANGE_REQUEST,
        Intent.REFUND_REQUEST,
        Intent.WITHDRAWAL,
        Intent.MISSING_OR_DAMAGED,
        Intent.AFFIRM,
    }
)
MACHINES = (Kind.BOUNCE, Kind.AUTO_REPLY)


class Triager:
    def __init__(self, model: IntentModel, language: LanguageGuess, policy: Policy) -> None:
        self._model = model
        self._language = language
        self._policy = policy
        self._least = {intent: least_confidence(intent, model, policy) for intent in Intent}

    def __call__(self, ticket: Ticket) -> Triage:
        return self.begin(ticket).rest()

    def begin(self, ticket: Ticket) -> Begun:
        text, subject = plain(ticket.text, self._policy.limits.message_characters), _subject(ticket)
        whole = "\n".join(part for part in (subject, text) if part)
        kind = self._kind(ticket, text, whole)
        return Begun(kind, partial(self._read, ticket, text, whole, kind))

    def _read(self, ticket: Ticket, text: str, whole: str, kind: Kind) -> Triage:
        language = self._spoken(ticket, text, whole)
        mood = reading.mood(whole, (language,))
        urgent = mood is not Mood.NEUTRAL or reading.matches(text, "mood", "urgent", (language,))
        requests = self._requests(whole, ticket, language) if kind is Kind.MESSAGE else ()
        wants = any(r.intent is Intent.TALK_TO_HUMAN and r.in_scope for r in requests)
        return Triage(language, mood, "high" if urgent else "normal", wants, requests, kind)

    def _spoken(self, ticket: Ticket, text: str, whole: str) -> str:
        """The language of the message; of the conversation where it says too little, or only the address asked for."""
        question = ticket.thread.question
        asked = question is not None and question.missing == "address"
        only_a_place = asked and len(text.split()) <= WORDS_OF_AN_ADDRESS and part_of_address(text)
        guessed = None if only_a_place else self._language(text or whole)
        return guessed or ticket.language or self._policy.shop.languages[0]

    def _kind(self, ticket: Ticket, text: str, whole: str) -> Kind:
        machine = _machine(_subject(ticket), text, bool(reading.order_numbers(text, self._policy)))
        if machine:
            return machine
        if not re.search(r"\w", text if ticket.history or not ticket.subject else whole) and not THUMB.fullmatch(text):
            return Kind.EMPTY
        return Kind.FOREIGN if self._language.foreign(text) else Kind.MESSAGE

    def _requests(self, whole: str, ticket: Ticket, language: str) -> tuple[Request, ...]:
        first, *stretches = self._stretches(whole)
        own_matter = bool(ticket.thread.proposals)
        parts = self._heard(stretches, language, own_matter)

        def hear() -> Guess:
            return self._guesses([first], language, own_matter)[0]

        yes = self._yes(first, parts, ticket)
        if yes and yes.text == first.masked:
            return (replace(yes, id=RequestId("R1")),)
        asked = [self._request(_as_meant(segment, language)) for segment in asked_in(parts, first, hear)]
        named = _with_orders(asked, first.orders or reading.order_numbers(ticket.subject, self._policy))
        most = self._policy.limits.orders_per_message
        every = [one for request in named for one in apiece(followed(request, ticket), most, APIECE)]
        if yes and not _about_the_offer(every, ticket):
            every.insert(0, yes)
        return tuple(replace(request, id=RequestId(f"R{i}")) for i, request in enumerate(every, 1))

    def _yes(self, first: Stretch, parts: list[Segment], ticket: Ticket) -> Request | None:
        """To what stands open: the whole message where it repeats the wish, or its first words beside another wish."""
        offered, spoken = ticket.thread.proposals, self._policy.shop.languages
        said = plain(ticket.text, self._policy.limits.message_characters)
        if agreeing.repeats(said, offered, self._policy):
            return Request(RequestId(""), Intent.AFFIRM, 1.0, True, Slots(orders=first.orders), first.masked)
        begins = bool(offered and parts) and parts[0].intent is Intent.AFFIRM
        if (
            begins
            and not parts[0].orders
            and agreeing.says_yes(parts[0].text, spoken)
            and agreeing.says_yes(said, spoken)
        ):
            return Request(RequestId(""), Intent.AFFIRM, 1.0, True, Slots(), parts[0].masked)
        return None

    def _stretches(self, whole: str) -> list[Stretch]:
        """The whole message first, then its parts where it has several."""
        texts = [whole, *parts_of(whole)]
        return [
            Stretch(text, reading.mask(text, self._policy), orders_meant(text, whole, self._policy)) for text in texts
        ]

    def _heard(self, parts: list[Stretch], language: str, own_matter: bool) -> list[Segment]:
        """One pass of the classifier, over the parts that may ask for something or open with a yes."""
        asking = [
            one for at, one in enumerate(parts) if (own_matter and at == 0) or not asks_nothing(one.text, one.masked)
        ]
        guesses = dict(zip(asking, self._guesses(asking, language, own_matter), strict=True))
        return [one.heard(guesses.get(one, UNHEARD)) for one in parts]

    def _guesses(self, stretches: list[Stretch], language: str, own_matter: bool) -> list[Guess]:
        guesses = self._model.guess([Written(one.masked[:1_500], language) for one in stretches])
        return [_asked_after(guess, one.text, own_matter) for guess, one in zip(guesses, stretches, strict=True)]

    def _request(self, segment: Segment) -> Request:
        slots = replace(reading.slots(segment.text, self._policy), orders=segment.orders)
        if segment.intent is Intent.CHANGE_ADDRESS:
            slots = replace(slots, address=address_in(segment.text))
        unclear = segment.intent is Intent.AFFIRM and HESITATES.search(segment.text)
        sure = segment.guess.confidence >= self._least[segment.intent] and segment.guess.nearest >= STRANGE
        in_scope = sure and not unclear and segment.intent is not Intent.OUT_OF_SCOPE
        confidence = round(segment.guess.confidence, 3)
        return Request(RequestId(""), segment.intent, confidence, in_scope, slots, segment.masked)


def _about_the_offer(requests: list[Request], ticket: Ticket) -> bool:
    """A yes among them, or the offered wish again in other words: then its quote is the newer one."""
    offered = {one.intent for one in ticket.thread.proposals}
    return not requests or any(
        one.intent in {Intent.AFFIRM, Intent.DENY, *offered} or not one.in_scope for one in requests
    )


def _subject(ticket: Ticket) -> str:
    """What the customer wrote there; nothing where it is the subject of an earlier mail."""
    return "" if answers_a_mail(ticket.subject) else plain(ticket.subject, 500)


def _machine(subject: str, text: str, names_an_order: bool) -> Kind | None:
    """By its subject; by its body only where that asks for nothing: a customer may also be out of the office."""
    asks = names_an_order or "?" in text or reading.matches(text, "machine", "asks", reading.WRITTEN)
    told = subject if asks else f"{subject}\n{text[:300]}"
    return next((kind for kind in MACHINES if reading.matches(told, "machine", kind, reading.WRITTEN)), None)


def _as_meant(segment: Segment, language: str) -> Segment:
    """Praise of what went wrong is a complaint; broken goods that "arrived" are not asked for."""
    if segment.intent is Intent.ORDER_STATUS and segment.guess.confidence < SURELY and broken(segment.text, language):
        return replace(segment, guess=replace(segment.guess, label=Intent.MISSING_OR_DAMAGED.value))
    if segment.intent in {Intent.PRAISE, Intent.THANKS} and reading.matches(
        segment.text, "mood", "sarcasm", (language,)
    ):
        return replace(segment, guess=replace(segment.guess, label=Intent.COMPLAINT.value))
    return segment


def _asked_after(guess: Guess, text: str, own_matter: bool) -> Guess:
    """A pronoun alone is marked by a confidence and a nearness of exactly 1."""
    return (
        Guess(Intent.ORDER_STATUS.value, 1.0, 1.0)
        if asks_where_it_is(text)
        else as_said(guess, text, own_matter=own_matter)
    )


def least_confidence(intent: Intent, model: IntentModel, policy: Policy) -> float:
    """From validation where the shop names a precision; else by what an error would cost."""
    understanding = policy.understanding
    wanted = understanding.precision.get(intent)
    if wanted is not None:
        return model.calibration.threshold(intent.value, wanted)
    return understanding.confidence if intent in BEGINS_AN_ACTION else understanding.confidence_to_tell


def _with_orders(requests: list[Request], everywhere: tuple[str, ...]) -> list[Request]:
    """A request about an order that names none means one that the message names for no other, else all of them."""
    named = {order for request in requests for order in request.slots.orders}
    spare = tuple(order for order in everywhere if order not in named) or everywhere
    return [
        replace(r, slots=replace(r.slots, orders=spare)) if r.intent in ABOUT_AN_ORDER and not r.slots.orders else r
        for r in requests
    ]
