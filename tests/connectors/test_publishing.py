"""Other systems are told of events: signed, in order, at least once, and what they never take is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.delivery import Delivery
from connectors.publishing import ID, SIGNATURE, TIMESTAMP, Publisher, signature
from tests.connectors.vendor import Answer, Asked, FakeVendor, Trouble, serving
from tests.shop import Shop
from tools.orders import outbox, published
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.agreement import Action
from tools.orders.terms import Terms

SECRET = "publish-secret"


@dataclass
class Receiver(FakeVendor):
    """An ERP that checks who speaks, and passes over what it knows."""

    known: dict[str, Any] = field(default_factory=dict)

    def routed(self, asked: Asked) -> Answer:
        name, stamp = asked.headers[ID], asked.headers[TIMESTAMP]
        if asked.headers[SIGNATURE] != f"v1={signature(SECRET, name, stamp, asked.raw)}":
            return 401, {}, {}
        self.known.setdefault(name, asked.body)
        return 200, {}, {}


@pytest.fixture
def erp() -> Iterator[Receiver]:
    with serving(Receiver()) as made:
        yield made


@pytest.fixture
def telling(shop: Shop) -> Shop:
    shop.terms = Terms(publish=("order.*", "shipment.*"))
    return shop


def deliver(shop: Shop, erp: Receiver, secret: str = SECRET) -> int:
    carry = Publisher(f"{erp.url}/events", secret, lambda: shop.time).carry
    return Delivery(shop.database, {published.KIND: carry}, lambda: shop.time).run_once()


def dead(shop: Shop) -> int:
    with shop.database.read() as db:
        return outbox.count(db, "dead")


def test_the_signature_is_that_of_id_timestamp_and_body() -> None:
    # printf 'web:1:1.1700000000.{}' | openssl dgst -sha256 -hmac publish-secret
    assert (
        signature(SECRET, "web:1:1", "1700000000", b"{}")
        == "bfd0baaf6e68052b2d1699ab899198ca076133716de1b58816145b6e7f7f03be"
    )


def test_events_arrive_signed_in_order_and_without_addresses(telling: Shop, erp: Receiver) -> None:
    order = telling.place(("shirt", 1))
    telling.done(StartFulfilment(order_id=order.id))
    telling.done(ShipOrder(order_id=order.id, tracking="T1"))
    deliver(telling, erp)
    assert [one["type"] for one in erp.known.values()] == ["order.placed", "shipment.handed_over"]
    assert [one["sequence"] for one in erp.known.values()] == sorted(one["sequence"] for one in erp.known.values())
    assert b"Pasteur" not in b"".join(one.raw for one in erp.asked)
    assert deliver(telling, erp) == 0


def test_what_was_not_taken_comes_again_and_the_later_ones_wait_for_it(telling: Shop, erp: Receiver) -> None:
    order = telling.place(("shirt", 1))
    telling.do(order, Action.CANCEL_ORDER)
    erp.troubles = [Trouble("POST", 503, times=1), Trouble("POST", 500, times=1, applied=True)]
    deliver(telling, erp)
    assert erp.known == {}
    for _ in range(3):
        telling.later(minutes=5)
        deliver(telling, erp)
    assert [one["type"] for one in erp.known.values()] == ["order.placed", "order.cancelled"]
    assert len({one.headers[ID] for one in erp.asked}) == 2


def test_what_a_receiver_refuses_is_given_up_and_kept_and_holds_nothing_back(telling: Shop, erp: Receiver) -> None:
    telling.place(("shirt", 1))
    erp.troubles = [Trouble("POST", 422)]
    deliver(telling, erp)
    assert dead(telling) == 1
    telling.place(("mug", 1))
    deliver(telling, erp)
    assert len(erp.known) == 1


def test_a_wrong_secret_is_refused_and_nothing_is_lost(telling: Shop, erp: Receiver) -> None:
    telling.place(("shirt", 1))
    deliver(telling, erp, secret="another")
    assert (erp.known, dead(telling)) == ({}, 0)


def test_nothing_is_published_where_the_shop_named_nothing(shop: Shop, erp: Receiver) -> None:
    shop.place(("shirt", 1))
    assert deliver(shop, erp) == 0
