"""One-click links of the messages that come first. A GET shows a page and changes nothing; a POST opens the chat, in
which the wish is quoted and nothing is done before the customer agrees; another ends the messages.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from sqlalchemy.exc import IntegrityError

from agent.case import ConversationId, Incoming
from agent.desk import OtherText
from agent.proactive import messages
from agent.proactive.letter import NAME, spoken_by
from agent.proactive.links import BadLink, Link, Purpose, verified
from agent.proactive.messages import Message
from agent.replies.templates import variant
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
ACTOR = Actor("customer", "a link by mail")


@router.get("/chat/{token}")
def page(token: str, request: Request, house: Page) -> Response:
    """What the link is for. Mail programs that fetch it ahead change nothing by it."""
    try:
        _, message, customer, order = _known(house, token, request)
    except BadLink as error:
        return _shown(house, "link_over.html", 410, code=error.code)
    return _shown(house, "link.html", order=order.number, language=_language(house, customer), message=message.id)


@router.post("/chat/{token}")
def open_chat(token: str, request: Request, house: Page) -> dict[str, Any]:
    """A visit of the conversation in which the wish of this link is quoted; opened again, it is the same one."""
    counted(counters_of(request).starts, network_of(request))
    try:
        link, _, customer, order = _known(house, token, request)
    except BadLink as error:
        raise HTTPException(410, f"this link does not hold any more: {error.code}") from None
    secret, conversation = _visit(house, link, customer, order)
    language = _language(house, customer)
    text = variant(language, NAME, f"say_{link.purpose}").replace("{order.number}", order.number)
    incoming = Incoming(
        f"{conversation}:{link.purpose}", conversation, CHANNEL, text, network=network_of(request), careful=True
    )
    try:
        house.stage.hears(incoming, {"text": text})
    except OtherText:
        raise HTTPException(409, "this conversation went on in another language; write into it") from None
    return {"visitor": secret}


@router.get("/stop/{token}")
def ask_to_stop(token: str, house: Page) -> Response:
    try:
        _stop_link(house, token)
    except BadLink as error:
        return _shown(house, "link_over.html", 410, code=error.code)
    return _shown(house, "stop.html", done=False)


@router.post("/stop/{token}")
def stop(token: str, house: Page) -> Response:
    """One click, of the page or of a mail program (RFC 8058): these messages end. Again, it changes nothing."""
    try:
        link = _stop_link(house, token)
    except BadLink as error:
        return _shown(house, "link_over.html", 410, code=error.code)
    with house.database.read() as db:
        message = messages.one(db, link.message)
        kept = fetch(db, notification_preferences, customer_id=message.customer) if message else []
    if message:
        muted = {*(kept[0]["muted"] if kept else ()), "proactive"}
        wanted = SavePreferences.model_validate({"customer_id": message.customer, "muted": sorted(muted)})
        house.orders.do(wanted, key=f"stop:{link.message}", actor=ACTOR)
        with house.database.write() as db:
            messages.stopped(db, link.message, house.now())
    return _shown(house, "stop.html", done=True)


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


def _stop_link(house: House, token: str) -> Link:
    link = verified(house.keyed, token, house.now())
    if link.purpose is not Purpose.STOP:
        raise BadLink("malformed")
    return link


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


def _language(house: House, customer: Customer) -> str:
    return spoken_by(customer, house.policy)


def _shown(house: AnyHouse, name: str, status: int = 200, **known: Any) -> Response:
    page = PAGES.get_template(name).render(shop=house.policy.shop.name, **{"language": "en", **known})
    headers = {"Content-Security-Policy": LINKED, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(page, status, media_type="text/html", headers=headers)
