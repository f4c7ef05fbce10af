"""Evaluations, simulations and ingests over all workers: how a run is cut into shards, and what a worker makes of one.

A worker answers with its own installation; one that differs from the asker's says so, and the run ends with that.

NotOverWorkers    no PostgreSQL, or a run that workers elsewhere can not do; the message says what to do instead
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np
from pydantic import TypeAdapter

from api.settings import Settings
from connectors import shards
from connectors.exports.past import PastConversation
from eval.past.kept import LINE, Line
from eval.past.replay import Assumed
from eval.past.running import batches
from eval.suite import runner
from eval.suite.case import Case
from eval.suite.results import RESULT, Result
from eval.suite.runner import Task
from eval.suite.stage import Stages
from knowledge.embed import Embedder, FloatArray, OnnxEmbedder
from tools.orders.database import Database
from tools.orders.model import Clock

CASES, TEXTS = 8, 64
"""In one shard."""
AT_ONCE = 64 * TEXTS
TICKETS: TypeAdapter[list[PastConversation]] = TypeAdapter(list[PastConversation])
Waits = Callable[[], None]
T = TypeVar("T")


class NotOverWorkers(ValueError):
    pass


class Otherwise(RuntimeError):
    """A worker of another installation: what differs."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Of the shop: whoever runs `wismo worker` on its database. `waits` is called while nothing ends."""

    database: Database
    now: Clock
    waits: Waits = lambda: None

    def __post_init__(self) -> None:
        if self.database.path:
            raise NotOverWorkers(
                "--over-workers needs the workers' PostgreSQL (WISMO_DATABASE_URL); on SQLite --workers N uses the "
                "cores of this machine"
            )

    def run(self, kind: str, bodies: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """Raises `ShardFailed`."""
        return shards.over_workers(self.database, kind, bodies, self.now, self.waits)

    def cases(self, tasks: Sequence[Task], digests: Mapping[str, str]) -> Iterator[Result]:
        """An `Over` of the suite's runner."""
        bodies = ({"cases": [_told(one) for one in some], "on": dict(digests)} for some in _parts(tasks, CASES))
        for _, results in self.run("cases", bodies):
            yield from map(RESULT.validate_python, results)

    def tickets(self, about: Mapping[str, Any], left: Iterator[PastConversation]) -> Iterator[list[Line]]:
        """An `Over` of a simulation; `about` is what `Replaying` is made of."""
        bodies = ({**about, "tickets": TICKETS.dump_python(some, mode="json")} for some in batches(left))
        for _, lines in self.run("tickets", bodies):
            yield [LINE.validate_python(line) for line in lines]

    def embedder(self, own: Embedder) -> Embedder:
        return ByWorkers(own, self)


class ByWorkers:
    """Few texts are embedded here, many by the workers, with the same weights."""

    at_once = AT_ONCE

    def __init__(self, own: Embedder, workers: Workers) -> None:
        self._own = own
        self._workers = workers

    @property
    def name(self) -> str:
        return self._own.name

    @property
    def dimensions(self) -> int:
        return self._own.dimensions

    def embed(self, texts: Sequence[str]) -> FloatArray:
        if len(texts) <= TEXTS:
            return self._own.embed(texts)
        bodies = ({"weights": self.name, "texts": list(some)} for some in _parts(texts, TEXTS))
        parts = dict(self._workers.run("texts", bodies))
        return np.concatenate([_vectors(parts[number], self.dimensions) for number in range(len(parts))])


# -- in the worker ------------------------------------------------------------------------------------------------


def work(kind: str, body: Any) -> Any:
    """Of one shard, in a process that keeps what it opened. Raises `Otherwise`, and what the work raises."""
    kinds: Mapping[str, Callable[[Any], Any]] = {"cases": _cases, "tickets": _tickets, "texts": _texts}
    return kinds[kind](body)


def _cases(body: Mapping[str, Any]) -> list[Any]:
    stages = _stages()
    _must_be(body["on"], runner.installed(stages))
    tasks = [Task(Case.model_validate(one["case"]), one["trial"], one["seed"]) for one in body["cases"]]
    folder = Settings().home / "eval"
    return [RESULT.dump_python(runner.played(task, stages, folder), mode="json") for task in tasks]


def _tickets(body: Mapping[str, Any]) -> list[Any]:
    tickets = TICKETS.validate_python(body["tickets"])
    worker = _replaying(Replaying.of(body))
    return [LINE.dump_python(line, mode="json") for line in worker.work(tickets)]


def _texts(body: Mapping[str, Any]) -> str:
    embedder = _weights()
    _must_be({"weights": body["weights"]}, {"weights": embedder.name})
    return base64.b64encode(embedder.embed(body["texts"]).astype("<f4").tobytes()).decode()


@dataclass(frozen=True, slots=True)
class Replaying:
    """`shop_b`: the text of another shop.toml to compare with, or none. `on`: digests that must be the worker's too."""

    run: str
    assumed: Assumed
    shop_b: str | None
    on: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Replaying:
        return cls(body["run"], Assumed(**body["assumed"]), body["shop_b"], tuple(map(tuple, body["on"])))

    def as_json(self) -> dict[str, Any]:
        return {"run": self.run, "assumed": asdict(self.assumed), "shop_b": self.shop_b, "on": [*map(list, self.on)]}


_open: dict[Replaying, tuple[TemporaryDirectory[str], Any]] = {}
"""The run that this process works for; another one takes its place."""


def _replaying(about: Replaying) -> Any:
    from api.trials import simulated

    if about not in _open:
        _must_be(dict(about.on), simulated.installed(Settings()))
        for folder, worker in _open.values():
            worker.close()
            folder.cleanup()
        _open.clear()
        place = TemporaryDirectory(prefix="wismo-simulation-")
        _open[about] = (place, simulated.Worker(_setup(about, Path(place.name))))
    return _open[about][1]


def _setup(about: Replaying, folder: Path) -> Any:
    from api.trials import simulated
    from tools.orders.sandbox import copied

    database = Database(Settings().where)
    try:
        snapshot = copied(database, folder / "shop.db")
    finally:
        database.close()
    configurations = [simulated.Configuration()]
    if about.shop_b is not None:
        (folder / "shop_b.toml").write_text(about.shop_b, encoding="utf-8")
        configurations.append(simulated.Configuration(folder / "shop_b.toml"))
    simulated.quietly()
    return simulated.Setup(snapshot, folder, tuple(configurations), about.assumed)


@cache
def _stages() -> Stages:
    from api.trials import staged

    return staged.opened_quietly()


@cache
def _weights() -> Embedder:
    return OnnxEmbedder(Settings().assets)


def _must_be(asked: Mapping[str, str], here: Mapping[str, str]) -> None:
    other = sorted(name for name in asked.keys() & here.keys() if asked[name] != here[name])
    if other:
        raise Otherwise(f"a worker has another {' and '.join(other)} than who asked; install the same on both")


def _parts(whole: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(whole)
    while part := list(islice(left, size)):
        yield part


def _told(task: Task) -> dict[str, Any]:
    return {
        "case": task.case.model_dump(mode="json", exclude_unset=True, by_alias=True),
        "trial": task.trial,
        "seed": task.seed,
    }


def _vectors(part: str, dimensions: int) -> FloatArray:
    return np.frombuffer(base64.b64decode(part), "<f4").reshape(-1, dimensions).astype(np.float32)
