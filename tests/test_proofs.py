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
from tools.orders.agreement import Action, Result
from tools.orders.money import allocate, slice_of

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
    quantities = [random.randint(1, 5) for _ in range(random.randint(1, 6))]
    gross = [random.randint(1, 50_000) * quantity for quantity in quantities]
    discount = random.randint(0, sum(gross))
    nets = [whole - less for whole, less in zip(gross, allocate(discount, gross), strict=True)]
    taxes = allocate(random.randint(0, 10_000), nets)
    parts = [(part, units) for net, tax, units in zip(nets, taxes, quantities, strict=True) for part in (net, tax)]
    done, paid = [0] * len(parts), 0
    captured = sum(part for part, _ in parts)
    while left := [i for i, (_, units) in enumerate(parts) if done[i] < units]:
        i = random.choice(left)
        more = random.randint(1, parts[i][1] - done[i])
        paid += slice_of(parts[i][0], parts[i][1], done[i], more)
        done[i] += more
        assert paid <= captured
    assert paid == captured


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
