"""Words that come before the question: in every language, and nothing in them that the record does not bear out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from agent.policy import Policy
from agent.proactive.letter import About, case_of, subject
from agent.proactive.links import Purpose
from agent.replies.templates import sections_of
from agent.steps.check import check
from tests.shop import Shop
from tools.orders.actions.returns import ReceiveReturn
from tools.orders.agreement import Action
from tools.orders.alerts.kinds import Kind
from tools.orders.alerts.store import Alert
from tools.orders.model import Customer, CustomerId, Order

LANGUAGES = ("en", "fr", "es", "de")
POLICY = Policy.model_validate({"shop": {"languages": list(LANGUAGES)}})


def alert(order: Order, kind: Kind, now: datetime, **given: Any) -> Alert:
    known: dict[str, Any] = {"facts": {"lane": "dhl|standard", "seen": 412}}
    if kind in {Kind.PREDICTED_LATE, Kind.LATE, Kind.EXCEPTION, Kind.SILENT, Kind.PROMISE_AT_RISK}:
        known |= {"earliest": now + timedelta(days=3), "latest": now + timedelta(days=5)}
    base: dict[str, Any] = {
        "id": 1,
        "order_id": order.id,
        "customer_id": "ana",
        "kind": kind,
        "event": "e",
        "at": now,
        "since": now,
        "promised_at": order.promised_at,
        "chance": None,
        "earliest": None,
        "latest": None,
        "state": "open",
        "word": "waiting",
        "word_at": None,
        "message": None,
    }
    return Alert(**(base | known | given))


def situation(shop: Shop, kind: Kind) -> tuple[Order, dict[str, Any]]:
    """An order of which this kind is true."""
    soon, gone = shop.time + timedelta(days=2), shop.time - timedelta(hours=1)
    if kind is Kind.REFUND_OVERDUE:
        order = shop.order()
        shop.do(order, Action.CANCEL_ORDER)
        return shop.get(order.number), {}
    if kind is Kind.RETURN_WAITING:
        order = shop.delivered()
        shop.do(order, Action.REQUEST_RETURN)
        rma = shop.get(order.number).returns[-1]
        shop.done(ReceiveReturn(return_id=rma.id, units=dict(rma.lines)))
        return shop.get(order.number), {}
    if kind in {Kind.PROMISE_AT_RISK, Kind.BACK_ORDER_MOVED, Kind.LABEL_UNSCANNED}:
        more = {"facts": {"before": shop.time.isoformat()}} if kind is Kind.BACK_ORDER_MOVED else {}
        return shop.order(promised_at=soon.isoformat()), more
    order = shop.shipped(promised_at=(gone if kind is Kind.LATE else soon).isoformat())
    codes = {
        Kind.EXCEPTION: "exception",
        Kind.ATTEMPT_FAILED: "attempt_failed",
        Kind.READY_FOR_PICKUP: "available_for_pickup",
        Kind.RETURNED: "returned_to_sender",
        Kind.DISPUTED: "delivered",
    }
    if kind in codes:
        shop.scan(order, codes[kind], gone)
    return shop.get(order.number), {}


def said(shop: Shop, about: tuple[About, ...], language: str, channel: str = "mail") -> tuple[str, tuple[str, ...]]:
    customer = Customer(CustomerId("ana"), "Ana Lee", "ana@example.com", language)
    case = case_of("pro-1", "c-1", channel, customer, about, POLICY, shop.time)
    reply = check(case, POLICY)["reply"]
    return reply.text, reply.problems


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_said_in_every_language_and_passes_the_check(shop: Shop, kind: Kind, language: str) -> None:
    order, more = situation(shop, kind)
    about = About(order, (alert(order, kind, shop.time, **more),), (), {})
    text, problems = said(shop, (about,), language)
    assert problems == ()
    assert order.number in text
    assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["delayed", "exception", "lost"])
def test_what_the_carrier_said_has_words_of_its_own(shop: Shop, code: str, language: str) -> None:
    order = shop.shipped(promised_at=(shop.time + timedelta(days=2)).isoformat())
    shop.scan(order, code, shop.time - timedelta(hours=1))
    order = shop.get(order.number)
    found = alert(order, Kind.EXCEPTION, shop.time, facts={"code": code, "seen": 99})
    _, problems = said(shop, (About(order, (found,), (), {}),), language)
    assert problems == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_several_orders_are_one_message_with_what_can_be_done_about_each(shop: Shop, language: str) -> None:
    first, _ = situation(shop, Kind.PROMISE_AT_RISK)
    second, _ = situation(shop, Kind.LATE)
    offers = (Purpose.CANCEL, Purpose.ADDRESS)
    urls = {one: f"https://chat.shop.example/chat/x.{one}" for one in offers}
    about = (
        About(first, (alert(first, Kind.PROMISE_AT_RISK, shop.time),), offers, urls),
        About(second, (alert(second, Kind.LATE, shop.time),), (Purpose.REFUND,), {}),
    )
    text, problems = said(shop, about, language)
    assert problems == ()
    assert first.number in text
    assert second.number in text
    assert all(url in text for url in urls.values())
    assert text.count("https://") == 2
    chat, problems = said(shop, about, language, "widget")
    assert problems == ()
    assert len(chat) < len(text)


def test_no_day_is_named_without_the_history_it_rests_on(shop: Shop) -> None:
    order, _ = situation(shop, Kind.PREDICTED_LATE)
    found = alert(order, Kind.PREDICTED_LATE, shop.time, facts={})
    text, _ = said(shop, (About(order, (found,), (), {}),), "en")
    assert "most likely days" not in text


def test_a_subject_tells_no_more_than_the_number(shop: Shop) -> None:
    order, _ = situation(shop, Kind.LATE)
    about = About(order, (alert(order, Kind.LATE, shop.time),), (), {})
    assert subject((about,), "en", POLICY) == f"About your order {order.number}"
    assert subject((about, about), "de", POLICY) == "Neues zu Ihren Bestellungen"


def test_every_language_has_the_same_words(shop: Shop) -> None:
    names = {language: set(sections_of(language, "proactive")) for language in LANGUAGES}
    assert len({frozenset(one) for one in names.values()}) == 1
