"""All orders at once: waited for, read on where it was cut off, asked again where the file does not say enough."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.errors import Gone, Limited, Unreachable
from connectors.shops import shopify_bulk
from connectors.shops.mirror import BULK, Mirror
from connectors.shops.shopify import Access, Shopify
from connectors.shops.shopify_bulk import Bulk
from connectors.tables import metadata as connector_tables
from tests.connectors.fake_shopify import CLIENT, SECRET, FakeShopify, money, node, parcel
from tests.connectors.vendor import Trouble, serving
from tests.shop import Shop
from tools.orders.model import ShipmentState


@pytest.fixture
def fake() -> Iterator[FakeShopify]:
    with serving(FakeShopify()) as made:
        yield made
        assert made.complaints == []


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def shopify(fake: FakeShopify, shop: Shop, slept: list[float]) -> Iterator[Shopify]:
    made = Shopify(Access(fake.url, CLIENT, SECRET), lambda: shop.time, slept.append)
    yield made
    made.close()


@pytest.fixture
def mirror(shopify: Shopify, shop: Shop) -> Mirror:
    with shop.database.write() as db:
        connector_tables.create_all(db)
    return Mirror(shop.database, shopify, "shopify", lambda: shop.time)


@pytest.fixture
def bulk(shopify: Shopify, fake: FakeShopify, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bulk]:
    monkeypatch.setattr(shopify_bulk, "AT_ONCE", 4)
    made = Bulk(shopify, fake.url)
    yield made
    made.close()


def test_every_order_is_there_as_the_pages_would_tell_it(
    mirror: Mirror, bulk: Bulk, fake: FakeShopify, shop: Shop, slept: list[float]
) -> None:
    arrived = parcel("1Z5R89390357567127", delivered="2026-11-19T10:00:00Z")
    under_way = parcel("986578788855", ("OUT_FOR_DELIVERY", "2026-11-20T07:00:00Z"))
    fake.nodes = [node(number) for number in range(1, 11)]
    fake.nodes[2] |= {"displayFulfillmentStatus": "FULFILLED", "fulfillments": [arrived]}
    fake.nodes[6] |= {"displayFulfillmentStatus": "FULFILLED", "fulfillments": [under_way]}
    made = mirror.at_once(bulk)
    assert (made.created, made.quarantined, made.conflicts) == (10, (), ())
    assert [shop.get("#3").shipments[0].state, shop.get("#7").shipments[0].state] == [
        ShipmentState.DELIVERED,
        ShipmentState.OUT_FOR_DELIVERY,
    ]
    assert slept.count(shopify_bulk.WAIT) == 2
    asked = [json.loads(one.raw) for one in fake.asked if b"OrdersById" in one.raw]
    assert [one["variables"]["ids"] for one in asked] == [["gid://shopify/Order/7"]]
    assert (mirror.mark(BULK), mirror.run().created) == ("", 0)
    assert shop.orders.audit().ok


def test_a_file_that_is_cut_off_is_read_on_from_the_last_whole_page(
    mirror: Mirror, bulk: Bulk, fake: FakeShopify, shop: Shop
) -> None:
    fake.nodes = [node(number) for number in range(1, 11)]
    fake.bulk.cut = 9_000
    with pytest.raises(Unreachable, match="run it again to go on"):
        mirror.at_once(bulk)
    kept = shop.orders.count()
    assert 0 < kept < 10
    made = mirror.at_once(bulk)
    assert (kept + made.created, shop.orders.count(), fake.bulk.begun) == (10, 10, 1)
    start = int(fake.bulk.ranges[-1].removeprefix("bytes=").rstrip("-"))
    assert fake.bulk.text[start : start + 30].startswith(b'{"id": "gid://shopify/Order/')


def test_an_order_that_changes_while_the_file_is_written_is_read_afterwards(
    mirror: Mirror, bulk: Bulk, fake: FakeShopify, shop: Shop
) -> None:
    fake.nodes = [node(number) for number in range(1, 4)]
    place = bulk.begin("2026-11-20T11:55:00Z")
    assert place.bytes == 0
    fake.nodes[0] |= {"cancelledAt": "2026-11-20T11:59:00Z", "updatedAt": "2026-11-20T11:59:00Z"}
    fake.nodes[0]["transactions"] = []
    made = mirror.at_once(bulk)
    assert (made.created, shop.get("#1").lifecycle) == (3, "cancelled")
    assert mirror.mark() == "2026-11-20T11:59:00Z"


def test_one_that_does_not_fit_is_quarantined_and_its_neighbours_are_taken(
    mirror: Mirror, bulk: Bulk, fake: FakeShopify, shop: Shop
) -> None:
    fake.nodes = [node(number) for number in range(1, 6)]
    fake.nodes[1]["totalPriceSet"] = money("1.00")
    made = mirror.at_once(bulk)
    assert (made.created, len(made.quarantined)) == (4, 1)
    assert made.quarantined[0].startswith("#2: ")


@pytest.mark.parametrize("ends", ["FAILED", "CANCELED", "EXPIRED"])
def test_an_operation_that_ends_badly_is_begun_anew(
    mirror: Mirror, bulk: Bulk, fake: FakeShopify, shop: Shop, ends: str
) -> None:
    fake.nodes = [node(1)]
    fake.bulk.ends = ends
    with pytest.raises(Gone, match="run it again"):
        mirror.at_once(bulk)
    fake.bulk.ends = "COMPLETED"
    assert (mirror.at_once(bulk).created, fake.bulk.begun) == (1, 2)


def test_a_file_that_is_gone_and_an_operation_of_somebody_else(
    mirror: Mirror, bulk: Bulk, fake: FakeShopify, shop: Shop
) -> None:
    fake.nodes = [node(1)]
    fake.troubles = [Trouble("GET", 403, path="orders.jsonl")]
    with pytest.raises(Gone):
        mirror.at_once(bulk)
    fake.bulk.refused = True
    with pytest.raises(Limited, match="begins no bulk operation"):
        mirror.at_once(bulk)


def test_questions_that_cost_too_much_are_asked_in_smaller_parts(
    mirror: Mirror, bulk: Bulk, fake: FakeShopify, shop: Shop
) -> None:
    under_way = parcel("986578788855", ("IN_TRANSIT", "2026-11-20T07:00:00Z"))
    fake.nodes = [node(number, updatedAt="2026-11-20T12:00:00Z") for number in range(1, 12)]
    for one in fake.nodes[:5]:
        one |= {"displayFulfillmentStatus": "FULFILLED", "fulfillments": [under_way]}
    fake.at_most = 3
    made = mirror.at_once(bulk)
    assert (made.created, made.unchanged, made.quarantined) == (11, 11, ())
    assert shop.get("#5").shipments[0].state is ShipmentState.IN_TRANSIT


def test_a_shop_without_orders_ends_at_once(mirror: Mirror, bulk: Bulk, fake: FakeShopify, shop: Shop) -> None:
    assert mirror.at_once(bulk).seen == 0
    assert mirror.mark() == "2026-11-20T11:55:00Z"
