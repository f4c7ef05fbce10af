"""From a message to its requests: segments, their intents, their slots. What to do about them is not decided here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.brains import reading
from agent.brains.addresses import address_in
from agent.brains.classifier import Guess, IntentModel
from agent.brains.language import LanguageGuess
from agent.case import Intent, Mood, Request, RequestId, Slots, Ticket, Triage
from agent.policy import Policy

SMALL_TALK = frozenset({Intent.GREETING, Intent.THANKS, Intent.PRAISE, Intent.AFFIRM, Intent.DENY})
ABOUT_AN_ORDER = frozenset(
    {
        Intent.ORDER_STATUS,
        Intent.CANCEL_ORDER,
        Intent.CHANGE_ADDRESS,
        Intent.CHANGE_ORDER,
        Intent.RETURN_REQUEST,
        Intent.EXCHANGE_REQUEST,
        Intent.REFUND_REQUEST,
        Intent.REFUND_STATUS,
        Intent.MISSING_OR_DAMAGED,
        Intent.INVOICE,
        Intent.PAYMENT_PROBLEM,
    }
)
BREAK = re.compile(r"(?<=[.!?;])\s+|\n+")
JOINT = re.compile(r"(?i)\s*(?:,\s*)?\b(?:and also|and then|and|also|et aussi|et puis|et|puis|ainsi que|but|mais)\b\s+|\s*,\s*")
SURE = 0.5
SEGMENTS = 12


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the message. `text` keeps identifiers, `masked` is what was classified."""

    text: str
    masked: str
    guess: Guess


class Triager:
    def __init__(self, model: IntentModel, language: LanguageGuess, policy: Policy) -> None:
        self._model = model
        self._language = language
        self._policy = policy

    def __call__(self, ticket: Ticket) -> Triage:
        policy = self._policy
        text = reading.plain(ticket.text, policy.limits.message_characters)
        whole = reading.plain(f"{ticket.subject}\n{text}", policy.limits.message_characters) if ticket.subject else text
        language = self._language(text or whole) or ticket.language or policy.shop.languages[0]
        mood = reading.mood(text, (language,))
        requests = self._requests(whole, ticket) if whole else ()
        wants = any(r.intent is Intent.TALK_TO_HUMAN for r in requests)
        urgent = bool(reading.matches(text, "mood", "urgent", (language,))) or mood is not Mood.NEUTRAL
        return Triage(language, mood, "high" if urgent else "normal", wants, requests)

    def _requests(self, whole: str, ticket: Ticket) -> tuple[Request, ...]:
        segments = self._segments(whole)
        chosen = _distinct(segments[1:], segments[0])
        asked = [self._request(segment) for segment in chosen]
        filled = _share_orders(asked, reading.order_numbers(whole, self._policy))
        answered = [_answering(request, ticket) for request in filled]
        return tuple(replace(request, id=RequestId(f"R{i}")) for i, request in enumerate(answered, 1))

    def _segments(self, whole: str) -> list[Segment]:
        """The whole message first, then its parts where it has several."""
        texts = [whole[:1500], *_parts(whole)]
        masked = [reading.mask(text, self._policy) for text in texts]
        guesses = self._model.guess(masked)
        return [Segment(*one) for one in zip(texts, masked, guesses, strict=True)]

    def _request(self, segment: Segment) -> Request:
        guess, policy = segment.guess, self._policy
        slots = reading.slots(segment.text, policy)
        intent = Intent(guess.label)
        if intent is Intent.CHANGE_ADDRESS:
            slots = replace(slots, address=address_in(segment.text))
        sure = guess.confidence >= policy.understanding.confidence
        return Request(RequestId(""), intent, round(guess.confidence, 3), sure and intent is not Intent.OUT_OF_SCOPE, slots, segment.masked)


def _parts(whole: str) -> list[str]:
    """Sentences; and clauses of a sentence where each names something of its own to do."""
    parts = [clause for sentence in BREAK.split(whole) for clause in _clauses(sentence) if len(clause.split()) >= 2]
    return parts[:SEGMENTS] if len(parts) > 1 else []


def _clauses(sentence: str) -> list[str]:
    """Split at joints, then put back together what is too short to stand alone."""
    clauses: list[str] = []
    for piece in JOINT.split(sentence):
        if clauses and len(piece.split()) < 3:
            clauses[-1] = f"{clauses[-1]}, {piece}"
        elif piece.strip():
            clauses.append(piece.strip())
    return clauses


def _distinct(parts: Sequence[Segment], whole: Segment) -> list[Segment]:
    """The parts that each ask something sure and different; else the message as one request.

    Neighbours with one intent are one request, unless each names an order. Small talk counts only alone.
    """
    asking = [part for part in parts if part.guess.confidence >= SURE and _asks(part)]
    merged: list[Segment] = []
    for part in asking:
        if merged and merged[-1].guess.label == part.guess.label:
            merged[-1] = _joined(merged[-1], part)
        else:
            merged.append(part)
    by_label = {segment.guess.label: segment for segment in reversed(merged)}
    if whole.guess.label in by_label and len(by_label) == 1:
        return [replace_guess(whole, by_label[whole.guess.label].guess)]
    several = len(by_label) > 1 and any(Intent(label) in ABOUT_AN_ORDER for label in by_label)
    if several:
        return _in_order(merged, by_label)
    return [_best_whole(whole, merged)]


def _asks(part: Segment) -> bool:
    return Intent(part.guess.label) not in SMALL_TALK | {Intent.OUT_OF_SCOPE}


def _joined(first: Segment, second: Segment) -> Segment:
    best = max(first.guess, second.guess, key=lambda guess: guess.confidence)
    return Segment(f"{first.text}, {second.text}", f"{first.masked}, {second.masked}", best)


def replace_guess(whole: Segment, sure: Guess) -> Segment:
    best = max(whole.guess, sure, key=lambda guess: guess.confidence)
    return Segment(whole.text, whole.masked, best)


def _in_order(merged: Sequence[Segment], by_label: dict[str, Segment]) -> list[Segment]:
    kept: list[Segment] = []
    for segment in merged:
        if segment.guess.label in {one.guess.label for one in kept}:
            index = next(i for i, one in enumerate(kept) if one.guess.label == segment.guess.label)
            kept[index] = _joined(kept[index], segment)
        else:
            kept.append(segment)
    return kept[: len(by_label)]


def _best_whole(whole: Segment, merged: Sequence[Segment]) -> Segment:
    """A long message blurs: one sure sentence in it says more than the whole."""
    if merged and whole.guess.confidence < merged[0].guess.confidence and not _asks(whole):
        return replace_guess(whole, merged[0].guess)
    if merged and merged[0].guess.confidence > whole.guess.confidence + 0.15:
        return Segment(whole.text, whole.masked, merged[0].guess)
    return whole


def _share_orders(requests: list[Request], all_orders: tuple[str, ...]) -> list[Request]:
    """Requests about an order that name none mean the one that the message names elsewhere."""
    named = {order for request in requests for order in request.slots.orders}
    spare = tuple(order for order in all_orders if order not in named) or all_orders
    return [
        replace(r, slots=replace(r.slots, orders=spare)) if r.intent in ABOUT_AN_ORDER and not r.slots.orders else r
        for r in requests
    ]


def _answering(request: Request, ticket: Ticket) -> Request:
    """A bare order number, or words with no intent of their own, answer the question that is open."""
    question = ticket.thread.question
    short = len(request.text.split()) <= 6
    if question and request.slots.orders and (short or not request.in_scope) and request.intent not in ABOUT_AN_ORDER:
        return replace(request, intent=question, in_scope=True, confidence=1.0)
    bare = re.fullmatch(r"\W*(?:(?:my|ma|order|commande|number|numéro|no|n°|is|c'est|it's|the|la)\W*)*#1234\W*", request.text.lower())
    if bare and request.slots.orders:
        return replace(request, intent=question or Intent.ORDER_STATUS, in_scope=True, confidence=1.0)
    return request


def of_intent(requests: Iterable[Request], intent: Intent) -> tuple[Request, ...]:
    return tuple(request for request in requests if request.intent is intent)


def no_request(slots: Slots = Slots()) -> Request:  # noqa: B008: frozen
    """What an empty message asks: nothing that we could know."""
    return Request(RequestId("R1"), Intent.OUT_OF_SCOPE, 0.0, False, slots, "")
