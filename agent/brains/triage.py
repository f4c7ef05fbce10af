"""From a message to its requests: segments, their intents, their slots. What to do about them is not decided here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from agent.brains import reading
from agent.brains.addresses import address_in
from agent.brains.classifier import IntentModel, Written
from agent.brains.language import LanguageGuess
from agent.brains.segments import ABOUT_AN_ORDER, HESITATES, Segment, asked_in, parts_of
from agent.case import Intent, Mood, Request, RequestId, Ticket, Triage
from agent.policy import Policy

BARE_NUMBER = re.compile(
    r"(?i)\W*(?:(?:my|ma|it|is|was|order|commande|number|num[eé]ro|no|n|c|est|the|la|le|and|et)\b\W*)*(?:#1234\W*)+"
)
# Farther than this from every example, a message is none of ours whatever the probabilities say.
STRANGE = 0.4
APIECE = ABOUT_AN_ORDER - {Intent.ORDER_STATUS, Intent.REFUND_STATUS, Intent.INVOICE}


class Triager:
    def __init__(self, model: IntentModel, language: LanguageGuess, policy: Policy) -> None:
        self._model = model
        self._language = language
        self._policy = policy

    def __call__(self, ticket: Ticket) -> Triage:
        limit, languages = self._policy.limits.message_characters, self._policy.shop.languages
        text = reading.plain(ticket.text, limit)
        whole = "\n".join(part for part in (reading.plain(ticket.subject, 500), text) if part)
        language = self._language(text or whole) or ticket.language or languages[0]
        mood = reading.mood(whole, (language,))
        urgent = mood is not Mood.NEUTRAL or reading.matches(text, "mood", "urgent", (language,))
        requests = self._requests(whole, ticket, language) if re.search(r"\w", whole) else ()
        wants = any(r.intent is Intent.TALK_TO_HUMAN and r.in_scope for r in requests)
        return Triage(language, mood, "high" if urgent else "normal", wants, requests)

    def _requests(self, whole: str, ticket: Ticket, language: str) -> tuple[Request, ...]:
        first, *parts = self._segments(whole, language)
        asked = [self._request(segment) for segment in asked_in(parts, first)]
        named = _with_orders(asked, first.orders)
        every = [one for request in named for one in self._apiece(_answering(request, ticket))]
        return tuple(replace(request, id=RequestId(f"R{i}")) for i, request in enumerate(every, 1))

    def _segments(self, whole: str, language: str) -> list[Segment]:
        """The whole message first, then its parts where it has several. One pass of the classifier."""
        texts = [whole, *parts_of(whole)]
        masked = [reading.mask(text, self._policy) for text in texts]
        guesses = self._model.guess([Written(one[:1_500], language) for one in masked])
        orders = [reading.order_numbers(text, self._policy) for text in texts]
        return [Segment(*one) for one in zip(texts, masked, guesses, orders, strict=True)]

    def _request(self, segment: Segment) -> Request:
        slots = replace(reading.slots(segment.text, self._policy), orders=segment.orders)
        if segment.intent is Intent.CHANGE_ADDRESS:
            slots = replace(slots, address=address_in(segment.text))
        unclear = segment.intent is Intent.AFFIRM and HESITATES.search(segment.text)
        strange = segment.guess.nearest < STRANGE
        sure = segment.guess.confidence >= self._policy.understanding.confidence and not unclear and not strange
        in_scope = sure and segment.intent is not Intent.OUT_OF_SCOPE
        return Request(
            RequestId(""), segment.intent, round(segment.guess.confidence, 3), in_scope, slots, segment.masked
        )

    def _apiece(self, request: Request) -> Iterator[Request]:
        """An action on several orders is a request for each; too many stay one, which a rule hands over."""
        orders = request.slots.orders
        if request.intent not in APIECE or not 1 < len(orders) <= self._policy.limits.orders_per_message:
            yield request
        else:
            yield from (replace(request, slots=replace(request.slots, orders=(order,))) for order in orders)


def _with_orders(requests: list[Request], everywhere: tuple[str, ...]) -> list[Request]:
    """A request about an order that names none means one that the message names for no other, else all of them."""
    named = {order for request in requests for order in request.slots.orders}
    spare = tuple(order for order in everywhere if order not in named) or everywhere
    return [
        replace(r, slots=replace(r.slots, orders=spare)) if r.intent in ABOUT_AN_ORDER and not r.slots.orders else r
        for r in requests
    ]


def _answering(request: Request, ticket: Ticket) -> Request:
    """A bare order number, or what asks nothing by itself, answers the question that is open."""
    question = ticket.thread.question
    bare = BARE_NUMBER.fullmatch(request.text.lower())
    if bare or (question and request.slots.orders and request.intent not in ABOUT_AN_ORDER):
        return replace(request, intent=question or Intent.ORDER_STATUS, in_scope=True, confidence=1.0)
    if question is Intent.CHANGE_ADDRESS and not request.slots.address:
        address = address_in(ticket.text)
        if address:
            slots = replace(request.slots, address=address)
            return replace(request, intent=question, in_scope=True, confidence=1.0, slots=slots)
    return request
