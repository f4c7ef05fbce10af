"""The shop's own demand, read from a real order core."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from tests.shop import Shop
from tools.forecast import demand
from tools.orders.actions.bundles import DefineBundle
from tools.orders.actions.stock import AdjustStock
from tools.orders.agreement import Action

PARIS = ZoneInfo("Europe/Paris")


def units(shop: Shop) -> dict[str, float]:
    found: dict[str, float] = {}
    with shop.database.read() as db:
        for one in demand.wanted(db, shop.time - timedelta(weeks=52), PARIS):
            found[one.sku] = found.get(one.sku, 0) + one.units
    return found


def levels(shop: Shop) -> demand.Stock:
    with shop.database.read() as db:
        return demand.stock(db, shop.time, PARIS)


def test_what_was_ordered_is_wanted_and_what_customers_cancelled_is_not(shop: Shop) -> None:
    shop.order(items={"mug": 3})
    assert units(shop) == {"mug": 3}
    shop.do(shop.order(items={"mug": 2}), Action.CANCEL_ORDER, "changed_mind")
    assert units(shop) == {"mug": 3}


def test_what_was_cancelled_because_none_was_left_was_wanted_all_the_same(shop: Shop) -> None:
    shop.do(shop.order(items={"mug": 2}), Action.CANCEL_ORDER, "out_of_stock")
    assert units(shop) == {"mug": 2}


def test_a_bundle_is_wanted_as_what_leaves_the_shelf(shop: Shop) -> None:
    shop.done(DefineBundle(sku="lamp", location_id="main", components={"mug": 2, "shirt": 1}))
    shop.order(items={"lamp": 3})
    assert units(shop) == {"mug": 6, "shirt": 3}


def test_days_at_whose_end_nothing_was_left_are_stock_outs(shop: Shop) -> None:
    shop.stock("mug", 2)
    shop.later(days=2)
    shop.place(("mug", 2))
    shop.later(days=3)
    shop.stock("mug", 5)
    shop.later(days=1)
    today = shop.time.date()
    out = sorted(day for day, sku in levels(shop).out if sku == "mug")
    assert out == [today - timedelta(days=back) for back in (4, 3, 2)]


def test_an_order_takes_its_units_when_it_is_placed_and_shipping_it_takes_no_more(shop: Shop) -> None:
    shop.stock("mug", 2)
    shop.later(days=1)
    shop.sent(("mug", 1))
    shop.later(days=1)
    assert levels(shop).out == frozenset()
    assert levels(shop).positions["mug"].available == 1


def test_announced_units_are_no_stock_yet(shop: Shop) -> None:
    shop.stock("mug", 2)
    shop.done(AdjustStock(sku="mug", location_id="main", bucket="incoming", delta=7, reason="announced"))
    one = levels(shop).positions["mug"]
    assert (one.available, one.incoming) == (2, 7)


def test_open_orders_that_nothing_is_reserved_for_are_hit_the_oldest_first(shop: Shop) -> None:
    old, new = shop.order(items={"mug": 2}), shop.order(items={"mug": 1})
    shop.delivered(items={"mug": 1})
    with shop.database.read() as db:
        assert demand.uncovered(db) == ()  # nobody counts mugs yet
    shop.stock("mug", 3)
    covered = shop.place(("mug", 3))
    with shop.database.read() as db:
        hits = demand.uncovered(db)
        assert demand.uncovered(db, ["shirt"]) == ()
    assert {one.number for one in hits} == {old.number, new.number}
    assert covered.number not in {one.number for one in hits}
    assert sorted(one.units for one in hits) == [1, 2]
