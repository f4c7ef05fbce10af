"""What Wismo does to a mirrored order is done at Shopify too, once; what Shopify refuses is for a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.delivery import Delivery
from connectors.errors import Rejected
from connectors.shops import Back
from connectors.shops.acting import Acting
from connectors.shops.mirror import Mirror
from connectors.shops.shopify import Access, Shopify
from connectors.shops.shopify_acts import ShopifyActs
from connectors.tables import metadata as connector_tables
from tests.connectors.fake_shopify import CLIENT, SECRET, FakeShopify, node, parcel
from tests.connectors.vendor import Trouble, serving
from tests.shop import Shop
from tools.orders import mastered, outbox
from tools.orders.actions.fulfilment import HoldOrder, MoveFulfilment
from tools.orders.actions.on_hold import ReleaseOrder
from tools.orders.actions.places import SaveLocation
from tools.orders.agreement import Action, Selection, Swap, Wish
from tools.orders.model import Address, Order
from tools.orders.terms import Terms

NICE = Address("1 quai des États-Unis", "Nice", "06300", "FR")
LYON_2 = "gid://shopify/Location/2"


class Both:
    """A shop that mirrors a Shopify and acts through it."""

    def __init__(self, shop: Shop, fake: FakeShopify, shopify: Shopify) -> None:
        self.shop, self.fake, self.shopify = shop, fake, shopify
        with shop.database.write() as db:
            connector_tables.create_all(db)
        shop.terms = Terms(orders_master="shop")
        self.mirror = Mirror(shop.database, shopify, "shopify", lambda: shop.time)
        self.acts = ShopifyActs(shopify)
        carry = Acting(shopify, self.acts, shop.orders).carry
        self.delivery = Delivery(shop.database, dict.fromkeys(mastered.KINDS, carry), lambda: shop.time)

    def mirrored(self, *nodes: dict[str, object]) -> Order:
        self.fake.nodes = list(nodes) or [node(1)]
        made = self.mirror.run()
        assert made.quarantined == ()
        return self.shop.get("#1")

    def deliver(self, rounds: int = 2) -> None:
        for _ in range(rounds):
            self.delivery.run_once()
            self.shop.later(minutes=5)

    def dead(self) -> int:
        with self.shop.database.read() as db:
            return outbox.count(db, "dead")

    def why(self) -> str:
        with self.shop.database.read() as db:
            return str(db.exec_driver_sql("SELECT max(last_error) FROM outbox").scalar_one())


@pytest.fixture
def both(shop: Shop) -> Iterator[Both]:
    with serving(FakeShopify()) as fake:
        shopify = Shopify(Access(fake.url, CLIENT, SECRET), lambda: shop.time, lambda _: None)
        yield Both(shop, fake, shopify)
        shopify.close()
        assert fake.complaints == []


def test_a_new_address_is_written_there_and_comes_back_without_a_conflict(both: Both) -> None:
    order = both.mirrored()
    both.shop.execute(both.shop.quote(order, Action.CHANGE_ADDRESS, address=NICE))
    with both.shop.database.read() as db:
        bodies = str(db.exec_driver_sql("SELECT body FROM outbox WHERE kind = 'shop.address'").scalars().all())
    assert "Nice" not in bodies
    both.deliver()
    there = both.fake.nodes[0]["shippingAddress"]
    assert (there["city"], there["zip"], there["name"]) == ("Nice", "06300", "Ana Lee")
    both.fake.nodes[0]["updatedAt"] = "2026-11-20T13:00:00Z"
    made = both.mirror.run()
    assert (made.conflicts, both.shop.get("#1").address.city) == ((), "Nice")
    assert both.dead() == 0


def test_changed_items_become_one_edit_and_a_second_asking_none(both: Both) -> None:
    both.shop.import_shop([])  # a mug is sold here too
    order = both.mirrored()
    wish = Wish(Action.CHANGE_ITEMS, "", Selection({}), swaps=(Swap(order.lines[0].id, 1, "mug"),))
    outcome = both.shop.execute(both.shop.orders.quote(order, wish))
    assert outcome.result == "done", outcome
    both.deliver()
    assert {one["sku"]: one["quantity"] for one in both.fake.nodes[0]["lineItems"]["nodes"]} == {"shirt": 1, "mug": 1}
    assert both.fake.acts.done == ["orderEditSetQuantity", "orderEditAddVariant", "orderEditCommit"]
    assert both.acts.items("#1", {"shirt": 1, "mug": 1}) == ""
    assert both.fake.acts.done.count("orderEditCommit") == 1


def test_a_line_that_is_cancelled_in_part_is_fewer_there(both: Both) -> None:
    order = both.mirrored()
    both.shop.do(order, Action.CANCEL_ORDER, units={1: 1})
    both.deliver()
    assert [one["quantity"] for one in both.fake.nodes[0]["lineItems"]["nodes"]] == [1]


def test_a_sku_that_could_say_more_than_itself_is_not_looked_for(both: Both) -> None:
    both.mirrored()
    for sku in ('x" OR status:any', "nobody-has-it"):
        with pytest.raises(Rejected, match="by hand"):
            both.acts.items("#1", {"shirt": 2, sku: 1})
    assert both.fake.acts.done == []


def test_an_order_on_hold_is_held_there_and_released_again(both: Both) -> None:
    order = both.mirrored()
    part = both.fake.acts.part("gid://shopify/Order/1")
    both.fake.acts.part("gid://shopify/Order/1", "CLOSED")
    both.shop.done(HoldOrder(order_id=order.id, reason="fraud check"))
    both.deliver()
    assert part["status"] == "ON_HOLD"
    both.shop.done(ReleaseOrder(order_id=order.id))
    both.deliver()
    assert (part["status"], both.fake.acts.done) == ("OPEN", ["fulfillmentOrderHold", "fulfillmentOrderReleaseHold"])


def test_work_that_is_moved_here_is_moved_there_where_the_place_is_shopifys(both: Both) -> None:
    order = both.mirrored()
    part = both.fake.acts.part("gid://shopify/Order/1")
    for place in (LYON_2, "attic"):
        both.shop.done(SaveLocation(location_id=place, country="FR"))
    first = both.shop.done(MoveFulfilment(order_id=order.id, work_id=order.work[0].id, location_id=LYON_2))
    both.deliver()
    assert part["assignedLocation"]["location"]["id"] == LYON_2
    assert both.acts.move("#1", LYON_2) == ""
    assert both.fake.acts.done == ["fulfillmentOrderMove"]
    both.shop.done(MoveFulfilment(order_id=order.id, work_id=first["work"], location_id="attic"))
    both.deliver()
    assert (both.dead(), "attic is no location of Shopify's" in both.why()) == (1, True)


def test_a_return_is_opened_there_once_though_its_answer_is_lost_and_closed_with_ours(both: Both) -> None:
    sent = parcel("1Z5R89390357567127", delivered="2026-11-19T10:00:00Z")
    order = both.mirrored(node(1, displayFulfillmentStatus="FULFILLED", fulfillments=[sent]))
    both.fake.acts.sent = {"shirt": 2}
    both.shop.do(order, Action.REQUEST_RETURN, "too_small", {1: 1})
    answered = both.fake.routed
    lost: list[bool] = []

    def lose_the_first(asked: object) -> object:
        told = answered(asked)  # type: ignore[arg-type]
        if "returnCreate" in str(told[1]) and not lost:
            lost.append(True)
            return 502, "<html>", {}
        return told

    both.fake.routed = lose_the_first  # type: ignore[assignment,method-assign]
    both.deliver(3)
    (made,) = both.fake.acts.returns["gid://shopify/Order/1"]
    assert (both.fake.acts.done, lost) == (["returnCreate"], [True])
    both.shop.come_back(both.shop.get("#1"))
    both.shop.do(both.shop.get("#1"), Action.REFUND)
    both.shop.provider_answers()
    both.deliver(3)
    assert (made["status"], both.dead()) == ("CLOSED", 0), both.why()


def test_a_return_of_what_shopify_never_sent_is_for_a_person(both: Both) -> None:
    both.mirrored()
    assert both.acts.open_return("#1", Back("RMA-1-1", "damaged", {"shirt": 1})) == "not_returnable"
    assert both.acts.close_return("#1", "RMA-1-1") == "no_such_return"


def test_what_shopify_refuses_is_given_up_with_what_a_person_does(both: Both) -> None:
    order = both.mirrored()
    both.fake.acts.refuses = {"orderUpdate"}
    both.shop.execute(both.shop.quote(order, Action.CHANGE_ADDRESS, address=NICE))
    both.deliver()
    assert both.dead() == 1
    assert "shop.address of #1 (INVALID): write the address there by hand, then drop this" in both.why()
    assert "Ana" not in both.why()


def test_what_was_done_to_an_order_is_done_there_in_its_order(both: Both) -> None:
    order = both.mirrored()
    both.fake.acts.part("gid://shopify/Order/1")
    both.shop.execute(both.shop.quote(order, Action.CHANGE_ADDRESS, address=NICE))
    both.shop.done(HoldOrder(order_id=order.id, reason="look"))
    both.fake.troubles = [Trouble("POST", 503, path="graphql.json")]
    both.deliver(4)
    assert both.fake.acts.done == ["orderUpdate", "fulfillmentOrderHold"]


def test_webhooks_are_subscribed_once_a_topic(both: Both) -> None:
    both.fake.acts.hooks = [
        {"id": f"gid://{at}", "topic": "ORDERS_PAID", "uri": f"https://else/{at}"} for at in range(7)
    ]
    fresh, there = both.shopify.subscribe("https://w.example/webhooks/commerce/shopify")
    assert (len(fresh), there) == (12, [])
    assert both.shopify.subscribe("https://w.example/webhooks/commerce/shopify") == ([], fresh)
    both.fake.acts.refuses = {"webhookSubscriptionCreate"}
    with pytest.raises(Rejected, match="does not subscribe ORDERS_CREATE"):
        both.shopify.subscribe("https://other.example/webhooks/commerce/shopify")
