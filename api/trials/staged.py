"""Houses for test cases: one set of weights a process, a copied empty database a case, letters kept instead of sent."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog

from agent.brains.language import LanguageGuess
from agent.brains.model.asking import Chat
from agent.policy import Policy
from api import migrations
from api.connected.helpdesks import Connections
from api.settings import Settings
from api.trials.recorded import ABOUT, Traffic
from api.wiring import House
from eval.suite.stage import Stage
from knowledge.index import Index
from knowledge.ingest import ingest
from tools.orders.database import Database
from tools.orders.outbox import Message
from tools.orders.service import Orders

ROOT = Path(__file__).parents[2]
ROOMS = ("agent", "api", "connectors", "eval", "knowledge", "tools")


class Letters:
    """Stands where the mail server does."""

    def __init__(self) -> None:
        self.kept: list[Mapping[str, Any]] = []

    def send(self, message: Message) -> None:
        self.kept.append(message.body)


class Staged:
    """One case's house."""

    def __init__(self, house: House, letters: Letters) -> None:
        self._house = house
        self.letters = letters.kept
        self.database, self.orders, self.desk = house.database, house.orders, house.desk

    def orders_at(self, moment: datetime) -> Orders:
        return self._house.orders_at(moment)

    def deliver(self) -> int:
        return self._house.deliver()

    def close(self) -> None:
        self.database.close()


class Staging:
    """`eval.suite.stage.Stages`. The weights are the installation's, or those that the home was taught."""

    def __init__(self, traffic: Traffic | None = None) -> None:
        """`traffic`: cases are answered with a language model's help, which is asked or played from a recording."""
        self._traffic = traffic or Traffic()
        self._folder = tempfile.TemporaryDirectory(prefix="wismo-eval-")
        self._lender = House(Settings())
        self._indexes: dict[Path, Index] = {}
        self._languages: dict[tuple[str, ...], LanguageGuess] = {}
        self._empty = Path(self._folder.name) / "empty.db"
        database = Database(self._empty)
        migrations.upgrade(database)
        database.close()

    def __call__(self, folder: Path, policy: Policy, now: Callable[[], datetime], help_: Path, mail: bool) -> Stage:
        shutil.copyfile(self._empty, folder / "wismo.db")
        settings = Settings.apart(folder)
        house, letters = House(settings, now), Letters()
        index = self._indexes.setdefault(help_, Index(help_))
        lent = {name: getattr(self._lender, name) for name in ("embedder", "intents")}
        house.__dict__ |= {
            "policy": policy,
            "index": index,
            "connections": Connections({}, now),
            "mail": letters if mail else None,
            **lent,
        }
        house.__dict__ |= {"database": Database(folder / "wismo.db"), "language": self._language(policy)}
        if self._traffic:
            thinks = policy.model_copy(update={"model": self._traffic.applied(self._lender.policy).model})
            house.__dict__ |= {"policy": thinks, "chat": self._chat}
        return Staged(house, letters)

    @cached_property
    def _chat(self) -> Chat:
        """One a process: connections are kept."""
        return self._traffic.chat(self._lender)

    def _language(self, policy: Policy) -> LanguageGuess:
        """Unpacking its model takes longer than a turn."""
        spoken = policy.shop.languages
        kept = self._lender.settings.languages
        return self._languages.setdefault(spoken, LanguageGuess(spoken, kept))

    def learn(self, pages: Path, into: Path) -> None:
        ingest([pages], into, self._lender.embedder, lambda *_: None)

    def sources(self) -> Mapping[str, Sequence[Path]]:
        own = self._lender.settings.home / "model"
        model = own if (own / "names.json").exists() else self._lender.settings.intents
        kept = self._traffic.record or self._traffic.replay
        return ({"traffic": (kept / ABOUT,)} if kept else {}) | {
            "model": (model, self._lender.settings.assets),
            "replies": (ROOT / "agent" / "replies", ROOT / "agent" / "playbooks"),
            "code": tuple(ROOT / room for room in ROOMS),
        }

    def close(self) -> None:
        for index in self._indexes.values():
            index.close()
        if hasattr(self.__dict__.get("_chat"), "close"):
            self.__dict__["_chat"].close()
        self._lender.close()
        self._folder.cleanup()


def opened() -> Staging:
    """For each process of a run."""
    return Staging()


def opened_quietly(traffic: Traffic | None = None) -> Staging:
    """For a command: what the path logs of a case is in its result, and would stand between the lines."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return Staging(traffic)
