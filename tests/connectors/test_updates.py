"""Customers are told of each step once, in their language, if they and the shop want it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agent.policy import Policy
from agent.replies.templates import sections_of
from agent.update_letter import of_update
from connectors.delivery import Delivery
from connectors.mail.updates import Updates
from tests.shop import Shop
from tools.orders import notices, outbox
from tools.orders.actions.customers import SaveCustomer
from tools.orders.actions.fulfilment import AdvanceFulfilment, ShipOrder, StartFulfilment
from tools.orders.actions.payments import Pay
from tools.orders.actions.preferences import SavePreferences
from tools.orders.agreement import Action
from tools.orders.model import Order
from tools.orders.outbox import Message
from tools.orders.terms import Terms

STEPS = ("confirmed", "paid", "packed", "shipped", "out_for_delivery", "delivered", "delayed", "refunded")
POLICY = Policy.model_validate({"shop": {"languages": ["en", "fr", "es", "de"]}})
LANGUAGES = ("en", "fr", "es", "de")


@pytest.fixture
def telling(shop: Shop) -> Shop:
    shop.terms = Terms(customer_updates=STEPS)
    return shop


def letters(shop: Shop) -> list[Message]:
    """What is posted now."""
    posted: list[Message] = []
    updates = Updates(
        shop.orders, lambda body, order, customer: of_update(body, order, customer, POLICY), posted.append
    )
    Delivery(shop.database, {notices.KIND: updates.carry}, lambda: shop.time).run_once()
    return posted


def walked(shop: Shop, **given: Any) -> Order:
    """From the order to the door."""
    order = shop.place(("shirt", 2), payments=(Pay(kind="card", token="t", mode="sale"),), **given)
    shop.provider_answers()
    shop.done(StartFulfilment(order_id=order.id))
    (work,) = shop.get(order.number).work
    for step in ("picked", "packed"):
        shop.done(AdvanceFulfilment(order_id=order.id, work_id=work.id, to=step))
    shop.done(ShipOrder(order_id=order.id, tracking="1Z5R89390357567127", carrier="UPS"))
    for hours, code in ((1, "in_transit"), (20, "delayed"), (40, "out_for_delivery"), (44, "delivered")):
        shop.scan(order, code, shop.time + timedelta(hours=hours))
        shop.scan(order, code, shop.time + timedelta(hours=hours))
    return shop.get(order.number)


def test_each_step_is_told_once_and_in_order(telling: Shop) -> None:
    order = walked(telling)
    telling.later(days=3)
    posted = letters(telling)
    assert [one.key.split(":")[3] for one in posted] == [
        "confirmed",
        "paid",
        "packed",
        "shipped",
        "delayed",
        "out_for_delivery",
        "delivered",
    ]
    assert {one.body["to"] for one in posted} == {"ana@example.com"}
    assert [one.body["subject"] for one in posted][:2] == [
        f"Your order {order.number} is confirmed",
        f"Payment received for order {order.number}",
    ]
    assert "€40.00" in posted[1].body["text"]
    assert "1Z5R89390357567127" in posted[3].body["text"]
    assert "- 2 × " in posted[3].body["text"]
    assert letters(telling) == []


def test_a_refund_is_told_when_it_was_paid_and_not_before(telling: Shop) -> None:
    order = telling.place(("shirt", 1), payments=(Pay(kind="card", token="t", mode="sale"),))
    telling.provider_answers()
    telling.later(minutes=1)
    assert len(letters(telling)) == 2
    telling.do(telling.get(order.number), Action.CANCEL_ORDER)
    assert letters(telling) == []
    telling.later(minutes=1)
    telling.provider_answers()
    telling.later(minutes=1)
    (told,) = letters(telling)
    assert "€20.00" in told.body["text"]
    assert told.body["subject"] == f"Refund for order {order.number}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_its_words_in_every_language_and_no_placeholder_is_left(telling: Shop, language: str) -> None:
    telling.done(SaveCustomer(customer_id="ana", language=language))
    walked(telling)
    telling.later(days=3)
    texts = [one.body["subject"] + one.body["text"] for one in letters(telling)]
    assert len(texts) == 7
    assert not any("{" in text for text in texts)
    sections = sections_of(language, "mail_update")
    assert set(sections) == {f"{step}{end}" for step in STEPS for end in ("", "_subject")}
    if language != "en":
        assert not set(sections.values()) & set(sections_of("en", "mail_update").values())


def test_who_does_not_want_to_hear_is_told_nothing_even_of_what_waits_already(telling: Shop) -> None:
    telling.done(SavePreferences(customer_id="ana", muted=("packed", "delayed")))
    walked(telling)
    telling.later(days=3)
    assert len(letters(telling)) == 5
    telling.place(("shirt", 1))
    telling.done(SavePreferences(customer_id="ana", muted=("all",)))
    assert letters(telling) == []


def test_nobody_is_told_where_the_shop_does_not_want_it_or_only_of_the_steps_it_named(shop: Shop) -> None:
    walked(shop)
    assert letters(shop) == []
    shop.terms = Terms(customer_updates=("delivered",))
    walked(shop)
    shop.later(days=3)
    assert [one.key.split(":")[3] for one in letters(shop)] == ["delivered"]


def test_an_order_on_hold_imports_and_old_scans_are_no_news(telling: Shop) -> None:
    telling.place(("hat", 1))
    order = telling.shipped()
    telling.scan(order, "delivered", telling.time - timedelta(days=3))
    with telling.database.read() as db:
        told = [one.body["step"] for one in outbox.due(db, telling.time) if one.kind == notices.KIND]
    assert told == []
