"""What speaking first came to: arithmetic against an independent computation, and proofs over a simulated world."""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.identity.hashing import Keyed
from agent.policy import Policy
from agent.proactive import messages
from agent.proactive.choosing import held_out
from agent.proactive.speaking import Speaking, Voice
from agent.tables import metadata as agent_tables
from eval.metrics.summary import Period
from eval.proactive.figures import arms, promises
from eval.proactive.holdout import Customer, arm, effect
from eval.proactive.judging import Named, Promise, bands, deciles, judge
from eval.proactive.playing import Play, World
from eval.proactive.world import START, Truth, orders
from tests.agent.test_proactive import Herald
from tests.desks import Counter as Desk
from tests.shop import ANA, Shop
from tests.test_proofs import FULL, proof
from tools.orders import tables
from tools.orders.alerts.limits import Limits
from tools.orders.database import Database
from tools.orders.service import Orders
from tools.orders.terms import Terms

ZONE = ZoneInfo("Europe/Paris")
KEY = b"k" * 32
DAY = timedelta(days=1)


# -- the arithmetic of the holdout, against a second computation ---------------------------------------------------


def drawn(seed: int, saved: float, count: int = 3_000) -> tuple[list[Customer], list[Customer]]:
    """Customers who write in bursts, by lot; of those written to each contact is saved by chance."""
    lot = random.Random(seed)
    told: list[Customer] = []
    holdout: list[Customer] = []
    for _ in range(count):
        bought = 1 + int(lot.expovariate(0.8))
        eager = lot.gammavariate(0.5, 1.2)
        held = lot.random() < 0.2
        rate = eager * 0.3 * (1.0 if held else 1 - saved)
        contacts = sum(lot.random() < min(rate, 0.95) for _ in range(bought * 2))
        (holdout if held else told).append(Customer(bought, contacts))
    return told, holdout


def plainly(customers: list[Customer]) -> tuple[float, float]:
    """Rate and its variance by the jackknife: another way, leaving out one customer at a time."""
    orders, contacts = sum(c.orders for c in customers), sum(c.contacts for c in customers)
    rate = contacts / orders
    without = [(contacts - c.contacts) / (orders - c.orders) for c in customers]
    mean = statistics.fmean(without)
    variance = (len(customers) - 1) / len(customers) * sum((one - mean) ** 2 for one in without)
    return rate, variance


@pytest.mark.parametrize("seed", range(5))
def test_rates_and_intervals_are_those_of_an_independent_computation(seed: int) -> None:
    told, holdout = drawn(seed, 0.3)
    found = effect(told, holdout)
    (ours, our_variance), (others, their_variance) = plainly(told), plainly(holdout)
    assert found.told.per_100_orders == pytest.approx(100 * ours)
    assert found.holdout.per_100_orders == pytest.approx(100 * others)
    assert found.saved == pytest.approx(1 - ours / others)
    spread = 1.959964 * math.sqrt(our_variance / ours**2 + their_variance / others**2)
    assert found.low == pytest.approx(1 - ours / others * math.exp(spread), abs=0.01)
    assert found.high == pytest.approx(1 - ours / others * math.exp(-spread), abs=0.01)
    assert found.contacts_saved == pytest.approx(sum(c.orders for c in told) * others - sum(c.contacts for c in told))


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    held = 0
    for seed in range(200):
        told, holdout = drawn(seed, 0.25, 1_500)
        found = effect(told, holdout)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.25 <= found.high
    assert held >= 182  # 95 % of 200, less two standard errors


def test_without_a_holdout_or_with_too_little_nothing_is_claimed() -> None:
    told, holdout = drawn(1, 0.3)
    alone = effect(told, [])
    assert (alone.saved, alone.low) == (None, None)
    assert "nobody is held out" in alone.why
    few = effect(told, [Customer(1, 0)])
    assert few.saved is None
    assert "too few" in few.why
    assert arm([]).per_100_orders is None
    assert effect([], holdout).saved is None


def test_the_arms_are_counted_from_the_journal_and_the_orders_by_the_lot(shop: Shop) -> None:
    herald = Herald(shop)
    for customer in ("ana", "ana", "bob"):
        shop.order(customer_id=customer)
    Desk(shop).says("where is my order?", email=ANA)
    herald.run()
    period = Period(shop.time - 30 * DAY, shop.time + DAY)
    with shop.database.read() as db:
        found = arms(db, period, lambda customer: customer == "bob")
    assert (found.told.customers, found.told.orders, found.told.contacts) == (1, 2, 1)
    assert (found.holdout.customers, found.holdout.orders, found.holdout.contacts) == (1, 1, 0)


def test_precision_recall_and_wrong_promises_are_counted_by_hand() -> None:
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    told = [
        Promise("right", at, at + DAY, at - 2 * DAY),
        Promise("false", at, at - DAY, at - 2 * DAY),
        Promise("missed", at, at + DAY),
        Promise("too late to count", at, None, at - timedelta(hours=23)),
        Promise("fine", at, at - DAY),
    ]
    named = [
        Named(at, at + 2 * DAY, at + DAY),
        Named(at, at + DAY, at + 3 * DAY),
        Named(at, at + DAY, at - DAY),
        Named(at, at + 90 * DAY, None),  # not over yet
    ]
    found = judge(told, named, ZONE, at + 9 * DAY)
    assert (found.late.hits, found.late.of) == (3, 5)
    assert (found.precision.hits, found.precision.of) == (1, 2)
    assert (found.recall.hits, found.recall.of) == (1, 3)
    assert found.lead == 35.5
    assert (found.wrong.hits, found.wrong.of, found.after.hits) == (2, 3, 1)


def test_deciles_are_tenths_of_the_judged_and_bands_tenths_of_the_scale() -> None:
    judged = [(number / 1000, number >= 80) for number in range(100)]
    assert [size for *_, size in deciles(judged)] == [10] * 10
    assert [share for _, share, _ in deciles(judged)] == [0.0] * 8 + [1.0] * 2
    assert deciles(judged)[-1][0] == pytest.approx(0.0945)
    assert [(share, size) for _, share, size in bands(judged)] == [(0.2, 100)]
    assert deciles([]) == bands([]) == ()


# -- the simulated world -------------------------------------------------------------------------------------------


def made(where: Path) -> Database:
    database = Database(where)
    with database.write() as db:
        tables.metadata.create_all(db)
        agent_tables.create_all(db)
    return database


def independently_held_out(customer: str, share: float) -> bool:
    """The lot again, from its definition: HMAC-SHA-256 of kind and customer, its first 32 bits as a fraction."""
    told = hmac.new(KEY, f"proactive holdout\0{customer}".encode(), hashlib.sha256).digest()
    return int.from_bytes(told[:4], "big") / 2**32 < share


@pytest.mark.proof
def test_lateness_is_foreseen_and_nobody_is_written_to_twice_or_in_the_holdout(tmp_path: Path) -> None:
    """Half of the time is history, the other half is judged. A leap day and a change to summer time lie in it."""
    count, days, every = (50_000, 180, 4) if FULL else (2_500, 80, 6)
    truths = list(orders(count, days, 1))
    database = made(tmp_path / "world.db")
    world = World(database, truths, timedelta(hours=every))
    terms = {"mode": "on", "holdout": 0.2, "links": "https://chat.shop.example"}
    policy = Policy.model_validate({"proactive": terms, "shop": {"languages": ["en", "fr", "de", "es"]}})
    core = Orders(database, lambda: Terms(), lambda: world.play.now)
    keyed = Keyed(KEY)
    speaking = Speaking(Voice(database, core, lambda: policy, keyed, lambda: world.play.now))
    cut, end = START + timedelta(days=days // 2), START + timedelta(days=days - 3)
    with proof("orders watched, foreseen, spoken to", count):
        play = world.run(days, Limits(), speaking.run, cut)
        with database.read() as db:
            found = judge(tuple(promises(db, cut, end)), (), ZONE, play.now)
            sent = messages.newest(db, 10**6)
        _told_once(sent, database)
        _lot_holds(sent, truths)
        print(f"\n{found.precision}\n{found.recall}\nlead {found.lead} h, {len(sent)} messages")  # noqa: T201
        least = (0.9, 0.8) if FULL else (0.8, 0.7)  # a tenth of the orders is a tenth of the history
        assert (found.precision.share or 0) >= least[0]
        assert (found.recall.share or 0) >= least[1]
        _calibrated(play)
    database.close()


def _told_once(sent: tuple[messages.Message, ...], database: Database) -> None:
    """An event is an order, a kind and an occurrence; each is in at most one message, and each message in the outbox."""
    with database.read() as db:
        rows = db.exec_driver_sql(
            "SELECT order_id, kind, event, message, word FROM alerts WHERE message IS NOT NULL"
        ).all()
        keys = {row[0] for row in db.exec_driver_sql("SELECT key FROM outbox WHERE kind = 'proactive.mail'")}
    events = Counter((order, kind, event) for order, kind, event, *_ in rows)
    assert set(events.values()) <= {1}
    told = {one.id for one in sent if one.arm == "told"}
    assert keys == told
    assert {message for *_, message, word in rows if word == "told"} == told
    assert len(sent) == len({one.id for one in sent}) > 0


def _lot_holds(sent: tuple[messages.Message, ...], truths: list[Truth]) -> None:
    for one in sent:
        assert independently_held_out(one.customer, 0.2) == (one.arm == "holdout")
    customers = {f"c{one.customer}" for one in truths}
    share = sum(independently_held_out(one, 0.2) for one in customers) / len(customers)
    assert 0.15 < share < 0.25
    assert all(held_out(Keyed(KEY), one, 0.2) == independently_held_out(one, 0.2) for one in customers)


def _calibrated(play: Play) -> None:
    """Each tenth of the orders within 5 points of what came of it, and each tenth of the scale; of few, nothing.

    In the small world sixty orders alone have a standard error of six points.
    """
    for named, groups in (("decile", deciles(play.chances)), ("band", bands(play.chances))):
        for told, real, size in groups:
            print(f"{named} {told:.3f} came to {real:.3f} of {size}")  # noqa: T201
            noise = 0.0 if FULL else 2.5 * math.sqrt(told * (1 - told) / size)
            assert size < 60 or abs(told - real) <= 0.05 + noise, (named, told, real, size)


# -- kill -9 -------------------------------------------------------------------------------------------------------

WORKER = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo
from agent.identity.hashing import Keyed
from agent.policy import Policy
from agent.proactive.speaking import Speaking, Voice
from tools.orders.alerts.scanning import Watch
from tools.orders.database import Database
from tools.orders.service import Orders
from tools.orders.terms import Terms

database, now = Database(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2])
policy = Policy.model_validate({"proactive": {"mode": "on", "holdout": 0.2, "merge_minutes": 0, "quiet": ""}})
watch = Watch(database, lambda: policy.proactive, lambda: ZoneInfo("Europe/Paris"), lambda: now)
orders = Orders(database, lambda: Terms(), lambda: now)
speaking = Speaking(Voice(database, orders, lambda: policy, Keyed(b"k" * 32), lambda: now))
print("ready", flush=True)
watch.run()
told = speaking.run()
print("done", flush=True)
"""


@pytest.mark.proof
def test_kill_minus_nine_anywhere_tells_everything_once(tmp_path: Path) -> None:
    """A real process looks and speaks, and is killed at a random moment of its work, again and again, until one gets to the end.

    How long the work takes is measured first, undisturbed: the moments are anywhere in it on any machine.
    """
    late, rounds = (1_500, 20) if FULL else (150, 5)
    fresh = tmp_path / "fresh.db"
    now = _late_orders(fresh, late)
    whole = _copied(fresh, tmp_path / "whole.db")
    lasts = _took(whole, now)
    _everyone_is_told_once(whole, late)
    lot, killed = random.Random(7), 0
    with proof("orders told under kill -9", late):
        for turn in range(rounds):
            path = _copied(fresh, tmp_path / f"killed_{turn}.db")
            while _killed(path, now, lot.uniform(0.0, lasts)):
                killed += 1
            _everyone_is_told_once(path, late)
    print(f"killed {killed} times in {rounds} rounds of {lasts:.2f} s")  # noqa: T201
    assert killed >= rounds // 2


def _copied(database: Path, to: Path) -> Path:
    shutil.copyfile(database, to)
    return to


def _took(path: Path, now: datetime) -> float:
    """Seconds of a whole, undisturbed run, from the moment that it is ready."""
    with _started(path, now) as process:
        began = time.monotonic()
        rest, _ = process.communicate(timeout=600)
        assert "done" in rest
        return time.monotonic() - began


def _everyone_is_told_once(path: Path, late: int) -> None:
    with sqlite3.connect(path) as db:
        told = db.execute("SELECT COUNT(*), COUNT(DISTINCT order_id) FROM alerts WHERE word = 'told'").fetchone()
        held = db.execute("SELECT COUNT(*) FROM alerts WHERE word = 'holdout'").fetchone()[0]
        waiting = db.execute("SELECT COUNT(*) FROM alerts WHERE word = 'waiting'").fetchone()[0]
        sent = db.execute("SELECT COUNT(*) FROM proactive WHERE arm = 'told'").fetchone()[0]
        letters = db.execute("SELECT COUNT(*) FROM outbox WHERE kind = 'proactive.mail'").fetchone()[0]
        kept = db.execute("SELECT COUNT(*) FROM journal").fetchone()[0]
        customers = [row[0] for row in db.execute("SELECT customer FROM proactive WHERE arm = 'told'")]
    assert told[0] == told[1] == sent == letters == kept
    assert told[0] + held == late
    assert waiting == 0
    assert not any(independently_held_out(one, 0.2) for one in customers)


def _late_orders(path: Path, count: int) -> datetime:
    """Each of a customer of its own, late since an hour."""
    from eval.proactive.loading import catalogue, load

    truths = list(orders(count, 5, 3))
    now = START + timedelta(days=20)
    for truth in truths:
        truth.customer = truth.number
        truth.promised_at = now - timedelta(hours=1)
        truth.happenings = [one for one in truth.happenings if one.code in {"placed", "shipped"}]
        moved = now - timedelta(days=1) - truth.happenings[-1].at
        truth.happenings = [type(one)(one.at + moved, one.code) for one in truth.happenings]
    database = made(path)
    with database.write() as db:
        catalogue(db)
        load(db, truths, now, now - 3 * DAY)
    database.close()
    return now


def _killed(path: Path, now: datetime, after: float) -> bool:
    """Whether it was killed before it was done."""
    with _started(path, now) as process:
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        return "done" not in rest


@contextmanager
def _started(path: Path, now: datetime) -> Iterator[subprocess.Popen[str]]:
    """Ready to look and to speak, all of its imports behind it."""
    command = [sys.executable, "-c", WORKER, str(path), now.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ), text=True) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == "ready"
        yield process
