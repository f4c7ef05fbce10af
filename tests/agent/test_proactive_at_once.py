"""Two processes watch and speak at once: what they find is kept once, and nobody is written to twice."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.identity.hashing import Keyed
from agent.policy import Policy
from agent.proactive import messages
from agent.proactive.choosing import held_out
from agent.proactive.speaking import KIND, Speaking, Voice
from tests.shop import HOME, NOW, Shop
from tools.orders import outbox
from tools.orders.alerts import store
from tools.orders.alerts.scanning import Watch
from tools.orders.database import Database
from tools.orders.service import Orders
from tools.orders.terms import Terms

PROCESSES, CUSTOMERS, ROUNDS = 2, 16, 3
KEYED = Keyed(b"k" * 32)
POLICY = Policy.model_validate({"proactive": {"mode": "on", "holdout": 0.4, "merge_minutes": 0, "quiet": ""}})


GATE: list[Barrier] = []
"""Of this process: all begin each round together."""


def begin(gate: Barrier) -> None:
    GATE.append(gate)


class Unlocked(Database):
    """As when the one that holds the name sleeps for longer than anybody waits for it."""

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        yield


def look_and_speak(where: str, locked: bool) -> int:
    """How many messages this process says that it told, and how many customers it held out."""
    database = (Database if locked else Unlocked)(where if "://" in where else Path(where))
    told = 0
    for minute in range(ROUNDS):
        GATE[0].wait(60)
        now = NOW + timedelta(minutes=minute)
        orders = Orders(database, Terms, lambda: now, tuple)  # noqa: B023 - used within the round
        watch = Watch(database, lambda: POLICY.proactive, lambda: ZoneInfo("Europe/Paris"), lambda: now)  # noqa: B023
        watch.run()
        spoken = Speaking(Voice(database, orders, lambda: POLICY, KEYED, lambda: now)).run()  # noqa: B023
        told += spoken.told + spoken.held_out
    database.close()
    return told


@pytest.mark.parametrize("locked", [True, False], ids=["in turns", "overtaking"])
def test_nobody_is_written_to_twice(each_database: Path | str, tmp_path: Path, locked: bool) -> None:
    shop = Shop(tmp_path, each_database)
    names = [f"c{number}" for number in range(CUSTOMERS)]
    known = [{"id": one, "name": "Some Body", "email": f"{one}@example.com", "address": HOME} for one in names]
    late = (NOW - timedelta(hours=1)).isoformat()
    records = [shop.record("pending", customer_id=one, promised_at=late) for one in names * 2]
    shop.import_shop(records, customers=known)
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES, begin, (context.Barrier(PROCESSES),)) as pool:
        told = sum(pool.starmap(look_and_speak, [(str(each_database), locked)] * PROCESSES, 1))
    held = {one for one in names if held_out(KEYED, one, POLICY.proactive.holdout)}
    assert 0 < len(held) < CUSTOMERS
    with shop.database.read() as db:
        made = messages.newest(db, 1_000)
        letters = [one for one in outbox.due(db, NOW + timedelta(days=1), 1_000) if one.kind == KIND]
        alerts = store.newest(db, 1_000)
    assert told == CUSTOMERS
    assert Counter(one.customer for one in made) == Counter(names)
    assert Counter(str(one.body["customer"]) for one in letters) == Counter(sorted(set(names) - held))
    assert len(alerts) == 2 * CUSTOMERS
    assert {one.word for one in alerts} == {"told", "holdout"}
    shop.audit()
    shop.database.close()
