"""Orders are sent from where it is cheapest; work moves, waits, and is sent from elsewhere when goods are not found."""

from __future__ import annotations

from datetime import timedelta

from tests.shop import Shop
from tools.orders.actions.fulfilment import AdvanceFulfilment, ShipOrder, StartFulfilment
from tools.orders.actions.on_hold import ReleaseOrder
from tools.orders.actions.places import SaveLocation
from tools.orders.actions.reroute import HoldFulfilment, ReleaseFulfilment, ReportMissing, RouteOrder
from tools.orders.actions.stock import ReceiveStock
from tools.orders.geography import centre, km
from tools.orders.model import Order


def placed_where(order: Order) -> dict[str, int]:
    live = [one for one in order.work if one.state not in {"moved", "cancelled"}]
    return {one.location_id: sum(one.lines.values()) for one in live}


def two_places(shop: Shop, **paris: object) -> None:
    """Berlin has ten of everything, Paris what is given."""
    shop.done(SaveLocation(location_id="berlin", country="DE", postcode="10115", parcel=900))
    shop.done(SaveLocation(location_id="paris", country="FR", postcode="75011", parcel=500, **paris))
    for sku in ("shirt", "mug"):
        shop.stock(sku, 10, "berlin")


def sound(shop: Shop) -> bool:
    return shop.orders.audit().ok


def test_lyon_is_400_km_from_paris_and_unknown_countries_are_at_no_distance() -> None:
    assert 380 < km(centre("FR", "75011"), centre("FR", "69007")) < 420
    assert centre("DE", "10115") == centre("DE", "19055")
    assert km(centre("XX", "1"), centre("FR", "69007")) == 0.0
    assert centre("US", "") == centre("US", "x")


def test_an_order_goes_in_one_parcel_from_the_cheapest_place(shop: Shop) -> None:
    two_places(shop)
    shop.stock("shirt", 5, "paris")
    assert placed_where(shop.place(("shirt", 1))) == {"paris": 1}
    both = shop.place(("shirt", 1), ("mug", 1))
    assert placed_where(both) == {"berlin": 2}
    (told,) = [one for one in shop.orders.events(both.id) if one.type == "fulfillment.routed"]
    best, second = told.body["best"], told.body["second"]
    assert isinstance(best, dict)
    assert best["units"] == {"berlin": {"mug": 1, "shirt": 1}}
    assert second is None  # without Berlin there is no mug
    assert sound(shop)


def test_a_closed_place_and_one_that_does_not_serve_the_country_send_nothing(shop: Shop) -> None:
    two_places(shop, closed=True)
    shop.stock("shirt", 5, "paris")
    assert placed_where(shop.place(("shirt", 1))) == {"berlin": 1}
    shop.done(SaveLocation(location_id="paris", country="FR", postcode="75011", serves=("BE",)))
    assert placed_where(shop.place(("shirt", 1))) == {"berlin": 1}


def test_a_promised_day_is_worth_a_dearer_parcel(shop: Shop) -> None:
    two_places(shop, days=9)
    shop.stock("shirt", 5, "paris")
    assert placed_where(shop.place(("shirt", 1))) == {"paris": 1}
    assert placed_where(shop.place(("shirt", 1), promised_at=shop.time + timedelta(days=4))) == {"berlin": 1}


def test_work_that_has_not_begun_is_routed_again_and_what_was_reserved_moves_with_it(shop: Shop) -> None:
    two_places(shop)
    order = shop.place(("shirt", 2))
    assert placed_where(order) == {"berlin": 2}
    shop.stock("shirt", 5, "paris")
    look = shop.done(RouteOrder(order_id=order.id, look=True))
    assert (look["moved"], list(look["best"]["units"])) == (False, ["paris"])
    assert placed_where(shop.get(order.number)) == {"berlin": 2}
    assert shop.done(RouteOrder(order_id=order.id))["moved"] is True
    assert placed_where(shop.get(order.number)) == {"paris": 2}
    assert shop.orders.available("shirt") == 13
    assert shop.done(RouteOrder(order_id=order.id))["moved"] is False
    assert sound(shop)
    shop.done(StartFulfilment(order_id=order.id))
    assert shop.refusal(RouteOrder(order_id=order.id)).rule == "ROU-1"
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    assert sound(shop)


def test_work_that_is_held_does_not_begin_while_the_rest_goes_on(shop: Shop) -> None:
    two_places(shop)
    shop.done(ReceiveStock(sku="lamp", location_id="paris", quantity=1))
    order = shop.place(("lamp", 1), ("mug", 1))
    held, other = shop.get(order.number).work
    shop.done(HoldFulfilment(order_id=order.id, work_id=held.id, reason="glue must dry"))
    assert shop.done(StartFulfilment(order_id=order.id))["work"] == [other.id]
    shop.done(ReleaseFulfilment(order_id=order.id, work_id=held.id))
    assert shop.done(StartFulfilment(order_id=order.id))["work"] == [held.id]
    for one in (held, other):
        for step in ("picked", "packed"):
            shop.done(AdvanceFulfilment(order_id=order.id, work_id=one.id, to=step))
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    assert shop.get(order.number).fulfilment == "shipped"
    assert shop.refusal(HoldFulfilment(order_id=order.id, work_id=held.id, reason="late")).rule == "TRN-1"


def test_goods_that_are_not_found_are_sent_from_elsewhere_and_the_stock_is_corrected(shop: Shop) -> None:
    two_places(shop)
    shop.stock("shirt", 5, "paris")
    order = shop.place(("shirt", 3))
    shop.done(StartFulfilment(order_id=order.id))
    (work,) = shop.get(order.number).work
    line = order.lines[0].id
    told = shop.done(ReportMissing(order_id=order.id, work_id=work.id, missing={line: 3}))
    assert told["reasons"] == []
    assert placed_where(shop.get(order.number)) == {"berlin": 3}
    assert shop.orders.available("shirt") == 9
    assert sound(shop)


def test_an_order_whose_goods_are_nowhere_waits_and_goes_on_when_they_have_come(shop: Shop) -> None:
    shop.stock("shirt", 2, "berlin")
    order = shop.place(("shirt", 2))
    shop.done(StartFulfilment(order_id=order.id))
    (work,) = shop.get(order.number).work
    wrong = ReportMissing(order_id=order.id, work_id=work.id, missing={order.lines[0].id: 3})
    assert shop.refusal(wrong).rule == "FUL-2"
    told = shop.done(ReportMissing(order_id=order.id, work_id=work.id, missing={order.lines[0].id: 1}))
    assert told["reasons"] == ["stock: not enough of shirt"]
    assert shop.get(order.number).lifecycle == "on_hold"
    shop.stock("shirt", 1, "berlin")
    assert shop.done(ReleaseOrder(order_id=order.id))["reasons"] == []
    assert placed_where(shop.get(order.number)) == {"berlin": 2}
    shop.done(StartFulfilment(order_id=order.id))
    shop.done(ShipOrder(order_id=order.id, tracking="T1"))
    assert sound(shop)
