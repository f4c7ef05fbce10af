"""Long proofs, run by `make prove`: CI sizes, or the issues' sizes with PROVE=full. Each prints its size and time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.shop import ITEMS, Shop
from tools.orders import amounts
from tools.orders.agreement import Action, Result

pytestmark = pytest.mark.proof
FULL = os.environ.get("PROVE") == "full"


@contextmanager
def proof(name: str, size: int) -> Iterator[None]:
    started = time.monotonic()
    yield
    print(f"\nproof: {name}: {size:,} cases in {time.monotonic() - started:.1f} s")  # noqa: T201


def test_full_refund_is_the_capture_to_the_cent_in_any_partition_and_order() -> None:
    size = 200_000 if FULL else 20_000
    random = Random(1)
    with proof("refund slices", size):
        for _ in range(size):
            _one_order(random)


def _one_order(random: Random) -> None:
    """Any discounts, tax on top or inside, any partition and order of units: never above what was paid, in the end all."""
    wanted = [_priced(random) for _ in range(random.randint(1, 6))]
    costs = sum(one.unit_price * one.quantity - one.discount for one in wanted)
    discount = random.randint(0, costs)
    sold = amounts.frozen(wanted, discount, included=random.random() < 0.5)
    parts = [amounts.Parts(one.net, one.tax, line.duty) for one, line in zip(sold, wanted, strict=True)]
    assert sum(one.order_discount for one in sold) == discount
    captured, paid, done = sum(one.total for one in parts), 0, [0] * len(parts)
    while left := [i for i, line in enumerate(wanted) if done[i] < line.quantity]:
        i = random.choice(left)
        more = random.randint(1, wanted[i].quantity - done[i])
        paid += amounts.worth(parts[i], wanted[i].quantity, done[i], more).total
        done[i] += more
        assert paid <= captured
    assert paid == captured


def _priced(random: Random) -> amounts.Priced:
    price, quantity = random.randint(0, 50_000), random.randint(1, 5)
    rate = random.choice((0, 21_000, 55_000, 83_750, 200_000, 255_000))
    return amounts.Priced(price, quantity, random.randint(0, price * quantity), rate, random.choice((0, 0, 7, 999)))


def test_random_verbs_on_random_orders_leave_a_sound_database(tmp_path: Path) -> None:
    sequences, steps = (60, 40) if FULL else (12, 25)
    with proof("random verbs, whole database audited after each sequence", sequences * steps):
        for seed in range(sequences):
            shop = Shop(tmp_path / str(seed))
            _random_life(shop, Random(seed), steps)
            shop.audit()
            shop.database.close()


def _random_life(shop: Shop, random: Random, steps: int) -> None:
    statuses = ("pending", "processed", "delivered", "cancelled")
    numbers = [shop.order(random.choice(statuses), _basket(random)).number for _ in range(4)]
    for _ in range(steps):
        order = shop.get(random.choice(numbers))
        action = random.choice([Action.CANCEL_ORDER, Action.REQUEST_RETURN, Action.REFUND])
        quote = shop.quote(
            order, action, random.choice(["", "damaged", "lost"]), {1: 1} if random.random() < 0.4 else None
        )
        outcome = shop.execute(quote)
        assert outcome.result in {Result.DONE, Result.REFUSED}
        if outcome.result is Result.DONE and action is Action.REQUEST_RETURN and random.random() < 0.7:
            shop.come_back(order, accepted=random.random() < 0.8)
        if random.random() < 0.5:
            shop.provider_answers(succeeded=random.random() < 0.7)


def _basket(random: Random) -> dict[str, int]:
    return {sku: random.randint(1, 3) for sku in random.sample(sorted(ITEMS), random.randint(1, 3))}
