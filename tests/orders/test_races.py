"""Eight processes at once, on SQLite and on a real PostgreSQL: nothing is sold, paid or counted twice."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.orders import racers
from tests.shop import Shop
from tools.orders.actions.payments import Pay
from tools.orders.model import Lifecycle

RACERS = 8


def race(work: Callable[..., Any], where: Path | str, *given: Any) -> list[Any]:
    with multiprocessing.get_context("spawn").Pool(RACERS) as pool:
        return pool.starmap(work, [(str(where), racer, *given) for racer in range(RACERS)])


def test_four_hundred_attempts_on_ten_units_sell_exactly_ten(each_database: Path | str, tmp_path: Path) -> None:
    shop = Shop(tmp_path, each_database)
    shop.stock("lamp", 6, "main")
    shop.stock("lamp", 4, "east")
    assert sum(race(racers.buy, each_database, 50)) == 10
    assert shop.orders.available("lamp") == 0
    assert len(shop.orders.newest(1000, Lifecycle.CONFIRMED.value)) == 10
    assert shop.orders.count() == 400
    shop.audit()
    shop.database.close()


def test_refunds_at_once_never_pay_more_than_was_captured(each_database: Path | str, tmp_path: Path) -> None:
    shop = Shop(tmp_path, each_database)
    order = shop.sent(("shirt", 10))
    results = race(racers.refund, each_database, order.id, order.lines[0].id, 6)
    assert results.count("done") == 1
    after = shop.orders.order(order.id)
    assert sum(one.pending.minor for one in after.tenders) == 6 * 2000
    shop.audit()
    shop.database.close()


def test_webhooks_twice_late_and_reordered_have_one_effect(each_database: Path | str, tmp_path: Path) -> None:
    shop = Shop(tmp_path, each_database)
    order = shop.place(("shirt", 1), payments=(Pay(kind="card", token="t", mode="sale"),))
    (asked,) = shop.asked()
    race(racers.webhooks, each_database, asked.body["transaction"])
    after = shop.orders.order(order.id)
    assert [one.captured.minor for one in after.tenders] == [2000]
    captured = [event for event in shop.orders.events(order.id) if event.type == "payment.captured"]
    assert len(captured) == 1
    assert after.receivable == 0
    shop.audit()
    shop.database.close()
