"""All of it back gives all of the money, whatever the portions and their order, and no part too much (R15)."""

from __future__ import annotations

import multiprocessing
import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shop import AGENT, ITEMS, Shop
from tools.orders.agreement import Action, Evidence, Result, Wish
from tools.orders.database import Database
from tools.orders.model import Order, OrderId
from tools.orders.service import Orders
from tools.orders.terms import Terms

RETURNABLE = ("shirt", "mug", "lamp")
BASKETS = st.dictionaries(st.sampled_from(RETURNABLE), st.integers(1, 5), min_size=1)
SLOW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def bought(shop: Shop, basket: dict[str, int], discount: int, tax: int, shipping: int) -> Order:
    """Amounts in cents."""
    goods = sum(ITEMS[sku] * count for sku, count in basket.items())
    less = min(discount, goods - 1)
    total = f"{(goods - less + tax + shipping) / 100:.2f}"
    charged: dict[str, Any] = {
        "discount": f"{less / 100:.2f}",
        "tax": f"{tax / 100:.2f}",
        "shipping": f"{shipping / 100:.2f}",
    }
    paid = [{"type": "payment", "amount": total, "method": "credit_card"}]
    return shop.delivered(basket, total=total, payments=paid, **charged)


def paid_back(shop: Shop, order: Order) -> int:
    return sum(one.refunded.minor for one in shop.orders.order(order.id).tenders)


@SLOW
@given(BASKETS, st.integers(0, 3000), st.integers(0, 2500), st.integers(0, 1490), st.data())
def test_returns_in_any_portions_give_back_exactly_what_was_paid(
    basket: dict[str, int], discount: int, tax: int, shipping: int, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        shop.terms = shop.terms.model_copy(update={"return_shipping": True})
        order = bought(shop, basket, discount, tax, shipping)
        while left := {
            line.position: line.quantity - line.refunded
            for line in shop.orders.order(order.id).lines
            if line.quantity > line.refunded
        }:
            line = data.draw(st.sampled_from(sorted(left)))
            units = data.draw(st.integers(1, left[line]))
            assert shop.do(order, Action.REQUEST_RETURN, units={line: units}).result is Result.DONE
            shop.come_back(order)
            shop.do(order, Action.REFUND)
            shop.provider_answers()
            assert paid_back(shop, order) <= order.total.minor
        assert paid_back(shop, order) == order.total.minor
        shop.audit()
        shop.database.close()


@SLOW
@given(
    BASKETS,
    st.integers(0, 1490),
    st.lists(st.sampled_from(["return", "arrive", "refund", "claim", "paid", "failed"]), max_size=14),
)
def test_no_sequence_of_requests_and_answers_pays_more_than_was_captured(
    basket: dict[str, int], shipping: int, steps: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        order = bought(shop, basket, 0, 0, shipping)
        for step in steps:
            take(shop, order, step)
            now = shop.orders.order(order.id)
            assert all(line.refunded <= line.quantity for line in now.lines)
            assert all(one.refunded.minor + one.pending.minor <= one.captured.minor for one in now.tenders)
        shop.audit()
        shop.database.close()


def take(shop: Shop, order: Order, step: str) -> None:
    match step:
        case "return":
            shop.do(order, Action.REQUEST_RETURN, units={1: 1})
        case "arrive":
            if any(rma.state == "approved" for rma in shop.orders.order(order.id).returns[-1:]):
                shop.come_back(order)
        case "refund":
            shop.do(order, Action.REFUND)
        case "claim":
            shop.do(order, Action.REFUND, "damaged", {1: 1})
        case _:
            shop.provider_answers(succeeded=step == "paid")


def refund_in_a_process(path: str, order: str, key: str, gate: str) -> str:
    """What a second Wismo beside the first would do; `gate` opens for all at once."""
    database = Database(Path(path))
    orders = Orders(database, Terms, lambda: datetime(2026, 11, 20, 12, 0, tzinfo=UTC))
    quote = orders.quote(orders.order(OrderId(order)), Wish(Action.REFUND, "damaged"))
    Path(f"{gate}.{os.getpid()}").touch()
    while not Path(gate).exists():
        pass
    outcome = orders.execute(quote, key=key, actor=AGENT, evidence=Evidence(key, quote.digest))
    database.close()
    return outcome.result.value


@pytest.mark.parametrize(("keys", "done"), [(("a", "b", "c", "d"), 1), (("a", "a", "a", "a"), 4)])
def test_processes_that_refund_the_same_order_at_once_pay_once(
    shop: Shop, tmp_path: Path, keys: tuple[str, ...], done: int
) -> None:
    """With four keys one is done; with one key all four hear of the same refund."""
    order = shop.delivered({"shirt": 2})
    gate = tmp_path / "gate"
    with multiprocessing.get_context("spawn").Pool(len(keys)) as pool:
        jobs = [(str(shop.database.path), order.id, key, str(gate)) for key in keys]
        running = pool.starmap_async(refund_in_a_process, jobs)
        while len(list(tmp_path.glob("gate.*"))) < len(keys) and not running.ready():
            running.wait(0.05)
        gate.touch()
        results = running.get(60)
    assert results.count("done") == done
    after = shop.orders.order(order.id)
    assert len(after.refunds) == 1
    assert after.tenders[0].pending.minor == 4000
