"""Shopify over real HTTP: mirrored, resumed, paid back once; its documents are those of the published schema."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.delivery import Delivery
from connectors.errors import Gone, Limited, Rejected, Unauthorized, Unreachable
from connectors.payments.asking import KINDS, Asking
from connectors.payments.choosing import Choosing
from connectors.payments.sandbox import SandboxPayments
from connectors.payments.through_shop import ThroughShop
from connectors.shops import shopify_documents, shopify_webhook
from connectors.shops.acting import Acting
from connectors.shops.mirror import Mirror
from connectors.shops.shopify import Access, Shopify
from connectors.shops.shopify_acts import ShopifyActs
from connectors.signed import BadEvent, BadSignature, in_base64
from connectors.tables import metadata as connector_tables
from tests.connectors.fake_shopify import CLIENT, SCHEMA, SECRET, FakeShopify, money, node, parcel, wrong_in
from tests.connectors.vendor import Answer, Asked, Trouble, serving
from tests.shop import Shop, euros
from tools.orders import outbox
from tools.orders.agreement import Action
from tools.orders.model import PaymentAxis, ShipmentState
from tools.orders.terms import Terms

needs_reference = pytest.mark.skipif(
    not SCHEMA.exists(), reason="NOT RUN: needs the reference folder (WISMO_REFERENCE)"
)


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
    made = Shopify(Access(fake.url, CLIENT, SECRET), lambda: shop.time, slept.append, page=3)
    yield made
    made.close()


@pytest.fixture
def mirror(shopify: Shopify, shop: Shop) -> Mirror:
    with shop.database.write() as db:
        connector_tables.create_all(db)
    return Mirror(shop.database, shopify, "shopify", lambda: shop.time, batch=3)


@needs_reference
@pytest.mark.parametrize("document", shopify_documents.ALL, ids=lambda text: text.split("(")[0][:30])
def test_every_document_is_valid_in_the_published_schema(document: str) -> None:
    assert wrong_in(document) == ()


@needs_reference
def test_the_judge_itself_sees_a_wrong_document() -> None:
    assert wrong_in(shopify_documents.REFUND.replace("userErrors", "errors"))


# -- mirror --------------------------------------------------------------------------------------------------


def test_orders_are_mirrored_with_their_money_parcels_and_people(mirror: Mirror, fake: FakeShopify, shop: Shop) -> None:
    sent = parcel("1Z5R89390357567127", ("IN_TRANSIT", "2026-11-18T10:00:00Z"), delivered="2026-11-19T10:00:00Z")
    fake.nodes = [
        node(1),
        node(2, displayFulfillmentStatus="FULFILLED", fulfillments=[sent]),
        node(3, cancelledAt="2026-11-19T10:00:00Z", totalDiscountsSet=money("4.00"), totalPriceSet=money("40.90")),
    ]
    fake.nodes[2]["transactions"] = []
    made = mirror.run()
    assert (made.created, made.quarantined, made.conflicts) == (3, (), ())
    first, second = shop.get("#1"), shop.get("#2")
    assert (first.total.minor, first.payment, first.address.city) == (4490, PaymentAxis.PAID, "Lyon")
    assert second.shipments[0].state is ShipmentState.DELIVERED
    assert shop.get("3").lifecycle == "cancelled"
    assert shop.orders.customer_by_email("c1@example.com").language == "fr"  # type: ignore[union-attr]
    assert shop.orders.audit().ok


def test_again_it_changes_nothing_and_what_changed_there_is_merged(
    mirror: Mirror, fake: FakeShopify, shop: Shop
) -> None:
    fake.nodes = [node(number) for number in range(1, 9)]
    assert mirror.run().created == 8
    assert mirror.run().created == 0
    sent = parcel("1Z5R89390357567127", ("IN_TRANSIT", "2026-11-18T10:00:00Z"))
    fake.nodes[4] |= {
        "displayFulfillmentStatus": "FULFILLED",
        "fulfillments": [sent],
        "updatedAt": "2026-11-20T09:00:00Z",
    }
    made = mirror.run()
    assert (made.created, made.merged, mirror.mark()) == (0, 1, "2026-11-20T09:00:00Z")
    assert shop.get("#5").shipments[0].state is ShipmentState.IN_TRANSIT
    assert shop.orders.audit().ok


def test_a_mirror_that_was_cut_off_goes_on_from_its_mark(mirror: Mirror, fake: FakeShopify, shop: Shop) -> None:
    fake.nodes = [node(number) for number in range(1, 11)]
    asked: list[int] = []

    def cut(seen: int) -> None:
        asked.append(seen)
        if len(asked) == 2:
            fake.troubles.append(Trouble("POST", 502, path="graphql.json"))

    with pytest.raises(Unreachable):
        mirror.run(cut)
    assert shop.orders.count() == 6
    again = mirror.run()
    assert (shop.orders.count(), again.created) == (10, 4)


def test_what_was_read_before_the_shop_fell_silent_is_kept(
    shopify: Shopify, mirror: Mirror, fake: FakeShopify, shop: Shop
) -> None:
    fake.nodes = [node(number) for number in range(1, 11)]
    large = Mirror(shop.database, shopify, "shopify", lambda: shop.time, batch=100)
    answered = fake.routed

    def silent_after_three(asked: Asked) -> Answer:
        return answered(asked) if len(fake.asked) < 5 else (502, "", {})

    fake.routed = silent_after_three  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        large.run()
    assert shop.orders.count() == 9
    fake.routed = answered  # type: ignore[method-assign]
    large.run()
    assert shop.orders.count() == 10


def test_an_order_that_does_not_fit_is_quarantined_and_its_neighbours_are_taken(
    mirror: Mirror, fake: FakeShopify, shop: Shop
) -> None:
    unknown = node(2)
    unknown["currencyCode"] = "XQQ"
    fake.nodes = [node(1), unknown, node(3, totalPriceSet=money("1.00")), node(4)]
    made = mirror.run()
    assert made.created == 2
    assert sorted(one.split(":")[0] for one in made.quarantined) == ["#2", "#3"]
    assert {one.number for one in shop.orders.newest()} == {"#1", "#4"}


def test_a_variant_that_was_deleted_and_people_that_we_may_not_see_stop_nothing(
    mirror: Mirror, fake: FakeShopify, shop: Shop
) -> None:
    gone, hidden = node(1), node(2, customer=None, email=None)
    gone["lineItems"]["nodes"][0] |= {"sku": None, "variant": None, "product": None}
    fake.nodes = [gone, hidden]
    assert mirror.run().created == 2
    assert shop.get("#1").lines[0].sku == "gid://shopify/LineItem/1"
    assert shop.orders.customer(shop.get("#2").customer_id).email.endswith("@no-mail.invalid")  # type: ignore[union-attr]


def test_what_both_ends_changed_is_a_conflict_for_a_person_and_nothing_is_undone(
    mirror: Mirror, fake: FakeShopify, shop: Shop
) -> None:
    fake.nodes = [node(1)]
    mirror.run()
    shop.do(shop.get("#1"), Action.CANCEL_ORDER)
    sent = parcel("1Z5R89390357567127", ("IN_TRANSIT", "2026-11-20T10:00:00Z"))
    fake.nodes[0] |= {
        "displayFulfillmentStatus": "FULFILLED",
        "fulfillments": [sent],
        "updatedAt": "2026-11-20T11:00:00Z",
    }
    made = mirror.run()
    assert len(made.conflicts) == 1
    assert shop.get("#1").lifecycle == "cancelled"
    assert shop.orders.audit().ok


# -- money and acts ------------------------------------------------------------------------------------------


def deliver(shop: Shop, shopify: Shopify) -> None:
    provider = Choosing({"import": ThroughShop(shopify)}, SandboxPayments(), frozenset())
    Delivery(shop.database, dict.fromkeys(KINDS, Asking(shop.orders, provider).carry), lambda: shop.time).run_once()


@pytest.mark.parametrize("lost", [False, True])
def test_money_goes_back_through_the_shop_once_also_when_its_answer_was_lost(
    mirror: Mirror, shopify: Shopify, fake: FakeShopify, shop: Shop, lost: bool
) -> None:
    fake.nodes = [node(1)]
    mirror.run()
    shop.do(shop.get("#1"), Action.CANCEL_ORDER)
    if lost:
        fake.cut_refund = True
        deliver(shop, shopify)
        assert shop.get("#1").refunds[0].state == "unknown"
        shop.later(minutes=5)
    deliver(shop, shopify)
    deliver(shop, shopify)
    assert [one["amount"] for one in fake.refunds.values()] == [44.90]
    assert shop.get("#1").payment is PaymentAxis.REFUNDED
    assert shop.orders.audit().ok


def test_never_more_goes_back_than_the_shop_says_and_its_refusal_keeps_the_customers_name_out(
    shopify: Shopify, fake: FakeShopify
) -> None:
    fake.nodes = [node(1)]
    assert shopify.refund("#1", euros("50.00"), "k") == ("", "above_refundable")
    fake.user_error = True
    assert shopify.refund("#1", euros("5.00"), "k") == ("", "transactions")
    assert fake.refunds == {}


def test_a_cancellation_waits_until_it_is_done_and_one_that_is_done_is_well(
    shopify: Shopify, fake: FakeShopify
) -> None:
    fake.nodes = [node(1)]
    assert shopify.cancel("#1") == ""
    assert fake.jobs == 2
    assert shopify.cancel("#1") == ""
    with pytest.raises(Gone):
        shopify.cancel("#9")
    with pytest.raises(Rejected):
        shopify.order("name OR status:any")


@pytest.mark.parametrize("refused", [False, True])
def test_what_is_cancelled_here_is_cancelled_there_or_a_person_is_told(
    mirror: Mirror, shopify: Shopify, fake: FakeShopify, shop: Shop, refused: bool
) -> None:
    shop.terms = Terms(orders_master="shop")
    fake.nodes = [node(1)]
    mirror.run()
    shop.do(shop.get("#1"), Action.CANCEL_ORDER)
    fake.user_error = refused
    acting = Acting(shopify, ShopifyActs(shopify), shop.orders)
    delivery = Delivery(shop.database, {"shop.cancel": acting.carry}, lambda: shop.time)
    assert delivery.run_once() == (not refused)
    with shop.database.read() as db:
        assert outbox.count(db, "dead") == refused
    assert (fake.nodes[0]["cancelledAt"] is None) == refused


def test_wismos_own_orders_and_a_shop_that_is_no_master_ask_nothing(
    mirror: Mirror, fake: FakeShopify, shop: Shop
) -> None:
    fake.nodes = [node(1)]
    mirror.run()
    shop.do(shop.get("#1"), Action.CANCEL_ORDER)
    shop.terms = Terms(orders_master="shop")
    shop.do(shop.place(("shirt", 1)), Action.CANCEL_ORDER)
    with shop.database.read() as db:
        assert "shop.cancel" not in {one.kind for one in outbox.due(db, shop.time, 500)}


# -- manners -------------------------------------------------------------------------------------------------


def test_a_token_is_fetched_anew_when_it_ends_and_once_when_it_is_refused(
    shopify: Shopify, fake: FakeShopify, shop: Shop
) -> None:
    assert shopify.shop() == "Ana's shop"
    fake.tokens.clear()
    assert shopify.shop() == "Ana's shop"
    assert fake.fetched == 2
    shop.later(hours=24)
    shopify.shop()
    assert fake.fetched == 3


def test_a_wrong_secret_is_told_with_its_remedy_and_not_itself(fake: FakeShopify, shop: Shop) -> None:
    with pytest.raises(Unauthorized, match="WISMO_SHOPIFY_CLIENT_ID") as told:
        Shopify(Access(fake.url, CLIENT, "wrong-s3cret"), lambda: shop.time).shop()
    assert "wrong-s3cret" not in str(told.value)


def test_few_points_left_are_waited_for_and_a_throttle_is_told_with_its_time(
    shopify: Shopify, fake: FakeShopify, slept: list[float]
) -> None:
    fake.left = 50.0
    shopify.shop()
    assert slept == []
    shopify.shop()
    assert slept == [1.5]
    fake.throttled = 1
    with pytest.raises(Limited) as told:
        shopify.shop()
    assert told.value.retry_after.total_seconds() == 2


# -- webhooks ------------------------------------------------------------------------------------------------


def test_a_webhook_is_let_in_by_its_signature_and_names_its_order() -> None:
    raw = json.dumps({"id": 450789469, "name": "#1001"}).encode()
    headers = {
        shopify_webhook.SIGNATURE: in_base64(SECRET, raw).decode(),
        shopify_webhook.WEBHOOK: "w-1",
        shopify_webhook.TOPIC: "orders/updated",
    }
    shopify_webhook.verify(raw, headers, ["old", SECRET])
    found = shopify_webhook.knock(raw, headers)
    assert found is not None
    assert (found.key, found.subject) == ("w-1", "450789469")
    assert shopify_webhook.knock(raw, headers | {shopify_webhook.TOPIC: "app/uninstalled"}) is None
    with pytest.raises(BadSignature):
        shopify_webhook.verify(raw + b" ", headers, [SECRET])
    with pytest.raises(BadEvent):
        shopify_webhook.knock(raw, headers | {shopify_webhook.TOPIC: "refunds/create"})
