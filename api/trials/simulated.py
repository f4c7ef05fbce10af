"""The house for a simulation: in each worker a sandbox over a copy of the shop's database, and a desk a configuration.

Everything that is written is written in a temporary folder; the shop's own files are read.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import structlog

from agent.brains import EndsTheRun
from agent.brains.classifier import IntentModel
from agent.policy import Policy
from agent.policy import load as load_policy
from agent.tables import metadata as agent_tables
from api.settings import Settings
from api.trials.recorded import Traffic
from api.wiring import House
from connectors.exports.past import PastConversation
from eval.past.kept import Line, Usability
from eval.past.replay import Assumed, Bench, played
from knowledge.embed import FloatArray, OnnxEmbedder
from knowledge.index import Index
from tools.orders.database import Database
from tools.orders.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
OF_THE_CODE = ("agent", "api", "connectors", "eval", "knowledge", "tools")
READ = frozenset({".py", ".toml", ".md"})


@dataclass(frozen=True, slots=True)
class Configuration:
    """Another shop.toml, folder of an ingested index, or folder of a trained model; None is what the home has."""

    shop: Path | None = None
    knowledge: Path | None = None
    model: Path | None = None

    def policy(self, settings: Settings) -> Policy:
        """Raises `PolicyError`."""
        return load_policy(self.shop or settings.shop_file)


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker is told. `snapshot` is the copy of the database, `folder` where each worker makes its own.

    `traffic`: a language model thinks along, recorded or played again.
    """

    snapshot: Path
    folder: Path
    configurations: tuple[Configuration, ...]
    assumed: Assumed
    traffic: Traffic = field(default_factory=Traffic)


class OneByOne:
    """A text's vector is the same whatever stood beside it in a batch: figures must not hang on who plays which ticket.

    And what is read twice (a greeting, the same ticket under the second configuration) is embedded once.
    """

    def __init__(self, embedder: OnnxEmbedder) -> None:
        self._embedder = embedder
        self.name, self.dimensions = embedder.name, embedder.dimensions

    def embed(self, texts: Sequence[str]) -> FloatArray:
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        return np.concatenate([self._embedder.embed([one]) for one in texts])


class Worker:
    """One process's sandbox and desks."""

    def __init__(self, setup: Setup) -> None:
        self._folder = TemporaryDirectory(dir=setup.folder, prefix="worker-")
        home = Path(self._folder.name)
        self._source = Database(setup.snapshot)
        self._sandbox = Sandbox(self._source, home / "sandbox.db", agent_tables)
        self._assumed = setup.assumed
        outer = House(Settings())
        outer.__dict__["embedder"] = OneByOne(outer.embedder)
        self._traffic = setup.traffic
        self._chat = setup.traffic.chat(outer) if setup.traffic else None
        self._houses = [self._house(one, outer, home) for one in setup.configurations]
        self._benches = [Bench(house.desk, house.orders, house.policy) for house in self._houses]

    def work(self, tickets: Iterable[PastConversation]) -> list[Line]:
        return [self._line(one) for one in tickets]

    def close(self) -> None:
        for house in self._houses:
            house.index.close()
        if self._chat is not None and hasattr(self._chat, "close"):
            self._chat.close()
        self._sandbox.close()
        self._source.close()
        self._folder.cleanup()

    def _line(self, past: PastConversation) -> Line:
        """A ticket that meets a defect of ours is told as one, by its kind; the other tickets are played."""
        try:
            return played(past, self._sandbox, self._benches, self._assumed)
        except EndsTheRun:
            raise
        except Exception as error:  # noqa: BLE001 - counted and told by its kind
            structlog.get_logger().exception("simulation.failed", ticket=past.ref)
            why = f"failed: {type(error).__name__}"
            return Line(past.ref, past.began.isoformat(), Usability.UNUSABLE, why, channel=past.channel)

    def _house(self, one: Configuration, outer: House, home: Path) -> House:
        house = House(Settings.apart(home / "home"), self._sandbox.now)
        policy = one.policy(outer.settings)
        model = IntentModel.load(one.model, outer.embedder) if one.model else outer.intents
        index = Index(one.knowledge or outer.settings.knowledge)
        lent = {"embedder": outer.embedder, "intents": model, "index": index, "mail": None}
        thinks = self._traffic.applied(policy) if self._traffic else policy
        house.__dict__ |= {"policy": thinks, "database": self._sandbox.database, "chat": self._chat, **lent}
        return house


_here: list[Worker] = []
"""The worker of this process, once it began."""


def quietly() -> None:
    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def begin(setup: Setup) -> None:
    quietly()
    _here[:] = [Worker(setup)]


def work(tickets: Sequence[PastConversation]) -> list[Line]:
    return _here[0].work(tickets)


def digest(paths: Iterable[Path]) -> str:
    """Of files and folders, by content; what is not there counts as such."""
    found = hashlib.sha256()
    for path in paths:
        files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        for one in files:
            found.update(str(one.relative_to(path)).encode())
            found.update(_content(one))
    return found.hexdigest()[:16]


def installed(settings: Settings) -> dict[str, str]:
    """What a machine brings to a simulation; the same on each that takes part."""
    model = settings.home / "model"
    return {
        "policy": load_policy(settings.shop_file).version,
        "knowledge": known(settings.knowledge),
        "model": digest([model if model.exists() else settings.intents]),
        "code": code_digest(),
    }


def known(index: Path) -> str:
    """The digest of an index of help articles."""
    with closing(Index(index)) as opened, opened.reading() as snapshot:
        return snapshot.digest or "nothing"


def code_digest() -> str:
    """Of every line that may change a figure: programs, playbooks, words, templates."""
    found = hashlib.sha256()
    for folder in OF_THE_CODE:
        for one in sorted((ROOT / folder).rglob("*")):
            if one.suffix in READ and one.is_file():
                found.update(one.read_bytes())
    return found.hexdigest()[:16]


def _content(path: Path) -> bytes:
    if not path.exists():
        return b"nothing"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
