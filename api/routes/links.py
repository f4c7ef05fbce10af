"""One-click links of the messages that come first. A GET shows a page and changes nothing; a POST opens the chat, in
which the wish is quoted and nothing is done before the customer agrees; another ends the messages.

Who has a link may follow it, from whatever page or program: nothing else proves who that is, so the link alone counts.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy.exc import IntegrityError

from agent.case import ConversationId, Incoming
from agent.desk import OtherText
from agent.proactive import messages
from agent.proactive.letter import NAME, spoken_by
from agent.proactive.links import BadLink, Link, Purpose, verified
from agent.proactive.messages import Message
from agent.replies.templates import sections_of, variant
from api.edge.auth import AnyHouse
from api.edge.visiting import Page, counted, counters_of, network_of
from api.pages import PAGES
from api.widget import visitors
from api.widget.stage import CHANNEL
from api.wiring import House
from tools.orders.actions.preferences import SavePreferences
from tools.orders.model import Actor, Customer, CustomerId, Order, OrderId
from tools.orders.rows import fetch
from tools.orders.tables import notification_preferences

router = APIRouter(include_in_schema=False)
LINKED = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; img-src data:"
)
PAGE = "links"
"""The words of these pages, by language."""
ACTOR = Actor("customer", "a link by mail")


@router.get("/chat/{token}")
def page(token: str, request: Request, house: Page) -> Response:
    """What the link is for. Mail programs that fetch it ahead change nothing by it."""
    try:
        link, _, customer, order = _known(house, token, request)
    except BadLink:
        return _over(house, request)
    return _shown(house, "link.html", spoken_by(customer, house.policy), order=order.number, purpose=link.purpose)


@router.post("/chat/{token}")
def open_chat(token: str, request: Request, house: Page) -> dict[str, Any]:
    """A visit of the conversation in which the wish of this link is quoted; opened again, it is the same one.

    What it says is said once, in whatever language that was: `OtherText` is a customer whose language changed since.
    """
    counted(counters_of(request).starts, network_of(request))
    try:
        link, _, customer, order = _known(house, token, request)
    except BadLink as error:
        raise HTTPException(410, f"this link does not hold any more: {error.code}") from None
    secret, conversation = _visit(house, link, customer, order)
    language = spoken_by(customer, house.policy)
    text = variant(language, NAME, f"say_{link.purpose}").replace("{order.number}", order.number)
    incoming = Incoming(
        f"{conversation}:{link.purpose}", conversation, CHANNEL, text, network=network_of(request), careful=True
    )
    with suppress(OtherText):
        house.stage.hears(incoming, {"text": text})
    return {"visitor": secret}


@router.get("/stop/{token}")
def ask_to_stop(token: str, request: Request, house: AnyHouse) -> Response:
    try:
        message = _to_stop(house, token, request)
    except BadLink:
        return _over(house, request)
    return _shown(house, "stop.html", _language_of(house, message), done=False)


@router.post("/stop/{token}")
def stop(token: str, request: Request, house: AnyHouse) -> Response:
    """One click, of the page or of a mail program (RFC 8058): these messages end. Again, it changes nothing."""
    try:
        message = _to_stop(house, token, request)
    except BadLink:
        return _over(house, request)
    if message:
        _stopped(house, message)
    return _shown(house, "stop.html", _language_of(house, message), done=True)


def _stopped(house: House, message: Message) -> None:
    """A key of its own each time: who wanted them again since, and ends them by the same link, is heard."""
    with house.database.read() as db:
        kept = fetch(db, notification_preferences, customer_id=message.customer)
    muted = set(kept[0]["muted"]) if kept else set()
    if "proactive" not in muted:
        wanted = {"customer_id": message.customer, "muted": sorted(muted | {"proactive"})}
        house.orders.do(SavePreferences.model_validate(wanted), key=f"stop:{message.id}:{uuid4()}", actor=ACTOR)
    with house.database.write() as db:
        messages.stopped(db, message.id, house.now())


# -- in small ------------------------------------------------------------------------------------------------


def _known(house: House, token: str, request: Request) -> tuple[Link, Message, Customer, Order]:
    """Raises `BadLink`; the same for an order or a customer that is gone."""
    counted(counters_of(request).networks, network_of(request))
    link = verified(house.keyed, token, house.now())
    with house.database.read() as db:
        message = messages.one(db, link.message)
    if message is None or link.purpose is Purpose.STOP or link.place >= len(message.orders):
        raise BadLink("malformed")
    customer = house.orders.customer(CustomerId(message.customer))
    if customer is None:
        raise BadLink("expired")
    return link, message, customer, house.orders.order(OrderId(message.orders[link.place]))


def _to_stop(house: House, token: str, request: Request) -> Message | None:
    """The message whose kind is to end; nothing where it is gone with its customer. Raises `BadLink`."""
    counted(counters_of(request).networks, network_of(request))
    link = verified(house.keyed, token, house.now())
    if link.purpose is not Purpose.STOP:
        raise BadLink("malformed")
    with house.database.read() as db:
        return messages.one(db, link.message)


def _visit(house: House, link: Link, customer: Customer, order: Order) -> tuple[str, ConversationId]:
    """Proven for this one order, for a session's time and never longer than the link holds."""
    try:
        return _begun(house, link, customer, order)
    except IntegrityError:  # two presses at once: the other one opened it
        return _begun(house, link, customer, order)


def _begun(house: House, link: Link, customer: Customer, order: Order) -> tuple[str, ConversationId]:
    now = house.now()
    with house.database.write() as db:
        before = messages.conversation_of(db, link.id)
        visitor, secret = visitors.begin(db, None, now, before)
        if before is None:
            messages.opened(db, link.message, link.id, visitor.conversation, now)
        house.identity.by_link(db, visitor.conversation, customer.id, order.id, link.until)
    return secret, visitor.conversation


def _language_of(house: House, message: Message | None) -> str:
    customer = house.orders.customer(CustomerId(message.customer)) if message else None
    return spoken_by(customer, house.policy) if customer else house.policy.shop.languages[0]


def _over(house: House, request: Request) -> Response:
    """Whose link it was is not known for sure: the browser says what its reader speaks."""
    asked = re.findall(r"(?:^|,)\s*([a-z]{2})\b", request.headers.get("accept-language", "").lower())
    known = (one for one in (*asked, *house.policy.shop.languages) if sections_of(one, PAGE))
    return _shown(house, "link_over.html", next(known, "en"), 410)


def _shown(house: House, name: str, language: str, status: int = 200, **known: Any) -> Response:
    """In the reader's language where these pages are written in it."""
    language = language if sections_of(language, PAGE) else "en"
    say = sections_of(language, PAGE)
    page = PAGES.get_template(name).render(shop=house.policy.shop.name, language=language, say=say, **known)
    headers = {"Content-Security-Policy": LINKED, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(page, status, media_type="text/html", headers=headers)
