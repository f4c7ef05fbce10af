"""`--record DIR` and `--replay DIR`: a house whose model traffic is kept, or comes from what was kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from agent.brains.model.asking import Chat
from agent.brains.model.paying import Paid
from agent.brains.model.recording import Recording
from agent.costs import Costs
from agent.model_terms import ModelTable
from agent.policy import Policy
from api.connected import thinking
from api.ground import utc_now
from api.settings import ModelSettings
from api.wiring import House
from tools.orders.model import Clock

ABOUT = "recording.json"
NEVER = 1_000_000


class NoModel(ValueError):
    """There is no model to record, or no recording to play. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Where to: at most one of the two folders. `live`: the connected model is asked, and nothing is kept.

    What is asked is paid for within the shop's monthly cap, and within `budget` cents for this run, where one is named.
    """

    record: Path | None = None
    replay: Path | None = None
    live: bool = False
    budget: int = 0
    run: str = field(default_factory=lambda: f"run:{uuid4().hex}")

    def __bool__(self) -> bool:
        return self.live or bool(self.record or self.replay)

    def clock(self) -> Clock:
        """While something is recorded or played the clock stands at the moment of the recording."""
        if self.replay:
            at = datetime.fromisoformat(about(self.replay)["at"])
            return lambda: at
        if self.record:
            now = utc_now()
            return lambda: now
        return utc_now

    def begin(self, policy: Policy, now: datetime) -> None:
        """Keeps what a replay must know. Raises `NoModel`."""
        if self.record:
            table = self.applied(policy).model
            self.record.mkdir(parents=True, exist_ok=True)
            told = {"at": now.isoformat(), "name": table.name, "steps": dict(table.steps)}
            if not (self.record / ABOUT).exists():
                (self.record / ABOUT).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")

    def applied(self, policy: Policy) -> Policy:
        """With the model's names, of the environment or of the recording. Raises `NoModel`."""
        if self.replay:
            kept = about(self.replay)
            named = {"name": kept["name"], "steps": kept["steps"], "base_url": ""}
            return policy.model_copy(update={"model": _unhurried(policy.model.model_copy(update=named))})
        found = thinking.with_environment(policy, ModelSettings())
        if not (found.model.name and found.model.base_url):
            raise NoModel("no model is connected: set WISMO_LLM_BASE_URL and WISMO_LLM_MODEL (docs/model.md)")
        return found.model_copy(update={"model": _unhurried(found.model)}) if self.record else found

    def chat(self, house: House) -> Chat:
        """`house` is whose model it is, and who pays. Raises `NoModel`."""
        if self.replay:
            about(self.replay)
            return Recording(self.replay)
        policy = self.applied(house.policy)
        server = thinking.server(policy, ModelSettings())
        assert server
        paid = Paid(server, policy.model, Costs(house.database, lambda: policy, utc_now), self.run, self.budget)
        return Recording(self.record, paid) if self.record else paid

    def into(self, house: House) -> None:
        """Raises `NoModel`."""
        if self:
            self.begin(house.policy, house.now())
            house.__dict__ |= {"chat": self.chat(house), "policy": self.applied(house.policy)}
            assert house.chat
            house.__dict__["brain"] = thinking.brain(house.chat, house.policy, house.tools, house.embedded, None)


def _unhurried(table: ModelTable) -> ModelTable:
    """What was asked must hang on no clock: neither a breaker nor a ticket's seconds keep a question back."""
    return table.model_copy(update={"failures": NEVER, "ticket_seconds": float(NEVER)})


def about(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NoModel(f"{folder} holds no recording; make one: wismo run FILE --record {folder}") from None
    return found
