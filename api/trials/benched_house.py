"""Houses for `wismo bench`: one of its own in a temporary home, with the demo shop, and desks that think otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agent.costs import Costs
from agent.desk import Desk
from api import demo
from api.connected import thinking
from api.settings import Settings
from api.wiring import House
from eval.bench import Figure
from tools.orders.model import CustomerId

if TYPE_CHECKING:
    from agent.brains import Brain
    from agent.brains.model.asking import Chat


Say = Callable[[str], None]


@contextmanager
def house_apart(home: Path) -> Iterator[House]:
    house = House(Settings.apart(home))
    try:
        yield house
    finally:
        house.close()


def brain_of(house: House, chat: Chat) -> Brain:
    table = house.policy.model.model_copy(update={"name": "fixed"})
    policy = house.policy.model_copy(update={"model": table})
    return thinking.brain(chat, policy, house.tools, house.embedded, Costs(house.database, lambda: policy, house.now))


def desk_of(house: House, brain: Brain) -> Desk:
    return Desk(house.database, house.orders, house.tools, brain, house.policy, house.now, house.identity)


def demo_customer(house: House, home: Path, say: Say) -> tuple[str, str]:
    """A proven address of the demo shop, and one of its orders."""
    demo.seed(house, 7, say)
    written = json.loads((home / "demo-tickets.json").read_text(encoding="utf-8"))
    line = next(one for one in written if one["name"] == "cancel: asked")
    order = house.orders.orders_of(_customer(house, line["from"]["email"]))[0].number
    house.warm()
    return line["from"]["email"], order


def ticket(house: House, home: Path, rounds: int, say: Say) -> list[Figure]:
    from eval.bench.ticket import bench

    customer, order = demo_customer(house, home, say)
    return bench(house.desk, house.embedder, house.index, home, customer, order, rounds)


def _customer(house: House, email: str) -> CustomerId:
    customer = house.orders.customer_by_email(email)
    assert customer
    return customer.id
