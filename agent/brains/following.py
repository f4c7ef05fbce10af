"""What a message means because of what stands open: an answer to our question, a correction of what we offered.

Days may lie between, and another channel; the thread is all that is known. A message that stands by itself is left
alone: that is a change of topic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from agent.brains.addresses import address_in, part_of_address
from agent.brains.agreeing import refuses
from agent.brains.own_words import plain
from agent.brains.said_plainly import asks_where_it_is
from agent.brains.segments import ABOUT_AN_ORDER, BARE_NUMBER, GOES_ON, SAYS_WHAT
from agent.case import Intent, Question, Request, Slots, Ticket
from agent.meaning.words import folded, listed, small, tokens

SPEAKS_FOR_ITSELF = frozenset({Intent.TALK_TO_HUMAN, Intent.DENY, Intent.THANKS, Intent.COMPLAINT})
MAY_POINT_BACK = ABOUT_AN_ORDER | {Intent.WITHDRAWAL}
# Before a number: what was given before it was a slip, or another is asked after.
LEAD = re.compile(
    r"(?i)^[^\w#]*(?:(?:oh|ah|oops|oups|sorry|so sorry|apologies|pardon|désolée?|excusez[- ]moi"
    r"|perd[oó]n|disculpen?|lo siento|entschuldigung|verzeihung|no|non|nein|wait|attendez"
    r"|i meant?|je voulais dire|je veux dire|quise decir|ich meinte|it['’]s|c['’]est"
    r"|(?:and |so )?(?:what|how) about|et pour|qu['’]en est-il de|qué hay de|(?:und )?was ist mit)\b[^\w#]*)+"
)
ALIKE = 80
"""Of 100: a title typed again, give or take a few letters."""
SIZE = re.compile(r"\b(?:X{1,3}S|S|M|L|X{1,3}L)\b")
"""As it is written on a label; "s" alone is a small word."""
SWAPS = frozenset({"change_items", "request_exchange"})
MOST_OF_AN_ADDRESS = 300
"""Letters."""
SHORT = 10
"""Words; a longer message that is understood is about something of its own."""


def followed(request: Request, ticket: Ticket) -> Request:
    """The request as it is meant in this conversation."""
    corrected = _corrected(request, ticket)
    if corrected:
        return corrected
    question = ticket.thread.question
    if (question or ticket.thread.proposals) and _drops(request):
        return _about(request, Intent.DENY)
    chosen = _chosen(request, question.choices) if question else None
    if question and chosen:
        answer = replace(_about(request, question.intent), text=chosen)
        return _answer(answer, question) if question.missing == "items" else answer
    if question and question.missing == "address":
        return _with_address(request, question, ticket)
    if question and _does_not_know(request):
        return _answer(request, question)
    if BARE_NUMBER.fullmatch(LEAD.sub("", request.text.lower())):
        return _answer(request, question) if question else _about(request, Intent.ORDER_STATUS)
    if question and _answers(request, question):
        return _answer(request, question)
    return _pointing_back(request, ticket)


def _pointing_back(request: Request, ticket: Ticket) -> Request:
    """ "Where is it now?", "and cancel it": the order that was spoken of last. Its own words come first."""
    said = folded(request.text)
    own = request.slots.orders or any(listed("orders", name).search(said) for name in ("every", "another", "noun"))
    points = asks_where_it_is(request.text) or (
        listed("orders", "it").search(said) is not None and len(request.text.split()) <= SHORT
    )
    if own or not points or request.intent not in MAY_POINT_BACK:
        return request
    return replace(request, slots=replace(request.slots, discussed=ticket.thread.about))


def _chosen(request: Request, choices: Sequence[str]) -> str | None:
    """The one that is named by its place ("2", "the second") or by most of its words; a yes is to the only one."""
    if len(choices) == 1 and request.in_scope and request.intent is Intent.AFFIRM:
        return choices[0]
    said = folded(request.text)
    for place, choice in enumerate(choices, 1):
        if listed("places_in_a_list", str(place)).fullmatch(said.strip(" .!?#)")):
            return choice
    alike = [choice for choice in choices if fuzz.ratio(said, folded(choice)) >= ALIKE]
    return alike[0] if len(alike) == 1 else None


def _drops(request: Request) -> bool:
    own_matter = request.in_scope and request.intent in ABOUT_AN_ORDER
    return refuses(request.text) and not own_matter and not request.slots.orders


def _about(request: Request, intent: Intent) -> Request:
    return replace(request, intent=intent, in_scope=True, confidence=1.0)


def _with_address(request: Request, question: Question, ticket: Ticket) -> Request:
    """A street, a postcode, a town may come one after another: numbers are not of orders here. Else another topic."""
    said = plain(ticket.text, MOST_OF_AN_ADDRESS)
    whole = f"{question.text}\n{said}"
    address = address_in(said) or address_in(whole)
    own_matter = (
        request.in_scope and request.intent is not question.intent and not BARE_NUMBER.fullmatch(request.text.lower())
    )
    piece = part_of_address(said) and not own_matter
    if not (address or piece) or (request.in_scope and request.intent in SPEAKS_FOR_ITSELF):
        return request
    slots = replace(request.slots, orders=question.orders, address=address)
    return replace(_about(request, question.intent), text=whole, slots=slots)


def _does_not_know(request: Request) -> bool:
    return listed("orders", "unknown").search(folded(request.text)) is not None and len(request.text.split()) <= SHORT


def _answers(request: Request, question: Question) -> bool:
    if request.in_scope and request.intent in SPEAKS_FOR_ITSELF:
        return False
    apart = request.intent in ABOUT_AN_ORDER and request.intent is not question.intent
    own_matter = request.in_scope and apart and not _only_a_thing(request.text)
    if request.slots.orders and not own_matter:
        return True
    points = listed("orders", "newest").search(folded(request.text)) is not None
    short = len(request.text.split()) <= SHORT
    return question.missing in {"order", "items", "variant"} and short and (points or not own_matter)


def _only_a_thing(text: str) -> bool:
    return GOES_ON.match(text) is not None and SAYS_WHAT.search(text) is None


def _answer(request: Request, question: Question) -> Request:
    """Both together ask what was asked: the earlier words, and what was missing in them."""
    text = ", ".join(part for part in (question.text, request.text) if part)
    orders = request.slots.orders or question.orders
    reason = request.slots.reason or question.reason
    address = request.slots.address or address_in(request.text)
    slots = replace(request.slots, orders=orders, reason=reason, address=address)
    return replace(_about(request, question.intent), text=text, slots=slots)


def _corrected(request: Request, ticket: Ticket) -> Request | None:
    """ "No, the other order", "not that one, 1002": the same wish, for another order."""
    open_now = ticket.thread.proposals
    if len(open_now) == 1 and open_now[0].tool in SWAPS and _names_another(request):
        order = str(open_now[0].arguments["order"])
        slots = replace(request.slots, orders=(order,))
        return replace(_about(request, open_now[0].intent), slots=slots)
    if len(open_now) != 1 or request.intent not in {Intent.DENY, Intent.OUT_OF_SCOPE, open_now[0].intent}:
        return None
    offered = str(open_now[0].arguments["order"])
    others = tuple(order for order in request.slots.orders if not _same(order, offered))
    elsewhere = listed("orders", "another").search(folded(ticket.text))
    if not others and not elsewhere:
        return None
    slots = replace(request.slots, orders=others, not_orders=() if others else (offered,))
    return replace(_about(request, open_now[0].intent), slots=slots)


def _names_another(request: Request) -> bool:
    """ "No, sand please": a refusal that says what is wanted instead."""
    said = folded(request.text)
    refused = listed("change", "corrects").match(said)
    rest = said[refused.end() :] if refused else ""
    telling = set(tokens(rest)) - small() or SIZE.search(request.text)
    return bool(telling and listed("change", "cue").search(rest) and not listed("change", "drops").search(rest))


def _same(one: str, other: str) -> bool:
    return one.lstrip("#").upper() == other.lstrip("#").upper()


def apiece(request: Request, most: int, apart: frozenset[Intent]) -> Iterator[Request]:
    """An action on several orders is a request for each; too many stay one, which a rule hands over."""
    orders = request.slots.orders
    if request.intent not in apart or not 1 < len(orders) <= most:
        yield request
    else:
        yield from (replace(request, slots=_only(request.slots, order)) for order in orders)


def _only(slots: Slots, order: str) -> Slots:
    return replace(slots, orders=(order,))
