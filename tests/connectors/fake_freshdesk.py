"""A strict Freshdesk, from the contract: one ticket, bare lists, tags that an update replaces; it can misbehave."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.vendor import Answer, Asked, FakeVendor

SEAT, PERSON, CUSTOMER, OTHER = 9001, 9002, 501, 502
KEY = "freshdesk-key"
TICKET = "42"
PATH = f"/api/v2/tickets/{TICKET}"


@dataclass
class FakeFreshdesk(FakeVendor):
    """A page holds `page` conversations, whatever was asked for."""

    conversations: list[dict[str, Any]] = field(default_factory=list)
    description: str = "Where is my order #1001?"
    status: int = 2
    tags: list[str] = field(default_factory=lambda: ["vip"])
    group: int | None = None
    responder: int | None = PERSON
    source: int = 1
    key: str = KEY
    page: int = 30
    deleted: bool = False
    missing: bool = False
    ratings: list[dict[str, Any]] | None = field(default_factory=list)
    minute: int = 0

    def says(self, text: str, author: int | None = CUSTOMER, **given: Any) -> None:
        self.minute += 1
        one = {
            "id": 7000 + len(self.conversations),
            "body": f"<div>{text}</div>",
            "body_text": html.unescape(re.sub("<[^>]+>", " ", text)),
            "incoming": author in (CUSTOMER, OTHER),
            "private": False,
            "user_id": author,
            "created_at": self.stamp,
            "source": 0,
            "support_email": None,
        }
        self.conversations.append(one | given)

    @property
    def stamp(self) -> str:
        return f"2026-11-20T{10 + self.minute // 60:02d}:{self.minute % 60:02d}:00Z"

    def said(self, *, private: bool) -> list[str]:
        own = [one for one in self.conversations if one["user_id"] == SEAT and one["private"] is private]
        return [one["body"].removeprefix("<div>").removesuffix("</div>") for one in own]

    @property
    def public(self) -> list[str]:
        return self.said(private=False)

    @property
    def notes(self) -> list[str]:
        return self.said(private=True)

    # -- answering -------------------------------------------------------------------------------------------

    def routed(self, asked: Asked) -> Answer:
        login = base64.b64encode(f"{self.key}:X".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {login}":
            return 401, {"code": "invalid_credentials", "message": "You have to be logged in"}, {}
        match (asked.method, asked.path):
            case ("GET", "/api/v2/agents/me"):
                return 200, {"id": SEAT, "contact": {"email": "wismo@shop.example"}}, {}
            case ("GET", "/api/v2/groups"):
                return self._listed(asked, [{"id": 31, "name": "Support"}, {"id": 32, "name": "Legal"}])
            case ("GET", "/api/v2/tickets"):
                return self._updated(asked)
        return self._of_ticket(asked)

    def _of_ticket(self, asked: Asked) -> Answer:
        if self.missing:
            return 404, None, {}
        match (asked.method, asked.path.removeprefix(PATH)):
            case ("GET", ""):
                return 200, self._ticket(), {"x-ratelimit-total": "400"}
            case ("PUT", ""):
                return self._update(asked.body)
            case ("GET", "/conversations"):
                return self._listed(asked, self.conversations)
            case ("GET", "/satisfaction_ratings"):
                return (404, None, {}) if self.ratings is None else (200, self.ratings, {})
            case ("POST", "/reply"):
                return self._said(asked, {"body"}, private=False)
            case ("POST", "/notes"):
                return self._said(asked, {"body", "private"}, private=True)
        return self.unexpected(asked)

    def _ticket(self) -> dict[str, Any]:
        return {
            "id": int(TICKET),
            "status": self.status,
            "subject": "Order",
            "description": f"<p>{self.description}</p>",
            "description_text": self.description,
            "requester_id": CUSTOMER,
            "requester": {"id": CUSTOMER, "name": "Ana Lee", "email": "ana@example.com"},
            "responder_id": self.responder,
            "group_id": self.group,
            "source": self.source,
            "tags": self.tags,
            "created_at": "2026-11-20T09:59:00Z",
            "updated_at": self.stamp,
            "deleted": self.deleted,
            "spam": False,
            "custom_fields": {"cf_x": None},
        }

    def _listed(self, asked: Asked, every: list[dict[str, Any]]) -> Answer:
        size = min(self.page, int(asked.query["per_page"]))
        start = (int(asked.query["page"]) - 1) * size
        return 200, every[start : start + size], {}

    def _said(self, asked: Asked, fields: set[str], *, private: bool) -> Answer:
        if set(asked.body) != fields or asked.body.get("private", False) is not private:
            self.complaints.append(f"{asked.path}: {sorted(asked.body)}")
        self.says(asked.body["body"], SEAT, private=private)
        return 201, self.conversations[-1], {}

    def _update(self, body: Any) -> Answer:
        if not set(body) <= {"status", "tags", "group_id", "responder_id"}:
            self.complaints.append(f"update: {sorted(body)}")
        self.status = body.get("status", self.status)
        self.tags = body.get("tags", self.tags)
        self.group = body.get("group_id", self.group)
        self.responder = body.get("responder_id", self.responder)
        self.minute += 1
        return 200, self._ticket(), {}

    def _updated(self, asked: Asked) -> Answer:
        if asked.query.get("order_by") != "updated_at" or asked.query.get("order_type") != "asc":
            self.complaints.append("tickets were not asked for in the order of their changes")
        found = [self._ticket()] if self.stamp > asked.query["updated_since"] else []
        return self._listed(asked, found)
