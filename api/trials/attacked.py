"""A house for the attack suite: as shops run it, in a folder of its own, with letters kept instead of sent."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from pydantic import SecretStr

from agent.brains import Brain
from agent.brains.model.asking import Chat
from agent.desk import Desk
from agent.policy import Policy
from api.app import create
from api.connected import thinking
from api.connected.helpdesks import Connections
from api.edge import tokens
from api.edge.tokens import Role
from api.settings import Settings, ZendeskSettings
from api.wiring import House
from connectors.helpdesks.zendesk_webhook import SIGNATURE, TIMESTAMP, signature
from knowledge.ingest import ingest
from tools.orders.outbox import Message


class Letters:
    """Stands where the mail server does."""

    def __init__(self) -> None:
        self.kept: list[Mapping[str, Any]] = []

    def send(self, message: Message) -> None:
        self.kept.append(message.body)


class Attacked:
    """Built by `build`; `eval.attack.arena.Target` says what the suite needs of it."""

    def __init__(self, folder: Path, policy: Policy, now: Callable[[], datetime]) -> None:
        self.house = House(Settings.apart(folder / "home"), now)
        self.policy = policy
        self._mail, self._secret = Letters(), secrets.token_hex(16)
        signing = {"zendesk": ZendeskSettings(webhook_secret=SecretStr(self._secret))}
        self.house.__dict__ |= {"policy": policy, "mail": self._mail, "connections": Connections(signing, now)}
        self.database, self.orders, self.letters = self.house.database, self.house.orders, self._mail.kept

    def desk(self, brain: Brain | None = None) -> Desk:
        if brain is None:
            return self.house.desk
        house = self.house
        return Desk(house.database, house.orders, house.tools, brain, self.policy, house.now, house.identity)

    def thinking(self, chat: Chat) -> Brain:
        table = self.policy.model.model_copy(update={"name": "hostile"})
        policy = self.policy.model_copy(update={"model": table})
        return thinking.brain(chat, policy, self.house.tools, self.house.embedded, None)

    def learn(self, folder: Path) -> None:
        ingest([folder], self.house.settings.knowledge, self.house.embedder, lambda *_: None)

    @cached_property
    def _client(self) -> TestClient:
        return TestClient(create(self.house), follow_redirects=False)

    def http(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        self._client.cookies.clear()
        given = {"content-type": "application/json", **headers}
        answer = self._client.request(method, path, headers=given, content=body)
        return answer.status_code, answer.text

    def token(self, role: str) -> str:
        with self.house.database.write() as db:
            return tokens.add(db, role, Role(role), "the attack suite", self.house.now())[1]

    def sign(self, body: bytes, stamp: str, secret: str | None = None) -> Mapping[str, str]:
        return {SIGNATURE: signature(secret or self._secret, stamp, body).decode(), TIMESTAMP: stamp}

    def send(self) -> int:
        return self.house.deliver()

    def close(self) -> None:
        self.house.close()


def build(folder: Path, policy: Policy, now: Callable[[], datetime]) -> Attacked:
    return Attacked(folder, policy, now)
