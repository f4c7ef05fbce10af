"""A counter whose desk thinks by a scripted model over real HTTP, and falls back to the embedded brain."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from agent import journal
from agent.answer import Answer
from agent.brains.embedded import EmbeddedBrain
from agent.brains.fallback import FallbackBrain
from agent.brains.llm import LLMBrain, Server
from agent.brains.model.asking import Model
from agent.case import TicketId
from agent.policy import Policy
from knowledge.index import Index
from knowledge.search import Searcher
from tests.desks import Counter, embedder, intents, language, policy_with
from tests.fake_model import DONE, KEY, ScriptedModel, letter, triage, wish
from tests.shop import Shop
from tools.registry import Registry
from tools.shop import Shop as Tooled
from tools.verbs import TOOLS

STATUS = "It is {F1.status}; {F1.carrier} brings it."


def asked_for_status(model: ScriptedModel, number: str, words: str = STATUS) -> None:
    model.on("triage", triage(wish("order_status", number, quote="where is it?")))
    model.on("investigate", DONE)
    model.on("write", letter(words))


@dataclass
class Thinking:
    """A counter whose desk thinks by a scripted model, and falls back to the embedded brain."""

    shop: Shop
    model: ScriptedModel
    given: dict[str, Any] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)
    passed: float = 0.0
    """Seconds by which the model's clock is ahead."""

    def __post_init__(self) -> None:
        self.policy: Policy = policy_with(model={"name": "scripted", **self.given}, **self.tables)
        plain = EmbeddedBrain(intents(), language(), self.policy)
        self.index = Index(self.shop.folder / "knowledge")
        self.server = Server(self.model.url, KEY)
        tools = Registry(TOOLS, Tooled(self.shop.orders, Searcher(self.index, embedder())))
        self.asked = Model(
            self.server, self.policy.model, wait=self.waited.append, clock=lambda: monotonic() + self.passed
        )
        brain = LLMBrain(self.asked, tools, self.policy, plain)
        self.counter = Counter(self.shop, FallbackBrain(brain, plain), self.policy)

    def says(self, text: str, **given: Any) -> Answer:
        return self.counter.says(text, **given)

    def body(self, answer: Answer) -> dict[str, Any]:
        with self.shop.database.read() as db:
            kept = journal.of_ticket(db, TicketId(answer.id))
        assert kept
        return dict(kept.body)

    def failed(self, answer: Answer) -> list[str]:
        return [one["failed"] for one in self.body(answer)["thinking"] if one.get("failed")]

    def close(self) -> None:
        self.server.close()
        self.index.close()
        self.counter.index.close()
