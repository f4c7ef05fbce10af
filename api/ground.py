"""What every part of a house stands on: settings, policy, database, weights, the help index."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from agent.identity.hashing import Keyed, key_of
from agent.learning import shelf
from agent.learning.proposal import State
from agent.learning.publishing import ARTICLES, indexed, publish
from agent.policy import Policy, default_text
from agent.policy import load as load_policy
from api import migrations
from api.backups import must_not_be_left_behind
from api.connected import thinking
from api.noticing import Noticing
from api.settings import ModelSettings, Settings
from knowledge.embed import OnnxEmbedder
from knowledge.graph import ChromaServer
from knowledge.index import Index
from knowledge.ingest import ingest
from knowledge.search import Searcher
from knowledge.served import ServedShelf
from knowledge.shelf import Shelf
from tools.orders.database import Database
from tools.orders.model import Clock

if TYPE_CHECKING:
    from agent.brains.classifier import IntentModel
    from agent.brains.language import LanguageGuess
    from agent.gaps.grouping import Meanings


OF_THE_POLICY = (
    "policy",
    "language",
    "embedded",
    "chat",
    "brain",
    "rehearsal",
    "learner",
    "identity",
    "desk",
    "stage",
    "helpdesks",
)
"""Parts of a house that are built of shop.toml."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Ground:
    """Of one shop's Wismo: one home folder, one database, one policy."""

    def __init__(self, settings: Settings, now: Clock = utc_now) -> None:
        self.settings = settings
        self.now = now

    @cached_property
    def policy(self) -> Policy:
        """shop.toml, and what the environment says of the language model."""
        return self._policy_now()

    def _policy_now(self) -> Policy:
        return thinking.with_environment(load_policy(self.shop_file), ModelSettings())

    @cached_property
    def noticing(self) -> Noticing:
        """That another process, another host or a person changed shop.toml."""
        return Noticing(self.shop_file, lambda: self.database, self._policy_now, self.reread)

    @cached_property
    def shop_file(self) -> Path:
        path = self.settings.shop_file
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(default_text(), encoding="utf-8")
        return path

    @cached_property
    def database(self) -> Database:
        must_not_be_left_behind(self.settings.where)
        database = Database(self.settings.where)
        try:
            migrations.upgrade(database)
        except BaseException:
            database.close()  # nobody else knows of it
            raise
        return database

    def reread(self) -> None:
        """shop.toml was changed: what is built of it is built anew when it is next asked for."""
        for part in OF_THE_POLICY:
            self.__dict__.pop(part, None)

    @cached_property
    def keyed(self) -> Keyed:
        return Keyed(key_of(self.settings.identity_key))

    @cached_property
    def embedder(self) -> OnnxEmbedder:
        return OnnxEmbedder(self.settings.assets)

    @cached_property
    def shelf(self) -> Shelf:
        """Where the help index lies: in the home, or on a Chroma server with a copy in the home."""
        root = self.settings.knowledge
        return ServedShelf(root, self.chroma) if self.chroma else Shelf(root)

    @cached_property
    def chroma(self) -> ChromaServer | None:
        url, token = self.settings.chroma_url, self.settings.chroma_token.get_secret_value()
        return ChromaServer(url, token) if url else None

    @cached_property
    def index(self) -> Index:
        return Index(self.shelf)

    @cached_property
    def help(self) -> Searcher:
        return Searcher(self.index, self.embedder)

    @cached_property
    def intents(self) -> IntentModel:
        from agent.brains.classifier import IntentModel

        own = self.settings.home / "model"
        trained = (own / "names.json").exists() and (own / "learned").exists()
        return IntentModel.load(own if trained else self.settings.intents, self.embedder)

    @cached_property
    def language(self) -> LanguageGuess:
        from agent.brains.language import LanguageGuess

        return LanguageGuess(self.policy.shop.languages, self.settings.languages)

    @cached_property
    def meanings(self) -> Meanings:
        from agent.gaps.grouping import Meanings

        return Meanings(self.embedder)

    def warm_beside(self) -> None:
        """Load the weights while the rest is still being imported: a cold command answers sooner by it.

        No daemon: a process that ends while ONNX is loading is aborted.
        """
        if self.settings.assets.exists():
            threading.Thread(target=lambda: self.embedder.embed(["warm"]), name="warm").start()

    def publish_learned(self) -> bool:
        """What was accepted, as files, and its articles in the help index; was there something to write for it?"""
        folder = self.settings.learned
        with self.database.read() as db:
            if not folder.exists() and not shelf.all_of(db, (State.ACCEPTED,)):
                return False
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            with self.database.read() as db:
                every = shelf.all_of(db)
            if not publish(every, folder):
                return False
            ingest([folder / ARTICLES], self.shelf, self.embedder, lambda *_: None)
            indexed(folder)
        return True
