"""Large work in shards over worker processes: the same to the byte as on one machine, whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api import demo, migrations
from api.settings import Settings
from api.trials import sharded
from api.trials.sharded import NotOverWorkers, Workers
from api.wiring import House
from connectors import leases, shards
from connectors.shards import ShardFailed
from eval import postgres
from eval.suite.case import Case
from eval.suite.reading import SHIPPED, cases_of
from eval.suite.runner import Task
from eval.world.past_tickets import of_the_shop
from tests.desks import intents
from tools.orders.database import Database


@dataclass
class Shop:
    """A demo shop on PostgreSQL, and its worker processes."""

    home: Path
    url: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"WISMO_HOME": str(self.home), "WISMO_DATABASE_URL": self.url}

    def begin_worker(self) -> None:
        command = [sys.executable, "-m", "api.cli", "worker", "--concurrency", "1"]
        with (self.home / f"worker-{len(self.workers)}.log").open("wb") as log:
            self.workers.append(subprocess.Popen(command, env=self.environment, stdout=log, stderr=log))

    def wismo(self, *arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        told = [sys.executable, "-m", "api.cli", *map(str, arguments)]
        done = subprocess.run(told, env=self.environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == code, done.stderr
        return done

    def end(self) -> list[int]:
        for one in self.workers:
            one.terminate()
        return [one.wait(120) for one in self.workers]


@pytest.fixture(scope="module")
def shop(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    intents()
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database(postgres_server))
        made = Shop(tmp_path_factory.mktemp("home"), url)
        house = House(Settings(home=made.home, database_url=url))
        demo.seed(house, 7, lambda _: None)
        of_the_shop(house.database, house.orders, made.home / "past.jsonl", 40, 7, house.now())
        house.close()
        for _ in range(2):
            made.begin_worker()
        yield made
        assert set(made.end()) <= {0, -signal.SIGTERM}  # one may have been asked before it listened


def under_way(shop: Shop) -> int:
    database = Database(shop.url)
    try:
        return shards.under_way(database, datetime.now(UTC))
    finally:
        database.close()


def test_an_evaluation_over_workers_is_the_same_to_the_byte_although_one_is_killed(shop: Shop) -> None:
    asked = ("eval", "--group", "language", "--json")
    command = [sys.executable, "-m", "api.cli", *asked, "--over-workers"]
    running = subprocess.Popen(command, env=shop.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while under_way(shop) < 2 and running.poll() is None:
        time.sleep(0.1)
    shop.workers[0].kill()
    shop.workers.pop(0).wait()
    shop.begin_worker()
    told, said = running.communicate(timeout=240)
    assert running.returncode == 0, said
    assert told.decode() == shop.wismo(*asked, "--workers", "2").stdout


def test_a_simulation_over_workers_is_the_same_to_the_byte_with_another_policy_beside(shop: Shop) -> None:
    other = shop.home / "other.toml"
    rules = (shop.home / "shop.toml").read_text(encoding="utf-8")
    other.write_text(rules.replace("[shop]", "[shop]\n# another policy", 1), encoding="utf-8")
    asked = ("simulate", shop.home / "past.jsonl", "--with", other, "--json")
    over = json.loads(shop.wismo(*asked, "--over-workers").stdout)
    here = json.loads(shop.wismo(*asked, "--workers", 2).stdout)
    assert over == here
    assert over["predicted"]["tickets"] > 20


def test_help_articles_are_embedded_over_workers_as_they_are_here(shop: Shop) -> None:
    pages = shop.home / "many"
    pages.mkdir()
    for number in range(90):
        (pages / f"{number}.md").write_text(f"# Question {number}\n\nThe answer to {number} is {number * 7}.\n")
    assert "90 articles read" in shop.wismo("ingest", pages, "--over-workers").stderr
    database = House(Settings(home=shop.home, database_url=shop.url))
    try:
        with database.index.reading() as snapshot:
            rows = [place for place, one in enumerate(snapshot.passages) if one.title == "Question 7"]
            here = database.embedder.embed([snapshot.passages[rows[0]].meaning])[0]
            assert float(here @ snapshot.vectors[rows[0]]) > 0.999
    finally:
        database.close()


def test_a_worker_of_another_installation_ends_the_run_and_says_what_differs(shop: Shop) -> None:
    database = Database(shop.url)
    try:
        asked = Workers(database, lambda: datetime.now(UTC)).run("texts", [{"weights": "others", "texts": ["a"]}])
        with pytest.raises(ShardFailed, match="a worker has another weights than who asked"):
            list(asked)
    finally:
        database.close()


def test_every_shipped_case_arrives_as_it_was_sent() -> None:
    for case in cases_of([SHIPPED]):
        sent = json.dumps(sharded._told(Task(case, 0, 1))["case"])
        assert Case.model_validate(json.loads(sent)) == case


# -- the table ------------------------------------------------------------------------------------------------


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def database(each_database: Path | str) -> Iterator[Database]:
    made = Database(each_database)
    migrations.upgrade(made)
    yield made
    made.close()


def one_shard(database: Database) -> None:
    shards._put(database, "r", "texts", [(0, {"a": 1})], NOW)


def claimed(database: Database, holder: str, now: datetime = NOW) -> shards.Shard | None:
    with database.write() as db:
        return shards.claim(db, "r", 0, holder, now)


def ended(database: Database) -> list[tuple[int, Any]]:
    return shards._ended(database, "r", 1)


def test_a_shard_is_one_workers_and_its_result_comes_once(database: Database) -> None:
    one_shard(database)
    mine = claimed(database, "a")
    assert mine
    assert claimed(database, "b") is None
    with database.write() as db:
        shards.settle(db, mine, "a", [2])
    assert ended(database) == [(0, [2])]
    with pytest.raises(ShardFailed, match="taken away"):
        ended(database)


def test_who_slept_through_its_lease_changes_nothing(database: Database) -> None:
    one_shard(database)
    late, later = claimed(database, "a"), NOW + leases.LASTING
    other = claimed(database, "b", later)
    assert late
    assert other
    with database.write() as db:
        shards.settle(db, late, "a", "late")
        shards.settle(db, other, "b", "right")
    assert ended(database) == [(0, "right")]


def test_one_that_kills_its_workers_is_given_up_and_one_that_was_given_back_is_not(database: Database) -> None:
    one_shard(database)
    for _ in range(8):
        one = claimed(database, "stopped")
        assert one
        with database.write() as db:
            shards.give_back(db, one, "stopped")
    for death in range(shards.ATTEMPTS):
        assert claimed(database, f"died-{death}", NOW + leases.LASTING * death)
    assert claimed(database, "next", NOW + leases.LASTING * 9) is None
    with pytest.raises(ShardFailed, match="5 workers died of it"):
        ended(database)


def test_what_nobody_fetched_is_forgotten_after_a_day(database: Database) -> None:
    one_shard(database)
    with database.write() as db:
        shards.forget_old(db, NOW + shards.KEPT + timedelta(seconds=1))
    assert claimed(database, "a") is None


def test_on_sqlite_it_says_what_to_use_instead(tmp_path: Path) -> None:
    database = Database(tmp_path / "wismo.db")
    with pytest.raises(NotOverWorkers, match=r"on SQLite --workers N uses the cores"):
        Workers(database, lambda: NOW)
    database.close()


def test_a_kind_that_nobody_knows_is_a_defect_and_told_as_one() -> None:
    with pytest.raises(KeyError):
        sharded.work("unheard", {})
