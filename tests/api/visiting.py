"""A visitor of the widget without a browser: speaks to /widget as the page does."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from fastapi.testclient import TestClient

from tests.log_scan import a_secret


class Visitor:
    def __init__(self, client: TestClient, token: str | None = None) -> None:
        self._client = client
        self._ids = count(1)
        self.token = token
        begun = self.call("POST", "session", {"token": token}, secret="")
        assert begun.status_code == 201, begun.text
        self.secret = a_secret(begun.json()["visitor"])

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        secret: str | None = None,
        headers: Mapping[str, str] | None = None,
        **given: Any,
    ) -> Any:
        mine = self.secret if secret is None else secret
        sent = {"Authorization": f"Visitor {mine}" if mine else "", **(headers or {})}
        return self._client.request(method, f"/widget/{path}", json=body, headers=sent, **given)

    def says(self, text: str, turn: str = "", **given: Any) -> Any:
        wanted = {"id": turn or f"message-{next(self._ids)}", "text": text, "token": self.token}
        return self.call("POST", "messages", wanted | given)

    def hears(self, text: str, **given: Any) -> dict[str, Any]:
        """The reply to it."""
        answered = self.says(text, **given)
        assert answered.status_code == 200, answered.text
        return next(one for one in answered.json()["events"] if one["kind"] == "reply")

    def presses(self, digest: str, agree: bool = True, turn: str = "") -> Any:
        wanted = {"id": turn or f"press-{next(self._ids):04}", "digest": digest, "agree": agree, "token": self.token}
        return self.call("POST", "quotes", wanted)


def cards(reply: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in reply["cards"] if one["kind"] == kind]
