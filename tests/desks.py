"""Desks for tests: the real embedded brain over a small shop, and a brain that reads from a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

from agent.answer import Answer
from agent.brains import Brain
from agent.brains.classifier import IntentModel
from agent.brains.embedded import EmbeddedBrain
from agent.brains.language import LanguageGuess
from agent.brains.train import train
from agent.case import Case, Draft, Facts, Incoming, Intent, Mood, Request, RequestId, Slots, Ticket, ToolCall, Triage
from agent.desk import Desk
from agent.identity.hashing import Keyed
from agent.identity.ladder import Identity
from agent.identity.tokens import TokenKeys
from agent.policy import Policy
from api.settings import Settings
from knowledge.embed import OnnxEmbedder
from knowledge.index import Index
from knowledge.ingest import ingest
from knowledge.search import Searcher
from tests.shop import ANA, Shop
from tools.registry import Registry
from tools.shop import Shop as Tooled
from tools.verbs import TOOLS

HELP = """---
title: How long can I return something?
language: en
---
# How long can I return something?

## Time to return
You may return items within 30 days of delivery. Ask for a return number first and write it on the parcel.

## Who pays
The return label costs 4.90 EUR in France. Faulty items go back for free.
"""


@cache
def embedder() -> OnnxEmbedder:
    return OnnxEmbedder(Settings().assets)


@cache
def intents() -> IntentModel:
    """The installation's, trained if `make setup` has not."""
    path = Settings().intents
    train(path, embedder(), lambda _: None)
    return IntentModel.load(path, embedder())


@cache
def language() -> LanguageGuess:
    return LanguageGuess(("en", "fr"))


def policy_with(**tables: dict[str, object]) -> Policy:
    return Policy.model_validate(tables)


class Counter:
    """A help desk's front: says things, one turn after another."""

    def __init__(
        self,
        shop: Shop,
        brain: Brain | None = None,
        policy: Policy | None = None,
        delivered: Sequence[str] = (),
        mails: bool = False,
    ) -> None:
        """`mails`: letters leave the house, so that one-time codes are offered."""
        self.shop = shop
        self.policy = policy or Policy()
        self.index = Index(shop.folder / "knowledge")
        tools = Registry(TOOLS, Tooled(shop.orders, Searcher(self.index, embedder())))
        thinks = brain or EmbeddedBrain(intents(), language(), self.policy)
        self.keys = shop.folder / "token_keys"
        self.identity = Identity(
            shop.database,
            shop.orders,
            self.policy,
            Keyed(b"k" * 32),
            TokenKeys(self.keys),
            lambda: shop.time,
            mails,
        )
        self.desk = Desk(
            shop.database, shop.orders, tools, thinks, self.policy, lambda: shop.time, self.identity, delivered
        )
        self._turns = count(1)

    def knows(self, text: str = HELP, name: str = "return-window.md") -> None:
        folder = self.shop.folder / "help"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        ingest([folder], self.shop.folder / "knowledge", embedder(), lambda *_: None)

    def says(
        self,
        text: str,
        email: str | None = ANA,
        verified: bool = True,
        conversation: str = "",
        channel: str = "email",
        turn: str = "",
        token: str = "",
        network: str = "",
    ) -> Answer:
        number = turn or f"t{next(self._turns)}"
        where = conversation or number
        return self.desk.answer(Incoming(number, where, channel, text, email, verified, token=token, network=network))

    def rejects(self, approval: str, reason: str = "", by: str = "lead") -> Answer:
        answer = self.desk.decide(approval, False, by, reason)
        assert answer
        return answer

    def accepts(self, approval: str, by: str = "lead") -> Answer:
        """A person's yes to what waits for one."""
        answer = self.desk.decide(approval, True, by)
        assert answer
        return answer


def request(intent: Intent, *orders: str, number: int = 1, confidence: float = 0.9) -> Request:
    return Request(
        RequestId(f"R{number}"), intent, confidence, intent is not Intent.OUT_OF_SCOPE, Slots(orders), intent.value
    )


@dataclass
class ScriptedBrain:
    """Plays what it was given: requests, rounds of tool calls, drafts one after another."""

    requests: tuple[Request, ...]
    rounds: list[tuple[ToolCall, ...]] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    mood: Mood = Mood.NEUTRAL
    written: int = 0

    def triage(self, ticket: Ticket) -> Triage:
        return Triage("en", self.mood, "normal", False, self.requests)

    def look_up(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        return self.rounds[facts.rounds] if facts.rounds < len(self.rounds) else ()

    def write(self, case: Case) -> Draft:
        self.written += 1
        return self.drafts[min(self.written, len(self.drafts)) - 1]


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
