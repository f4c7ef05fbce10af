"""A strict Sunshine Conversations v2: one chat at a switchboard; pages go backwards; it can misbehave."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.vendor import Answer, Asked, FakeVendor

APP, CHAT, USER = "5fb29b20fd53ff000c3e9a3b", "c93bb9c14dde8ffb94564eae", "5963c0d619a30a2e00de36b8"
KEY_ID, SECRET = "app_key", "app_secret"
BELOW = "/sc"


@dataclass
class FakeSunshine(FakeVendor):
    messages: list[dict[str, Any]] = field(default_factory=list)
    holder: str | None = "wismo"
    external_id: str | None = "ana"
    verification: str = "embed"
    passed: list[dict[str, Any]] = field(default_factory=list)
    typed: int = 0
    secret: str = SECRET
    deleted: bool = False

    def says(self, text: str, author: dict[str, Any] | None = None, **given: Any) -> None:
        number = len(self.messages)
        one = {
            "id": f"5e552ef595e5206375bb{number:04d}",
            "received": f"2026-11-20T10:{number:02d}:48.760Z",
            "author": author or {"type": "user", "userId": USER},
            "content": {"type": "text", "text": text},
            "source": {"type": "web"},
        }
        self.messages.append(one | given)

    @property
    def public(self) -> list[str]:
        return [one["content"]["text"] for one in self.messages if "AI" in (one["author"].get("subtypes") or [])]

    # -- answering -------------------------------------------------------------------------------------------

    def routed(self, asked: Asked) -> Answer:
        login = base64.b64encode(f"{KEY_ID}:{self.secret}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {login}":
            return 401, {"errors": [{"code": "unauthorized"}]}, {}
        match (asked.method, asked.path.removeprefix(f"{BELOW}/v2/apps/{APP}")):
            case ("GET", ""):
                return 200, {"app": {"id": APP, "displayName": "Shop"}}, {}
            case ("GET", path) if path == f"/users/{USER}":
                return 200, {"user": self._user()}, {}
            case (_, path) if path.startswith(f"/conversations/{CHAT}"):
                return self._of_chat(asked, path.removeprefix(f"/conversations/{CHAT}"))
        return self.unexpected(asked)

    def _of_chat(self, asked: Asked, path: str) -> Answer:
        if self.deleted:
            return 404, {"errors": [{"code": "conversation_not_found"}]}, {}
        match (asked.method, path):
            case ("GET", ""):
                holder = {"id": "5ef21b86", "name": self.holder, "integrationType": "custom"} if self.holder else None
                return 200, {"conversation": {"id": CHAT, "activeSwitchboardIntegration": holder}}, {}
            case ("GET", "/messages"):
                return self._page(asked)
            case ("POST", "/messages"):
                return self._said(asked.body)
            case ("POST", "/activity"):
                self.typed += 1
                return 200, {}, {}
            case ("POST", "/passControl"):
                self.passed.append(asked.body)
                self.holder = "agents"
                return 200, {}, {}
        return self.unexpected(asked)

    def _user(self) -> dict[str, Any]:
        identity = {"type": "email", "value": "ana@example.com", "verification": self.verification}
        return {
            "id": USER,
            "externalId": self.external_id,
            "profile": {"email": "ana@example.com"},
            "identities": [identity],
        }

    def _page(self, asked: Asked) -> Answer:
        """Two messages a page, the newest page first."""
        places = {one["id"]: place for place, one in enumerate(self.messages)}
        end = places.get(asked.query.get("page[before]", ""), len(self.messages))
        start = max(0, end - 2)
        meta = {"hasMore": start > 0, "beforeCursor": self.messages[start]["id"] if start else None}
        return 200, {"messages": self.messages[start:end], "meta": meta, "links": {}}, {}

    def _said(self, body: Any) -> Answer:
        if body["author"].get("subtypes") != ["AI"] or not body["metadata"].get("wismo_action_id"):
            self.complaints.append("a message that is not marked as an AI's, or has no key")
        self.says(body["content"]["text"], body["author"], metadata=body["metadata"])
        return 201, {"messages": [self.messages[-1]]}, {}
