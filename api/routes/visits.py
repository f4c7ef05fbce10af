"""/widget: what the chat in a shop's page calls. A visitor's secret opens one conversation and nothing else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Header, HTTPException, Request
from pydantic import BaseModel, Field, SecretStr
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from agent import conversations, ratings
from agent.case import Incoming
from agent.desk import OtherText
from agent.identity.tokens import BadToken
from api.edge.visiting import Guest, Page, Visiting, counted, counters_of, network_of
from api.privacy.erasing import OpenWork, erase_conversation
from api.widget import events, people, photos, transcript, visitors
from api.widget.events import Kind
from api.widget.hub import TooMany
from api.widget.stage import CHANNEL
from api.widget.visitors import AnotherCustomer
from api.wiring import House

log = structlog.get_logger()
router = APIRouter(prefix="/widget", tags=["widget"])
BEAT = 25
YES = {"en": "yes", "fr": "oui", "es": "sí", "de": "ja"}
NO = {"en": "no", "fr": "non", "es": "no", "de": "nein"}
TurnId = Annotated[str, Field(pattern=r"^[\w-]{8,64}$")]


class Signed(BaseModel):
    token: SecretStr | None = Field(None, max_length=4_096, description="The shop's signed token of its customer.")


@router.post("/session", status_code=201)
def begin(given: Signed, request: Request, house: Page) -> dict[str, Any]:
    """A visitor's secret, for the page to keep. With a signed token their conversation is found again."""
    counted(counters_of(request).starts, network_of(request))
    customer = _named(house, given)
    with house.database.write() as db:
        visitor, secret = visitors.begin(db, customer, house.now())
        last = events.last(db, visitor.conversation)
    return {"visitor": secret, "last": last}


@router.delete("/session", status_code=204)
def end(guest: Guest) -> None:
    """For a shared computer, and when the customer signs out: the secret opens nothing any more."""
    with guest.house.database.write() as db:
        visitors.end(db, guest.visitor)


class Message(Signed):
    """The same `id` again is the same message: nothing is said or done twice."""

    id: TurnId
    text: str = Field(min_length=1)
    email: str | None = Field(None, max_length=320, description="As the visitor typed it; it proves nothing.")


@router.post("/messages")
def message(given: Message, request: Request, guest: Guest) -> dict[str, Any]:
    """The answer comes in the stream; the events of this turn are in the response too."""
    counted(counters_of(request).messages, guest.visitor.digest)
    return _turn(guest, given, given.id, given.text, {"text": given.text}, email=given.email)


class Press(Signed):
    """The button of a quote: by the digest of exactly what was shown."""

    id: TurnId
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    agree: bool


@router.post("/quotes")
def press(given: Press, request: Request, guest: Guest) -> dict[str, Any]:
    """Agree to an open quote, or drop it. 409 when it is no longer open."""
    counted(counters_of(request).messages, guest.visitor.digest)
    with guest.house.database.read() as db:
        thread, language = conversations.load(db, guest.visitor.conversation)
        known = events.has(db, guest.visitor.conversation, f"said:{given.id}")
    if not known and given.digest not in {one.digest for one in thread.proposals}:
        raise HTTPException(409, "this offer is no longer open; nothing was done. Ask again to get a new one")
    words = (YES if given.agree else NO).get(language or "", "yes" if given.agree else "no")
    shown_as = {"pressed": given.digest, "agree": given.agree}
    return _turn(guest, given, given.id, words, shown_as, pressed=given.digest)


def _turn(
    guest: Visiting, signed: Signed, turn: str, text: str, shown_as: dict[str, Any], **more: Any
) -> dict[str, Any]:
    house, conversation = guest.house, guest.visitor.conversation
    with house.database.read() as db:
        before = events.last(db, conversation)
    _stay(guest, signed)
    incoming = Incoming(
        f"{conversation}:{turn}",
        conversation,
        CHANNEL,
        text,
        token=signed.token.get_secret_value() if signed.token else "",
        network=guest.network,
        **more,
    )
    try:
        house.stage.hears(incoming, shown_as)
    except OtherText:
        raise HTTPException(409, "this id was used before with another text") from None
    return {"events": _since(house, conversation, before, turn)}


def _since(house: House, conversation: str, before: int, turn: str) -> list[dict[str, Any]]:
    """What is new, and of a message that came twice what it led to the first time."""
    with house.database.read() as db:
        found = events.after(db, conversation, before) or events.of_turn(db, conversation, turn)
    return [one.as_json() for one in found]


def _stay(guest: Visiting, signed: Signed) -> None:
    customer = _named(guest.house, signed)
    try:
        with guest.house.database.write() as db:
            visitors.stays(db, guest.visitor, customer, guest.house.now())
    except AnotherCustomer:
        raise HTTPException(403, "this conversation is another customer's; begin a new session") from None


def _named(house: House, signed: Signed) -> str | None:
    """401 for a token that does not hold: whoever brings one must know that it failed."""
    if signed.token is None:
        return None
    try:
        return house.identity.named(signed.token.get_secret_value())
    except BadToken as error:
        log.info("identity.token_refused", code=error.code)
        raise HTTPException(401, f"the customer's token does not hold: {error.code}") from None


@router.get("/events")
async def stream(
    guest: Guest, last_event_id: Annotated[str, Header(description="Go on after this number.")] = "0"
) -> EventSourceResponse:
    """Server-sent events. 400 for a number that is none, 409 for one that this conversation never gave."""
    if not last_event_id.isdecimal() or len(last_event_id) > 9:
        raise HTTPException(400, "Last-Event-ID is the number of an event")
    after, hub = int(last_event_id), guest.house.hub
    if after and after > await run_in_threadpool(_last, guest):
        raise HTTPException(409, "this conversation has no such event; begin at 0")
    try:
        hub.admit(guest.visitor)
    except TooMany as error:
        raise HTTPException(429, f"too many streams: {error}", {"Retry-After": "10"}) from None

    async def lines() -> AsyncIterator[ServerSentEvent]:
        async for one in hub.stream(guest.visitor, after):
            yield ServerSentEvent(json.dumps(one.as_json(), ensure_ascii=False), id=str(one.sequence))
        yield ServerSentEvent("{}", event="over")

    return EventSourceResponse(lines(), ping=BEAT)


def _last(guest: Visiting) -> int:
    with guest.house.database.read() as db:
        return events.last(db, guest.visitor.conversation)


@router.post("/close", status_code=204)
def close(guest: Guest) -> None:
    """The customer has what they came for: nothing stands open any more, and they are asked how it was."""
    people.ends(guest.house.database, guest.visitor.conversation, "customer", guest.house.now())
    guest.house.hub.woken(guest.visitor.conversation)


class Rating(BaseModel):
    score: int = Field(ge=1, le=5)
    reason: str = Field("", max_length=500)


@router.post("/rating", status_code=204)
def rate(given: Rating, guest: Guest) -> None:
    """From 1 to 5, with a reason in words. Given again, the last one counts."""
    conversation, now = guest.visitor.conversation, guest.house.now()
    with guest.house.database.write() as db:
        if not events.last(db, conversation):
            raise HTTPException(409, "nothing was said yet")
        ratings.add(db, conversation, given.score, now)
        key = f"rated:{events.last(db, conversation)}"
        events.append(db, conversation, key, Kind.RATED, {"score": given.score, "reason": given.reason}, now)
    guest.house.hub.woken(conversation)


@router.post("/transcript", status_code=202)
def mail_transcript(given: Signed, request: Request, guest: Guest) -> dict[str, str]:
    """By mail to the address on file of a proven customer, and to no other: nobody's mailbox is filled from here."""
    counted(counters_of(request).messages, guest.visitor.digest)
    _stay(guest, given)
    if guest.house.mail is None:
        raise HTTPException(409, "no mail server is connected; save the conversation instead")
    token = given.token.get_secret_value() if given.token else ""
    address = transcript.address_of(guest.house, guest.visitor.conversation, token)
    if address is None:
        raise HTTPException(403, "prove your address first: ask about an order and enter the code, or sign in")
    transcript.put(guest.house, guest.visitor.conversation, address)
    return {"to": transcript.masked(address)}


@router.delete("/conversation", status_code=204)
def forget(guest: Guest) -> None:
    """Its words are erased, here and in the journal; what was done to orders stays. 409 while a decision is awaited."""
    try:
        erase_conversation(guest.house.database, guest.visitor.conversation, "the customer", guest.house.now())
    except OpenWork:
        raise HTTPException(409, "a person still decides something here; it can be deleted after that") from None
    guest.house.hub.woken(guest.visitor.conversation)


@router.post("/photos", status_code=201)
async def photo(request: Request, guest: Guest) -> dict[str, str]:
    """The bytes of a JPEG, PNG or WebP picture. 403 unless the shop takes photos, 415 for anything else."""
    if not guest.house.policy.widget.photos:
        raise HTTPException(403, "this shop takes no photos here")
    counted(counters_of(request).messages, guest.visitor.digest)
    return {"id": await run_in_threadpool(_kept, guest, await request.body())}


def _kept(guest: Visiting, raw: bytes) -> str:
    conversation, now = guest.visitor.conversation, guest.house.now()
    try:
        clean = photos.made_anew(raw)
        with guest.house.database.write() as db:
            made = photos.keep(db, conversation, clean, now)
            events.append(db, conversation, f"photo:{made}", Kind.PHOTO, {"photo": made}, now)
    except photos.NoPhoto as error:
        raise HTTPException(415, str(error)) from None
    guest.house.hub.woken(conversation)
    return made
