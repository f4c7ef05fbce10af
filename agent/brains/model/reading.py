"""Triage by a model: a form filled in, then held against the message. What needs no model is not asked of one.

The plain reading has the last word on what must not be missed: mood, a wish for a person, machines, a plain yes or no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.brains import InvalidOutput, reading
from agent.brains.model.asking import Ask, Model, json_in
from agent.brains.model.prompting import Message, fenced, prompt, shown, system, user
from agent.brains.own_words import answers_a_mail, plain
from agent.brains.segments import ABOUT_AN_ORDER
from agent.brains.triage import BEGINS_AN_ACTION
from agent.case import Intent, Kind, Mood, Request, RequestId, Slots, Ticket, Triage
from agent.consent import CONDITION
from agent.policy import Policy
from tools.orders.model import Address

GRAVEST = (Mood.HARM, Mood.LEGAL, Mood.ANGRY, Mood.UNHAPPY, Mood.NEUTRAL)
REASONS = (
    "damaged",
    "wrong_item",
    "missing",
    "lost",
    "ordered_by_mistake",
    "no_longer_needed",
    "too_small_or_large",
    "not_as_described",
)
"""Those of words/<language>.toml."""
MOST_REQUESTS = 12
MOST_TURNS = 12
"""Of the conversation, the last ones."""
OF_A_TURN = 1_500
"""Characters."""
SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]*")


class Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(Form):
    line1: str
    line2: str
    city: str
    postcode: str
    state: str
    country: str


class Wish(Form):
    intent: Intent
    confidence: float = Field(description="From 0 to 1.", allow_inf_nan=False)
    quote: str
    orders: tuple[str, ...]
    not_orders: tuple[str, ...]
    refers_back: bool
    answers_question: bool
    reason: str
    address: Place | None


class Read(Form):
    language: str
    mood: Mood
    urgency: Literal["normal", "high"]
    wants_human: bool
    requests: tuple[Wish, ...]


class Reader:
    def __init__(self, model: Model, policy: Policy) -> None:
        self._model = model
        self._policy = policy
        self._prompt = prompt("triage")
        self._system = system(
            self._prompt.filled(
                intents="\n".join(f"- `{one}`: {policy.playbooks[one].says}" for one in Intent),
                reasons=", ".join(f"`{one}`" for one in REASONS),
                languages=", ".join(policy.shop.languages),
            )
        )

    def __call__(self, ticket: Ticket, plainly: Callable[[], Triage]) -> Triage:
        """`plainly` is the reading without a model, asked for once the model has answered. Raises `BrainError`."""
        message = message_of(ticket, self._policy)
        ask = Ask("triage", self._prompt, (self._system, *self._told(ticket, message)), schema_of(Read))
        read = self._model.structured(ask, read_form)
        return self._triage(ticket, message, read, plainly())

    def _told(self, ticket: Ticket, message: str) -> Iterator[Message]:
        turns = [f"{one.role}: {one.text[:OF_A_TURN]}" for one in ticket.history[-MOST_TURNS:]]
        yield user(
            fenced("conversation", "\n".join(turns)),
            fenced("open", shown(_open(ticket)) if _open(ticket) else ""),
            fenced("message", message),
        )

    def _triage(self, ticket: Ticket, message: str, read: Read, basis: Triage) -> Triage:
        asked = [self._request(ticket, message, wish) for wish in read.requests[:MOST_REQUESTS]]
        asked += [one for one in basis.requests if _must_be_met(one) and one.intent not in {r.intent for r in asked}]
        language = read.language[:2].lower()
        return Triage(
            language if language in self._policy.shop.languages else basis.language,
            min(read.mood, basis.mood, key=GRAVEST.index),
            "high" if "high" in {read.urgency, basis.urgency} else "normal",
            basis.wants_human or any(one.intent is Intent.TALK_TO_HUMAN for one in asked),
            tuple(asked) or basis.requests,
            basis.kind,
        )

    def _request(self, ticket: Ticket, message: str, wish: Wish) -> Request:
        confidence = min(max(round(wish.confidence, 3), 0.0), 1.0)
        understanding = self._policy.understanding
        acts = wish.intent in BEGINS_AN_ACTION
        least = understanding.confidence if acts else understanding.confidence_to_tell
        in_scope = confidence >= least and wish.intent is not Intent.OUT_OF_SCOPE
        own = message if acts and CONDITION.search(message) else sentences_of(wish.quote, message)
        question = ticket.thread.question if wish.answers_question else None
        text = ", ".join(part for part in (question.text if question else "", reading.mask(own, self._policy)) if part)
        return Request(RequestId(""), wish.intent, confidence, in_scope, self._slots(ticket, message, own, wish), text)

    def _slots(self, ticket: Ticket, message: str, own: str, wish: Wish) -> Slots:
        """Only what stands in the customer's words, or in the conversation."""
        question = ticket.thread.question if wish.answers_question else None
        said = "\n".join((message, *(turn.text for turn in ticket.history)))
        orders = tuple(one for one in dict.fromkeys(wish.orders) if _stands(one, said))
        plainly, whole = reading.slots(own, self._policy), reading.slots(ticket.text, self._policy)
        reason = wish.reason if wish.reason in REASONS else ""
        return Slots(
            orders=orders or (question.orders if question else ()),
            not_orders=tuple(one for one in wish.not_orders if _stands(one, said)),
            email=whole.email,
            postcode=whole.postcode,
            reason=plainly.reason or reason or (question.reason if question else ""),
            dates=plainly.dates,
            address=_address(wish.address, said),
            discussed=ticket.thread.about if wish.refers_back and wish.intent in ABOUT_AN_ORDER else (),
        )


def message_of(ticket: Ticket, policy: Policy) -> str:
    """The customer's own words, without addresses and telephone numbers: no model needs these to understand a wish."""
    subject = "" if answers_a_mail(ticket.subject) else plain(ticket.subject, 500)
    own = plain(ticket.text, policy.limits.message_characters)
    whole = "\n".join(part for part in (subject, own) if part)
    return reading.PHONE.sub("my phone", reading.EMAIL.sub("me@mail.example", whole))


def read_form(text: str) -> Read:
    """Raises `InvalidOutput` with the places that do not fit, and none of the words that stand there."""
    try:
        return Read.model_validate(json_in(text))
    except ValidationError as error:
        raise InvalidOutput("wrong_shape", places(error)) from None


def places(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:6])


@cache
def schema_of(form: type[BaseModel]) -> Mapping[str, Any]:
    """As strict structured output wants it: everything required, nothing beside it, no keyword that servers lack."""
    schema: Mapping[str, Any] = _strict(form.model_json_schema())
    return schema


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = {"title", "default", "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum"}
    kept = {name: _strict(value) for name, value in schema.items() if name not in dropped or isinstance(value, dict)}
    if kept.get("type") == "object" and "properties" in kept:
        kept |= {"required": sorted(kept["properties"]), "additionalProperties": False}
    return kept


def sentences_of(quote: str, message: str) -> str:
    """The whole sentences around the quote: a condition beside it stays with it. All of it where it is no quote."""
    place = message.lower().find(quote.strip().lower()) if quote.strip() else -1
    if place < 0:
        return message
    end = place + len(quote.strip())
    around = (found for found in SENTENCE.finditer(message) if found.start() < end and found.end() > place)
    return "".join(found[0] for found in around).strip() or message


def leaves_something(ticket: Ticket, basis: Triage) -> bool:
    """Does the reading without a model leave anything for one to understand?"""
    return basis.kind is Kind.MESSAGE and not _plain_word(ticket, basis)


def _plain_word(ticket: Ticket, basis: Triage) -> bool:
    """A yes or no to what stands open, in words that mean nothing else: read by rules, for it counts."""
    one = basis.requests[0] if len(basis.requests) == 1 else None
    return bool(one and one.in_scope and one.intent in {Intent.AFFIRM, Intent.DENY} and ticket.thread.proposals)


def _must_be_met(request: Request) -> bool:
    return request.in_scope and request.intent is Intent.TALK_TO_HUMAN


def _open(ticket: Ticket) -> dict[str, object]:
    """What the shop has asked or offered, and which orders were spoken of."""
    thread = ticket.thread
    question = thread.question
    told: dict[str, object] = {
        "question": question
        and {"about": question.intent, "missing": question.missing, "wish": question.text, "choices": question.choices},
        "offered": [{"action": one.tool, "order": one.arguments.get("order")} for one in thread.proposals],
        "spoken_of": list(thread.about),
    }
    return {name: value for name, value in told.items() if value}


def _stands(number: str, said: str) -> bool:
    bare = number.lstrip("#").strip()
    return bool(bare) and re.search(rf"(?i)(?<!\w){re.escape(bare)}(?!\w)", said) is not None


def _address(place: Place | None, said: str) -> Address | None:
    """Each part that is not empty must be the customer's own; the country may be a code for its name."""
    if place is None or not (place.line1 and place.city and place.postcode):
        return None
    parts: Sequence[str] = (place.line1, place.line2, place.city, place.postcode, place.state)
    if not all(part.lower() in said.lower() for part in parts if part):
        return None
    country = place.country.upper() if len(place.country) == 2 else ""
    return Address(place.line1, place.city, place.postcode, country, place.line2, place.state)
