"""Public ground truths replayed by the order core, against an oracle that shares no code with it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from eval.tau.replay import Played, play, seed
from eval.tau.shop import Base
from tests.eval import tau_oracle as oracle

FOLDER = Path(os.environ.get("WISMO_REFERENCE", Path(__file__).parents[3] / "shared")) / "data" / "tau-retail"
needs_data = pytest.mark.skipif(not FOLDER.exists(), reason="NOT RUN: needs the reference folder (WISMO_REFERENCE)")


def bases() -> tuple[Base, Base]:
    def read(name: str) -> Any:
        return json.loads((FOLDER / name).read_text(encoding="utf-8"))

    two = read("v2_db.json")
    one = Base(read("v1_users.json"), read("v1_products.json"), read("v1_orders.json"))
    return one, Base(two["users"], two["products"], two["orders"], "v2", bug=True)


def differing(base: Base, world: oracle.World, seeded: Path, tasks: Sequence[list[oracle.Action]]) -> Iterator[str]:
    """What the core tells otherwise than the oracle, a task at a time; also what its audit found."""
    for number, actions in enumerate(tasks):
        here = play(base, seeded, seeded.parent / "copy.db", actions)
        yield from compared(number, here, world, actions)


def compared(number: int, here: Played, world: oracle.World, actions: Sequence[oracle.Action]) -> Iterator[str]:
    before = world.around(actions)
    after = world.around(actions)
    right = tuple(after.apply(name, arguments) for name, arguments in actions)
    if here.succeeded != right:
        yield f"task {number}: succeeded {here.succeeded}, right is {right}"
    writes = sum(done for (name, _), done in zip(actions, right, strict=True) if name in oracle.WRITES)
    if here.commands != writes:
        yield f"task {number}: {here.commands} commands for {writes} successful actions"
    if oracle.normalised(here.changed) != oracle.normalised(oracle.changed(before, after)):
        yield f"task {number}: {here.changed} against {oracle.changed(before, after)}"
    yield from (f"task {number}: {violation}" for violation in here.violations)


@needs_data
def test_twenty_public_tasks_end_as_the_oracle_says(tmp_path: Path) -> None:
    base, _ = bases()
    assert seed(base, tmp_path / "seed.db").violations == ()
    world = oracle.load_v1(FOLDER)
    tasks = oracle.tasks_v1(FOLDER / "v1_tasks_dev.jsonl")
    assert list(differing(base, world, tmp_path / "seed.db", tasks)) == []


@needs_data
def test_dropping_an_action_that_changed_a_record_is_noticed(tmp_path: Path) -> None:
    base, _ = bases()
    seed(base, tmp_path / "seed.db")
    world = oracle.load_v1(FOLDER)
    noticed = 0
    for actions in oracle.tasks_v1(FOLDER / "v1_tasks_dev.jsonl"):
        before, after = world.around(actions), world.around(actions)
        for name, arguments in actions:
            after.apply(name, arguments)
        right = oracle.normalised(oracle.changed(before, after))
        if right == {"orders": {}, "users": {}}:
            continue
        here = play(base, tmp_path / "seed.db", tmp_path / "copy.db", actions[1:])
        assert oracle.normalised(here.changed) != right
        noticed += 1
    assert noticed >= 15


@pytest.mark.proof
@needs_data
def test_every_public_task_of_both_versions_ends_as_the_oracle_says(tmp_path: Path) -> None:
    one, two = bases()
    wrong: list[str] = []
    for base, world, tasks in (
        (one, oracle.load_v1(FOLDER), oracle.tasks_v1(FOLDER / "v1_tasks_train.jsonl")),
        (two, oracle.load_v2(FOLDER, bug=True), oracle.tasks_v2(FOLDER / "v2_tasks_train.json")),
    ):
        seeded = tmp_path / f"{base.version}.db"
        assert seed(base, seeded).violations == ()
        wrong += differing(base, world, seeded, tasks)
    assert wrong == []
