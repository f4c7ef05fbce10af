"""Every order is watched: what needs a word is found once an event, and found again by nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.shop import Shop
from tools.orders.actions.fulfilment import ShipOrder, StartFulfilment
from tools.orders.actions.labels import IssueLabel
from tools.orders.actions.returns import ReceiveReturn
from tools.orders.agreement import Action
from tools.orders.alerts import store
from tools.orders.alerts.kinds import Kind
from tools.orders.alerts.limits import Limits
from tools.orders.alerts.scanning import Look, Watch
from tools.orders.alerts.store import Alert
from tools.orders.model import Order

DAY = timedelta(days=1)


class Watched:
    def __init__(self, shop: Shop, limits: Limits | None = None) -> None:
        self.shop = shop
        self.watch = Watch(
            shop.database, lambda: limits or Limits(), lambda: ZoneInfo("Europe/Paris"), lambda: shop.time
        )

    def look(self, whole: bool = False) -> Look:
        return self.watch.run(whole)

    def alerts(self, order: Order) -> list[Alert]:
        with self.shop.database.read() as db:
            return list(store.of_order(db, order.id))

    def kinds(self, order: Order) -> list[str]:
        return [one.kind.value for one in self.alerts(order)]

    def open(self, order: Order) -> set[Kind]:
        return {one.kind for one in self.alerts(order) if one.state == "open"}


@pytest.fixture
def watched(shop: Shop) -> Watched:
    return Watched(shop)


def promised(shop: Shop, days: float) -> str:
    return (shop.time + timedelta(days=days)).isoformat()


def parcel(shop: Shop, *scans: tuple[str, float], **given: Any) -> dict[str, Any]:
    """A parcel of a fresh number; scans are (code, days ago)."""
    events = [{"at": (shop.time - timedelta(days=ago)).isoformat(), "code": code, "place": ""} for code, ago in scans]
    return {
        "tracking_id": f"OPAQUE-{id(scans)}-{len(scans)}",
        "carrier": "DHL",
        "skus": ["shirt"],
        "events": events,
    } | given


def test_an_order_that_missed_its_promise_is_an_alert_once_and_over_when_it_arrives(watched: Watched) -> None:
    shop = watched.shop
    order = shop.shipped(promised_at=promised(shop, 1))
    assert watched.look().whole
    assert watched.kinds(order) == []
    shop.later(days=1, minutes=1)
    watched.look()
    watched.look()
    assert watched.kinds(order) == ["late"]
    shop.scan(order, "delivered", shop.time)
    watched.look()
    assert watched.open(order) == set()


def test_looking_costs_by_changes_and_not_by_orders(watched: Watched) -> None:
    shop = watched.shop
    orders = [shop.shipped(promised_at=promised(shop, 9)) for _ in range(5)]
    assert watched.look().orders == 5
    assert watched.look().orders == 0
    shop.scan(orders[0], "out_for_delivery", shop.time)
    look = watched.look()
    assert (look.orders, look.changed, look.whole) == (1, 1, False)
    shop.later(hours=2)
    assert watched.look().orders == 0


def test_what_was_recorded_late_by_another_clock_is_found_when_all_versions_are_compared(watched: Watched) -> None:
    shop = watched.shop
    order = shop.shipped(promised_at=promised(shop, 9))
    watched.look()
    now = shop.time
    shop.time = now - timedelta(hours=5)  # a host whose clock is behind
    shop.scan(order, "exception", now - timedelta(hours=1))
    shop.time = now + timedelta(minutes=5)
    assert watched.look().orders == 0
    shop.later(days=1)
    assert watched.look().whole
    assert "exception" in watched.kinds(order)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("exception", "exception"),
        ("delayed", "exception"),
        ("attempt_failed", "attempt_failed"),
        ("available_for_pickup", "ready_for_pickup"),
        ("returned_to_sender", "returned"),
    ],
)
def test_what_a_carrier_reports_is_an_alert_while_it_is_its_last_word(watched: Watched, code: str, kind: str) -> None:
    shop = watched.shop
    order = shop.shipped(promised_at=promised(shop, 9))
    shop.scan(order, code, shop.time - timedelta(hours=1))
    watched.look()
    assert watched.kinds(order) == [kind]
    shop.scan(order, "out_for_delivery", shop.time)
    watched.look()
    assert watched.open(order) == set()
    assert watched.kinds(order) == [kind]


def test_a_second_failed_attempt_is_another_event(watched: Watched) -> None:
    shop = watched.shop
    order = shop.shipped()
    shop.scan(order, "attempt_failed", shop.time)
    watched.look()
    shop.later(days=1)
    shop.scan(order, "out_for_delivery", shop.time - timedelta(hours=2))
    shop.scan(order, "attempt_failed", shop.time)
    watched.look()
    assert watched.kinds(order) == ["attempt_failed", "attempt_failed"]


def test_a_parcel_without_a_scan_for_days_is_silent_until_it_is_scanned_again(watched: Watched) -> None:
    shop = watched.shop
    order = shop.shipped(days_ago=1)
    watched.look()
    shop.later(days=3, minutes=1)
    watched.look()
    assert watched.open(order) == {Kind.SILENT}
    shop.scan(order, "in_transit", shop.time)
    watched.look()
    assert watched.open(order) == set()


def test_a_label_that_no_carrier_scanned_is_an_alert_before_and_after_the_parcel_counts_as_sent(
    watched: Watched,
) -> None:
    shop = watched.shop
    shop.stock("shirt", 9)
    labelled, sent = shop.place(("shirt", 1)), shop.place(("shirt", 1))
    for order in (labelled, sent):
        shop.done(StartFulfilment(order_id=order.id))
        shop.done(IssueLabel(order_id=order.id, carrier="DHL", service="Express", tracking=f"LABEL-{order.number}"))
    shop.done(ShipOrder(order_id=sent.id, tracking=f"LABEL-{sent.number}", carrier="DHL"))
    watched.look()
    assert watched.kinds(labelled) == watched.kinds(sent) == []
    shop.later(hours=49)
    watched.look()
    assert watched.kinds(labelled) == watched.kinds(sent) == ["label_unscanned"]
    shop.scan(sent, "in_transit", shop.time)
    watched.look()
    assert watched.open(sent) == set()


def test_missing_stock_puts_a_promise_at_risk_before_it_must_leave(watched: Watched) -> None:
    shop = watched.shop
    shop.stock("mug", 1)
    shop.place(("mug", 1))
    short = shop.place(("mug", 1), promised_at=shop.time + 6 * DAY)
    assert short.lifecycle == "on_hold"
    watched.look()
    assert watched.kinds(short) == []
    shop.later(days=3, minutes=1)
    watched.look()
    (alert,) = watched.alerts(short)
    assert alert.kind is Kind.PROMISE_AT_RISK
    assert alert.facts["why"] == "stock"
    assert alert.earliest is None


def test_without_a_history_a_backlog_is_told_from_the_days_that_a_parcel_takes(watched: Watched) -> None:
    shop = watched.shop
    order = shop.order(promised_at=promised(shop, 5))
    watched.look()
    shop.later(days=3, minutes=1)
    watched.look()
    (alert,) = watched.alerts(order)
    assert (alert.kind, alert.facts["why"], alert.chance) == (Kind.PROMISE_AT_RISK, "backlog", None)


def test_a_promise_that_moves_to_a_later_day_is_news_and_one_that_moves_forward_is_none(watched: Watched) -> None:
    shop = watched.shop
    record = shop.record(promised_at=promised(shop, 6))
    shop.import_shop([record])
    order = shop.get(record["id"])
    watched.look()
    shop.import_shop([record | {"promised_at": promised(shop, 5)}])
    watched.look()
    assert watched.kinds(order) == []
    shop.import_shop([record | {"promised_at": promised(shop, 12)}])
    watched.look()
    (alert,) = watched.alerts(order)
    assert (alert.kind, alert.state) == (Kind.BACK_ORDER_MOVED, "open")
    watched.look()
    assert len(watched.alerts(order)) == 1


def test_money_that_does_not_go_back_is_overdue_until_it_has(watched: Watched) -> None:
    shop = watched.shop
    order = shop.order()
    shop.do(order, Action.CANCEL_ORDER)
    watched.look()
    shop.later(days=7, minutes=1)
    watched.look()
    assert watched.open(order) == {Kind.REFUND_OVERDUE}
    shop.provider_answers()
    watched.look()
    assert watched.open(order) == set()


def test_a_return_that_arrived_waits_for_its_inspection(watched: Watched) -> None:
    shop = watched.shop
    order = shop.delivered()
    shop.do(order, Action.REQUEST_RETURN)
    rma = shop.get(order.number).returns[-1]
    shop.done(ReceiveReturn(return_id=rma.id, units=dict(rma.lines)))
    watched.look()
    shop.later(days=3, minutes=1)
    watched.look()
    assert watched.open(order) == {Kind.RETURN_WAITING}


def test_a_delivery_against_the_parcels_own_story_is_doubtful(watched: Watched) -> None:
    shop = watched.shop
    plain, doubtful = shop.shipped(), shop.shipped()
    for order, minutes in ((plain, 300), (doubtful, 10)):
        shop.scan(order, "attempt_failed", shop.time - timedelta(hours=6))
        shop.scan(order, "delivered", shop.time - timedelta(hours=6) + timedelta(minutes=minutes))
    watched.look()
    assert watched.kinds(plain) == []
    assert watched.kinds(doubtful) == ["disputed"]


# -- bad input -----------------------------------------------------------------------------------------------


def test_an_order_without_a_promise_is_never_late_and_its_parcel_is_watched_all_the_same(watched: Watched) -> None:
    shop = watched.shop
    order = shop.shipped(days_ago=1)
    assert order.promised_at is None
    watched.look()
    shop.later(days=30)
    watched.look()
    assert watched.kinds(order) == ["silent"]


def test_a_scan_of_the_future_counts_once_its_moment_has_come(watched: Watched) -> None:
    shop = watched.shop
    order = shop.shipped(days_ago=1, promised_at=promised(shop, 2))
    shop.scan(order, "delivered", shop.time + 3 * DAY)
    watched.look()
    assert watched.kinds(order) == []
    shop.later(days=2, minutes=1)
    watched.look()
    assert watched.open(order) == {Kind.LATE}
    shop.later(days=1)
    watched.look()
    assert watched.open(order) == set()


def test_a_carrier_that_nobody_named_is_watched_and_has_a_lane_of_its_own(watched: Watched) -> None:
    shop = watched.shop
    order = shop.order(
        "shipped", shipments=[parcel(shop, ("in_transit", 1), carrier=None)], promised_at=promised(shop, 2)
    )
    watched.look()
    shop.later(days=3, minutes=1)
    watched.look()
    assert watched.open(order) == {Kind.LATE, Kind.SILENT}


def test_a_watch_over_an_empty_shop_finds_nothing(watched: Watched) -> None:
    assert watched.look() == Look(whole=True)
    assert watched.look() == Look()


def test_the_clocks_of_the_shop_are_put_forward_and_back_without_an_alert_twice(watched: Watched) -> None:
    """Europe/Paris leaves summer time on 25 October 2026 and 2028 has a leap day: moments are UTC throughout."""
    shop = watched.shop
    shop.time = datetime.fromisoformat("2026-10-24T22:30:00+00:00")
    order = shop.shipped(promised_at=promised(shop, 0.1))
    watched.look()
    for _ in range(12):
        shop.later(minutes=30)
        watched.look()
    assert watched.kinds(order) == ["late"]
    shop.time = datetime.fromisoformat("2028-02-28T22:30:00+00:00")
    leap = shop.shipped(promised_at=promised(shop, 1))
    watched.look()
    for _ in range(3):
        shop.later(hours=12)
        watched.look()
    assert watched.kinds(leap) == ["late"]
