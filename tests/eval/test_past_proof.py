"""Time travel: an order read as of a moment is the order that was read at that moment. CI size, or PROVE=full."""

from __future__ import annotations

import os
import time
from bisect import bisect_right
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from agent.tables import metadata as agent_tables
from tests.shop import ANA, ITEMS, NOW, Shop
from tools.orders.actions.fulfilment import HoldOrder, ShipOrder, StartFulfilment
from tools.orders.agreement import Action
from tools.orders.commands import Command
from tools.orders.database import Database
from tools.orders.model import Order, OrderId
from tools.orders.sandbox import Concerned, Sandbox, copied
from tools.orders.service import Orders

pytestmark = pytest.mark.proof
FULL = os.environ.get("PROVE") == "full"
MOMENTS = 20
Seen = list[tuple[datetime, Order]]


def test_the_state_at_random_moments_is_the_state_that_was_recorded_then(tmp_path: Path) -> None:
    size, started, random = 1_000 if FULL else 60, time.monotonic(), Random(8)
    shop = Shop(tmp_path)
    lives = {seen[0][1].id: seen for seen in (_life(shop, random) for _ in range(size))}
    axes = {(one.lifecycle, one.payment, one.fulfilment, one.returning) for seen in lives.values() for _, one in seen}
    assert len(axes) > 12, "the lives differ"
    for order, seen in lives.items():
        for _ in range(MOMENTS):
            moment = _moment(random, seen)
            assert shop.orders.as_of(order, moment) == _recorded(seen, moment)
    _in_the_sandbox(shop, random, lives, tmp_path)
    shop.database.close()
    print(f"\nproof: time travel: {size:,} orders, {MOMENTS} moments each, in {time.monotonic() - started:.1f} s")  # noqa: T201


def _in_the_sandbox(shop: Shop, random: Random, lives: dict[OrderId, Seen], folder: Path) -> None:
    """The same out of a sandbox, of orders and moments at random; a customer of theirs all, so that all are rebuilt."""
    source = Database(copied(shop.database, folder / "copy.db"))
    sandbox = Sandbox(source, folder / "sandbox.db", agent_tables)
    orders = Orders(sandbox.database, lambda: shop.terms, sandbox.now)
    scene = sandbox.concerned(Concerned(ANA))
    for _ in range(5):
        moment = NOW + timedelta(minutes=random.randint(0, int((shop.time - NOW).total_seconds() / 60)))
        sandbox.open(scene, moment)
        there = {one.id: one for one in orders.newest(len(lives) + 1)}
        assert there == {order: state for order, seen in lives.items() if (state := _recorded(seen, moment))}
    sandbox.close()
    source.close()


def _moment(random: Random, seen: Seen) -> datetime:
    first, last = seen[0][0], seen[-1][0]
    span = int((last - first).total_seconds()) + 7_200
    return first - timedelta(hours=1) + timedelta(seconds=random.randint(0, span))


def _recorded(seen: Seen, moment: datetime) -> Order | None:
    place = bisect_right([at for at, _ in seen], moment)
    return seen[place - 1][1] if place else None


def _life(shop: Shop, random: Random) -> Seen:
    """One order from its placing on; after every step it is written down as it is read then. Nothing stays open."""
    bought = [(sku, random.randint(1, 3)) for sku in random.sample(sorted(ITEMS), random.randint(1, 3))]
    order = shop.place(*bought)
    seen: Seen = []
    usual = USUAL[: random.randint(2, len(USUAL))]
    for step in ("placed", *(usual if random.random() < 0.5 else random.choices(STEPS, k=random.randint(2, 8)))):
        if step != "placed":
            _step(shop, random, order.id, step)
        if random.random() < 0.7:
            shop.provider_answers(succeeded=random.random() < 0.85)
        seen.append((shop.time, shop.orders.order(order.id)))
        shop.later(minutes=random.randint(1, 3_000))
    while shop.provider_answers():
        pass
    return [*seen, (shop.time, shop.orders.order(order.id))]


USUAL = ("start", "ship", "scan", "arrive", "return", "back", "refund", "refund")
STEPS = ("start", "ship", "scan", "scan", "cancel", "return", "back", "refund", "hold", "start", "ship")


def _step(shop: Shop, random: Random, name: OrderId, step: str) -> None:
    """Whatever the rules refuse leaves the order as it was, and that is written down too."""
    order = shop.orders.order(name)
    actions = {"cancel": Action.CANCEL_ORDER, "return": Action.REQUEST_RETURN, "refund": Action.REFUND}
    commands: dict[str, Command] = {
        "start": StartFulfilment(order_id=order.id),
        "ship": ShipOrder(order_id=order.id, tracking=f"T{order.number}-{shop.time:%s}", carrier="DHL"),
        "hold": HoldOrder(order_id=order.id, reason="address"),
    }
    if step in commands:
        shop.command(commands[step])
    elif step in actions:
        shop.do(order, actions[step], random.choice(("", "damaged")), {1: 1} if random.random() < 0.5 else None)
    elif step in ("scan", "arrive") and order.shipments:
        code = "delivered" if step == "arrive" else random.choice(("in_transit", "out_for_delivery", "delivered"))
        shop.scan(order, code, shop.time)
    elif step == "back" and order.returns and order.returns[-1].state in ("approved", "label_issued"):
        shop.come_back(order, accepted=random.random() < 0.8)
