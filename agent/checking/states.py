"""What a reply says has happened, or not, held against the record. Wishes, conditions and questions say nothing.

A clause is read as a subject (the parcel, the payment, the refund …) and a predicate (arrived, left, paid …); both
come from the language's lexicon, and `CLAIMS` says which state of the record the two together state. So new wording
needs a word, not a sentence. A denial of something that was not understood is refused: it might be untrue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.checking.lexicon import Lexicon
from agent.checking.places import order_at
from agent.checking.problem import Code, Problem
from agent.checking.reading import Mention, Span, clauses, inside, paragraphs, sentences
from agent.checking.record import Context

CLAIMS: Mapping[str, Mapping[str, str]] = {
    "arrive": {"parcel": "delivered", "delivery": "delivered", "goods": "return_received", "payment": "paid"}
    | {"refund": "refund_paid", "return": "return_received"},
    "come_in": {
        "order": "accepted",
        "payment": "paid",
        "goods": "return_received",
        "return": "return_received",
        "parcel": "return_received",
    }
    | {"refund": "refund_paid"},
    "done": {"delivery": "delivered", "payment": "paid", "refund": "refund_paid", "cancellation": "cancelled"}
    | {
        "dispatch": "shipped",
        "preparation": "in_warehouse",
        "address": "address_changed",
        "withdrawal": "withdrawn",
    },
    "leave": {"parcel": "shipped", "delivery": "shipped", "refund": "refund_paid", "payment": "paid"},
    "dispatch": {"parcel": "shipped", "delivery": "shipped", "goods": "shipped", "refund": "refund_paid"},
    "travel": {"parcel": "on_its_way", "delivery": "on_its_way", "refund": "refund_pending", "return": "return_open"}
    | {"preparation": "in_warehouse", "cancellation": "cancelling", "payment": "payment_coming"},
    "prepare": dict.fromkeys(("parcel", "goods", "delivery", "preparation"), "in_warehouse"),
    "pay": {"parcel": "paid", "payment": "paid", "refund": "refund_paid", "return": "refund_paid"},
    "owe": {"parcel": "unpaid", "payment": "unpaid", "refund": "refund_pending"},
    "repay": dict.fromkeys(("parcel", "payment", "refund", "delivery", "cancellation", "return"), "refund_paid"),
    "request": {"refund": "refund_started", "return": "return_open", "refund_request": "refund_started"},
    "pend": {"refund": "refund_pending", "return": "return_open", "parcel": "on_hold", "payment": "unpaid"},
    "open": {
        "cancellation": "cancelled",
        "refund": "refund_started",
        "return": "return_open",
        "withdrawal": "withdrawn",
        "address": "address_changed",
    },
    "accept": {"parcel": "accepted", "return": "return_accepted", "goods": "return_accepted"},
    "change": {"address": "address_changed"},
    "await_goods": dict.fromkeys(("parcel", "goods", "return"), "return_awaited"),
}
"""By predicate and subject; a subject that a predicate does not name states nothing that is judged."""
OF_ORDERS = (
    "going_out",
    "cancelled",
    "cancelling",
    "confirmed",
    "on_hold",
    "active",
    "withdrawn",
    "late",
    "address_changed",
    "items_changed",
    "payment_changed",
    "paid",
)
OF_PARCELS = ("in_warehouse", "shipped", "out_for_delivery", "attempted", "ready_for_pickup", "going_back", "lost")
OF_MONEY = ("delivered", "refund_paid", "refund_started", "return_open", "return_received")
ABLE = ("can_cancel", "cannot_cancel", "can_return", "can_refund", "can_change_address", "can_withdraw")
ALONE: Mapping[str, str] = {name: name for name in (*OF_ORDERS, *OF_PARCELS, *OF_MONEY, *ABLE)}
"""Phrases that state something whoever their subject is: the lexicon's [alone]."""
FALLS_BACK: Mapping[str, str] = {"order": "parcel", "refund_request": "refund", "dispatch": "parcel"}
"""Where a predicate says nothing of a subject by itself, it says what it says of this one."""
REQUESTED = frozenset({"arrive", "come_in", "done", "leave", "dispatch", "accept", "request", "open"})
PRONOUN, NEAR = "it", 24


Named = tuple[int, int, str]
"""Where a subject stands, and its class."""


@dataclass(frozen=True, slots=True)
class Claim:
    state: str
    place: Span
    part: Span


def untrue(text: str, mentions: Sequence[Mention], words: Lexicon, context: Context) -> Iterator[Problem]:
    for paragraph in paragraphs(text):
        subject = "parcel"
        for sentence in sentences(text, paragraph):
            asks = text[: sentence[1]].rstrip().endswith("?")
            for part in clauses(text, sentence, words.clause_end):
                found, subject = _claims(text, part, subject, words)
                if not asks:
                    yield from _of_part(text, part, found, mentions, words, context, paragraph)


def _of_part(
    text: str,
    part: Span,
    found: Sequence[Claim],
    mentions: Sequence[Mention],
    words: Lexicon,
    context: Context,
    paragraph: Span,
) -> Iterator[Problem]:
    yield from _denied(text, part, found, mentions, words)
    for claim in found:
        yield from _judged(text, claim, order_at(claim.place[0], mentions, context, paragraph), words, context)
    denial = words.negation.search(text, *part)
    spoken = any(pattern.search(text, *part) for pattern in words.subjects.values())
    if denial and spoken and not found and context.records and not _may(text, part, part[1], words):
        said = text[slice(*part)].strip()
        if not words.harmless.search(text, *part) and not _quoted(said, context) and not _general(said, words, context):
            yield Problem("negated_status", said, "a denial that nothing in the record bears out")


def _claims(text: str, part: Span, before: str, words: Lexicon) -> tuple[list[Claim], str]:
    """The claims of a clause, by their longest words, and whom the next "it" means."""
    named = sorted(
        (match.start(), match.end(), name)
        for name, pattern in words.subjects.items()
        for match in pattern.finditer(text, *part)
    )
    found = [(match.span(), name) for name, pattern in words.alone.items() for match in pattern.finditer(text, *part)]
    found += [
        (match.span(), name) for name, pattern in words.predicates.items() for match in pattern.finditer(text, *part)
    ]
    kept: list[Claim] = []
    for place, name in sorted(found, key=lambda one: (one[0][0] - one[0][1], one[1] not in ALONE)):
        if not any(place[0] < one.place[1] and one.place[0] < place[1] for one in kept):
            meant = _subject(text, place, named, before, words)
            pronoun = not any(start < place[0] and noun != PRONOUN for start, _, noun in named)
            state = ALONE.get(name) or _stated(name, meant) or (_stated(name, "parcel") if pronoun else "")
            kept.append(Claim(state, place, part))
    spoken = [name for _, _, name in named if name != PRONOUN]
    return [one for one in kept if one.state], (spoken[0] if spoken else before)


def _stated(predicate: str, subject: str) -> str:
    """The state that both state together; empty where it is none that is judged."""
    if subject == "refund_request" and predicate in REQUESTED:
        return "refund_started"
    states = CLAIMS[predicate]
    return states.get(subject) or states.get(FALLS_BACK.get(subject, ""), "")


def _subject(text: str, place: Span, named: Sequence[Named], before: str, words: Lexicon) -> str:
    """The noun before the predicate ("of the order" is none), else the one after it, else whoever was spoken of."""
    earlier = [one for one in named if one[0] < place[0]]
    later = [name for _, end, name in named if end > place[1]]
    free = [name for start, _, name in earlier if not words.of.search(text, max(start - NEAR, 0), start)]
    nearest = (free or [name for _, _, name in earlier])[-1] if earlier else (later[0] if later else PRONOUN)
    return before if nearest == PRONOUN else nearest


def _judged(text: str, claim: Claim, number: str | None, words: Lexicon, context: Context) -> Iterator[Problem]:
    if _may(text, claim.part, claim.place[1], words) or _to_come(text, claim, words):
        return
    said = text[slice(*claim.place)]
    before = words.negation.search(text, claim.part[0], claim.place[1])
    denied = bool(before or words.after.match(text, claim.place[1] + 1))
    true = _so(claim.state, number, context)
    if true is None:
        if not (_quoted(said, context) or _general(text[slice(*claim.part)], words, context)):
            yield Problem("false_status", said, f"nothing in the record bears out {claim.state}")
    elif true == denied:
        code: Code = "negated_status" if denied else "false_status"
        yield Problem(code, said, f"the record says that {claim.state} is {'so' if true else 'not so'}")


def _to_come(text: str, claim: Claim, words: Lexicon) -> bool:
    """ "It should arrive": a modal close before the predicate. What can be done is itself a claim."""
    if claim.state.startswith("can") or words.modals.match(text, claim.place[0]):
        return False
    near = text[max(claim.part[0], claim.place[0] - NEAR) : claim.place[0]]
    return bool(words.modals.search(near.rpartition(" that ")[2]))


def _may(text: str, part: Span, limit: int, words: Lexicon) -> bool:
    """A wish, a condition or something to come: it states nothing."""
    return any(held.start() < limit for held in words.unless.finditer(text, *part))


def _denied(
    text: str, part: Span, found: Sequence[Claim], mentions: Sequence[Mention], words: Lexicon
) -> Iterator[Problem]:
    """A value that is rendered from the record is what it is: a denial that governs it makes it untrue."""
    for mention in mentions:
        if mention.category not in {"term", "word", "date", "money"} or not inside(part, mention):
            continue
        denial = words.negation.search(text, part[0], mention.start)
        between = any(claim.place[0] >= part[0] and claim.place[0] < mention.end for claim in found)
        if denial and not between and not words.harmless.search(text, *part):
            yield Problem("negated_status", text[mention.start : mention.end], "what the record says, denied")


def _so(state: str, number: str | None, context: Context) -> bool | None:
    """Of the order that is spoken of; of several where all agree; None where the record does not say."""
    named = context.records.get(number or "")
    records = [named] if named else list(context.records.values())
    said = {record.states.get(state) for record in records}
    return said.pop() if len(said) == 1 else None


def _general(sentence: str, words: Lexicon, context: Context) -> bool:
    """The shop's rules in other words, beside a passage that is cited: nobody's order in particular."""
    return bool(context.passages) and not words.personal.search(sentence)


def _quoted(said: str, context: Context) -> bool:
    return any(re.sub(r"\s+", " ", said.lower()) in passage.lower() for passage in context.passages)
