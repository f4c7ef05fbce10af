"""What holds for any number of workers, on SQLite and on PostgreSQL: one suite for both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from api import migrations
from connectors import inbox, leases
from connectors.delivery import Delivery
from connectors.engine import OVERDUE, STALLED, Engine, sweep
from connectors.errors import Limited, Rejected, Unreachable
from connectors.inbox import Event, Thread
from connectors.reconciling import Reconciling
from connectors.tables import inbox as events
from connectors.worker import Worker
from tools.orders import outbox
from tools.orders.database import Database
from tools.orders.outbox import Message

QUIET = timedelta(seconds=3)


class Post:
    """A shop's post room: a database, what was read and what was sent, and a clock that is moved by hand."""

    def __init__(self, where: Path | str) -> None:
        self.database = Database(where)
        migrations.upgrade(self.database)
        self.time: datetime | None = datetime(2026, 11, 20, 12, tzinfo=UTC)
        self.read: list[Event] = []
        self.sent: list[str] = []
        self.at_once = self.most_at_once = 0
        self.fails: Callable[[], None] = lambda: None
        self.takes = 0.0
        self._guard = threading.Lock()

    def now(self) -> datetime:
        return self.time or datetime.now(UTC)

    def later(self, **passed: float) -> None:
        assert self.time
        self.time += timedelta(**passed)

    def worker(self) -> Worker:
        carriers = {"reply.shop": self.carry}
        return Worker(self.database, {"shop": self.handle}, Delivery(self.database, carriers, self.now), self.now)

    def handle(self, event: Event) -> None:
        """Each turn leaves a reply in the lane of its conversation, as the desk does."""
        with self._guard:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            time.sleep(self.takes)
            self.fails()
            self.read.append(event)
            self.reply(f"{event.conversation}:{event.key}", event.conversation)
        finally:
            with self._guard:
                self.at_once -= 1

    def reply(self, key: str, lane: str) -> None:
        with self.database.write() as db:
            outbox.put(db, key, "reply.shop", {}, self.now(), lane)

    def carry(self, message: Message) -> None:
        self.fails()
        self.sent.append(message.key)

    def knock(self, key: str, conversation: str = "c1", quiet: timedelta = timedelta()) -> bool:
        with self.database.write() as db:
            return inbox.put(db, "shop", key, conversation, "{}", self.now(), quiet)

    def states(self) -> dict[str, str]:
        with self.database.read() as db:
            return {row.key: row.state for row in db.execute(select(events.c.key, events.c.state))}

    def reason(self, key: str) -> str | None:
        with self.database.read() as db:
            row = db.execute(select(events.c.last_error).where(events.c.key == key)).one()
        return str(row.last_error) if row.last_error else None


@pytest.fixture
def post(each_database: Path | str) -> Iterator[Post]:
    made = Post(each_database)
    yield made
    made.database.close()


def failing(*errors: Exception) -> Callable[[], None]:
    """One after the other, then no more."""
    left = list(errors)

    def fail() -> None:
        if left:
            raise left.pop(0)

    return fail


def test_an_event_that_comes_twice_is_one(post: Post) -> None:
    assert (post.knock("e1"), post.knock("e1")) == (True, False)
    post.worker().run_once()
    assert [event.key for event in post.read] == ["e1"]


def test_messages_that_follow_each_other_are_one_turn_once_it_is_quiet(post: Post) -> None:
    post.knock("e1", quiet=QUIET)
    post.later(seconds=2)
    post.knock("e2", quiet=QUIET)
    post.later(seconds=2)
    worker = post.worker()
    assert worker.run_once() == 0
    post.later(seconds=1)
    worker.run_once()
    assert [event.key for event in post.read] == ["e2"]
    assert post.states() == {"e1": "done", "e2": "done"}


def test_who_goes_on_writing_is_answered_after_four_quiet_periods(post: Post) -> None:
    worker = post.worker()
    for number in range(6):
        post.knock(f"e{number}", quiet=QUIET)
        worker.run_once()
        post.later(seconds=2.5)
    worker.run_once()
    assert [event.key for event in post.read] == ["e5"]


def test_an_event_that_comes_while_its_conversation_is_worked_waits_for_the_next_turn(post: Post) -> None:
    post.knock("e1")
    with post.database.write() as db:
        claim = inbox.claim(db, Thread("shop", "c1"), "somebody", post.now())
    assert claim
    post.knock("e2")
    assert post.worker().run_once() == 0
    with post.database.write() as db:
        inbox.settle(db, claim, "somebody")
    post.worker().run_once()
    assert [event.key for event in post.read] == ["e2"]


def test_what_a_dead_worker_held_is_free_again_when_its_lease_ends(post: Post) -> None:
    post.knock("e1")
    with post.database.write() as db:
        assert inbox.claim(db, Thread("shop", "c1"), "the dead", post.now())
    post.reply("r1", "c2")
    with post.database.write() as db:
        assert [message.key for message in outbox.claim(db, "the dead", post.now())] == ["r1"]
    worker = post.worker()
    assert worker.run_once() == 0
    post.later(seconds=leases.LASTING.total_seconds())
    worker.run_once()
    assert [event.key for event in post.read] == ["e1"]
    assert "r1" in post.sent


def test_a_lease_that_is_renewed_lasts_and_only_that(post: Post) -> None:
    with post.database.write() as db:
        assert leases.take(db, "c1", "alive", post.now())
    post.later(seconds=15)
    with post.database.write() as db:
        assert leases.take(db, "c2", "alive", post.now() - timedelta(seconds=1))
        assert leases.renew(db, "alive", ["c1"], post.now()) == 1
    post.later(seconds=15)
    with post.database.write() as db:
        assert not leases.take(db, "c1", "other", post.now())
        assert leases.take(db, "c2", "other", post.now() + timedelta(seconds=6))


def test_what_a_living_worker_lost_with_the_database_is_free_again_although_it_lives(post: Post) -> None:
    post.fails = failing(OperationalError("SELECT 1", None, ConnectionError()), OperationalError("", None, OSError()))
    worker = post.worker()
    post.knock("e1", "c1")
    with pytest.raises(OperationalError):
        worker.run_once()
    post.reply("r1", "c2")
    with pytest.raises(OperationalError):
        worker.run_once()
    for _ in range(4):
        post.later(seconds=leases.RENEWED)
        worker.renew()
    worker.run_once()
    assert ([event.key for event in post.read], post.sent) == (["e1"], ["r1", "c1:e1"])


def test_what_fails_is_tried_again_later_and_not_before_the_time_that_the_helpdesk_named(post: Post) -> None:
    post.fails = failing(Limited("shop: 429", timedelta(seconds=90)), Unreachable("shop: 503"))
    post.knock("e1")
    worker = post.worker()
    worker.run_once()
    post.later(seconds=89)
    worker.run_once()
    assert post.read == []
    post.later(seconds=2)
    worker.run_once()
    assert post.reason("e1") == "Unreachable: shop: 503"
    post.later(seconds=5)
    worker.run_once()
    assert [event.key for event in post.read] == ["e1"]


def test_what_can_not_be_helped_is_dead_at_once_with_its_reason(post: Post) -> None:
    post.fails = failing(Rejected("shop: 422; see the vendor's reference"))
    post.knock("e1")
    post.worker().run_once()
    assert post.states() == {"e1": "dead"}
    assert post.reason("e1") == "Rejected: shop: 422; see the vendor's reference"


def test_a_defect_of_ours_is_put_off_and_stops_nobody_else(post: Post) -> None:
    post.fails = failing(ValueError("a customer's secret"))
    post.knock("e1", "c1")
    post.later(seconds=1)
    post.knock("e2", "c2")
    post.worker().run_once()
    assert [event.key for event in post.read] == ["e2"]
    assert post.reason("e1") == "ValueError: a defect of ours; see the log of this moment"


def test_the_replies_of_a_conversation_leave_in_order_whatever_fails(post: Post) -> None:
    for number in (9, 10, 11):
        post.reply(f"r{number}", "c1")
    post.fails = failing(Unreachable("shop: 503"))
    worker = post.worker()
    worker.run_once()
    assert post.sent == []
    post.later(minutes=1)
    worker.run_once()
    assert post.sent == ["r9", "r10", "r11"]


def test_two_that_deliver_at_once_never_send_the_same(post: Post) -> None:
    for number in range(40):
        post.reply(f"r{number}", f"c{number % 8}")
    workers = [post.worker() for _ in range(4)]
    threads = [threading.Thread(target=worker.run_once) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while post.worker().run_once():
        pass
    assert sorted(post.sent) == sorted(f"r{number}" for number in range(40))


def test_what_never_knocked_is_found_by_asking_and_asked_for_once(post: Post) -> None:
    asked: list[datetime] = []

    def changed(since: datetime) -> list[tuple[str, str]]:
        asked.append(since)
        return [("c1", "2026-11-20T11:59:00+00:00"), ("c2", "2026-11-20T11:58:00+00:00"), ("c3", "v7")]

    post.knock("e1", "c1")
    poll = Reconciling(post.database, {"shop": changed}, post.now, timedelta(minutes=5))
    assert (poll.run_once(), poll.run_once()) == (2, 0)
    post.later(minutes=5)
    assert poll.run_once() == 0
    assert len(asked) == 2
    post.worker().run_once()
    assert sorted(event.conversation for event in post.read) == ["c1", "c2", "c3"]


def test_a_helpdesk_that_can_not_be_asked_is_asked_again_from_there_on(post: Post) -> None:
    fail = failing(Unreachable("shop: 503"))
    asked: list[datetime] = []

    def changed(since: datetime) -> list[tuple[str, str]]:
        fail()
        asked.append(since)
        return [("c1", "v1")]

    poll = Reconciling(post.database, {"shop": changed}, post.now, timedelta(minutes=5))
    assert (poll.run_once(), poll.run_once()) == (0, 1)
    assert asked == [post.now() - timedelta(minutes=65)]


# -- as they run ---------------------------------------------------------------------------------------------


def working(post: Post, stop: threading.Event) -> threading.Thread:
    """A worker process of this shop: threads on SQLite, the engine on PostgreSQL."""
    worker = post.worker()
    run = worker.run if post.database.path else Engine(post.database, worker, lambda: None).run
    thread = threading.Thread(target=run, args=(stop,))
    thread.start()
    return thread


def until(done: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.05)
    assert done()


def test_several_at_work_take_each_event_once_and_in_order(post: Post) -> None:
    post.time, post.takes = None, 0.01
    stop = threading.Event()
    threads = [working(post, stop) for _ in range(2)]
    try:
        for number in range(40):
            post.knock(f"{number:02}", f"c{number % 5}")
        until(lambda: set(post.states().values()) == {"done"})
        with post.database.read() as db:
            until(lambda: len(post.sent) == len(post.read))
            assert inbox.count(db, "new") == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for conversation in range(5):
        keys = [event.key for event in post.read if event.conversation == f"c{conversation}"]
        assert keys == sorted(keys)
        said = [key for key in post.sent if key.startswith(f"c{conversation}:")]
        assert said == [f"c{conversation}:{key}" for key in keys]
    assert post.most_at_once > 1


def test_told_to_stop_it_finishes_its_turn_and_says_what_came_of_it(post: Post) -> None:
    post.time, post.takes = None, 0.5
    stop = threading.Event()
    thread = working(post, stop)
    post.knock("e1")
    until(lambda: post.at_once == 1)
    stop.set()
    thread.join()
    assert (post.states(), post.sent) == ({"e1": "done"}, ["c1:e1"])
    with post.database.read() as db:
        assert db.exec_driver_sql("SELECT count(*) FROM leases").scalar_one() == 0


def test_a_job_that_died_with_its_worker_begins_again_and_a_lost_one_is_made_anew(post: Post) -> None:
    if post.database.path:
        return  # without jobs there is nothing to lose
    post.time = None
    post.knock("e1", "c1")
    post.knock("e2", "c2")
    with post.database.write() as db:
        db.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'doing' WHERE args->>'conversation' = 'c1'")
        db.exec_driver_sql("DELETE FROM procrastinate_jobs WHERE args->>'conversation' = 'c2'")
    assert sweep(post.database, post.now() + OVERDUE) == 1
    with post.database.read() as db:
        jobs = db.exec_driver_sql("SELECT args->>'conversation' AS c, status::text FROM procrastinate_jobs ORDER BY c")
        assert jobs.all() == [("c1", "todo"), ("c2", "todo")]
    assert sweep(post.database, post.now() + OVERDUE) == 0


def test_a_job_that_a_living_worker_lost_begins_again_and_one_that_holds_its_conversation_does_not(post: Post) -> None:
    if post.database.path:
        return  # without jobs there is nothing to lose
    post.time = None
    for conversation in ("lost", "held", "young"):
        post.knock(f"e-{conversation}", conversation)
    with post.database.write() as db:
        alive = db.exec_driver_sql("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id").scalar_one()
        db.exec_driver_sql(f"UPDATE procrastinate_jobs SET status = 'doing', worker_id = {alive}")
        db.exec_driver_sql(
            f"UPDATE procrastinate_events SET at = now() - make_interval(secs => {STALLED + 1}) FROM procrastinate_jobs job "
            "WHERE job.id = job_id AND type = 'started' AND args->>'conversation' <> 'young'"
        )
        assert leases.take(db, Thread("shop", "held").lease, "alive", post.now())
    assert sweep(post.database, post.now()) == 1
    with post.database.read() as db:
        jobs = db.exec_driver_sql("SELECT args->>'conversation' AS c, status::text FROM procrastinate_jobs ORDER BY c")
        assert jobs.all() == [("held", "doing"), ("lost", "todo"), ("young", "doing")]
