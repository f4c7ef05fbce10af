"""A strict Intercom: API 2.15, one conversation, seats, teams and tags. It has no lock, no key, and can misbehave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.connectors.vendor import Answer, Asked, FakeVendor

SEAT, PERSON, OWNER = "991", "77", "12"
CUSTOMER, OTHER = "6762f1571bb69f9f2193bbbb", "6762f1571bb69f9f2193cccc"
TOKEN = "intercom-token"
BEGAN = 1_795_000_000
AUTHORS = {SEAT: "admin", PERSON: "admin", OWNER: "admin", CUSTOMER: "user", OTHER: "user", "5": "bot"}
ID = "524"
SUPPORT: int | None = 5017690


@dataclass
class FakeIntercom(FakeVendor):
    parts: list[dict[str, Any]] = field(default_factory=list)
    first: str = "Where is my order #1001?"
    source: str = "conversation"
    state: str = "open"
    tags: list[str] = field(default_factory=list)
    team: int | None = None
    fin: bool = False
    external_id: str | None = "70"
    rating: int | None = None
    token: str = TOKEN
    seats: list[str] = field(default_factory=lambda: [SEAT, PERSON, OWNER])
    deleted: bool = False
    known_tags: list[str] = field(default_factory=list)
    clock: int = BEGAN

    def says(self, text: str, author: str = CUSTOMER, kind: str = "comment", **given: Any) -> None:
        self.clock += 60
        part = {
            "type": "conversation_part",
            "id": str(132 + len(self.parts)),
            "part_type": kind,
            "body": text,
            "created_at": self.clock,
            "author": {"type": AUTHORS[author], "id": author, "name": "Some Body", "new_field": 1},
            "app_package_code": "wismo" if author == SEAT else None,
            "attachments": [],
        }
        self.parts.append(part | given)

    def said(self, kind: str) -> list[str]:
        return [one["body"] for one in self.parts if one["part_type"] == kind and one["author"]["id"] == SEAT]

    @property
    def public(self) -> list[str]:
        return self.said("comment")

    @property
    def notes(self) -> list[str]:
        return self.said("note")

    def refused(self, status: int) -> Any:
        return {"type": "error.list", "request_id": "b68959", "errors": [{"code": "rate_limit_exceeded"}]}

    # -- answering -------------------------------------------------------------------------------------------

    def routed(self, asked: Asked) -> Answer:
        if asked.headers.get("intercom-version") != "2.15":
            self.complaints.append("the version is not pinned")
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"type": "error.list", "request_id": "b1", "errors": [{"code": "token_revoked"}]}, {}
        match (asked.method, asked.path):
            case ("GET", "/me"):
                return 200, {"type": "admin", "id": OWNER, "app": {"type": "app", "id_code": "a86dr8yl"}}, {}
            case ("GET", "/admins"):
                return 200, {"type": "admin.list", "admins": [{"type": "admin", "id": one} for one in self.seats]}, {}
            case ("GET", "/teams"):
                return 200, {"teams": [{"id": "5017691", "name": "Legal"}, {"id": "5017690", "name": "Support"}]}, {}
            case ("POST", "/tags"):
                return self._tag(asked.body["name"])
            case ("POST", "/conversations/search"):
                return self._search(asked.body)
            case ("GET", path) if path == f"/contacts/{CUSTOMER}":
                return (
                    200,
                    {"id": CUSTOMER, "role": "user", "email": "ana@example.com", "external_id": self.external_id},
                    {},
                )
        return self._of_conversation(asked)

    def _of_conversation(self, asked: Asked) -> Answer:
        if self.deleted:
            return 404, {"type": "error.list", "errors": [{"code": "conversation_not_found"}]}, {}
        match (asked.method, asked.path):
            case ("GET", "/conversations/524"):
                if asked.query.get("display_as") != "plaintext":
                    self.complaints.append("not asked for as plain text")
                return 200, self._conversation(), {}
            case ("POST", "/conversations/524/reply"):
                return self._reply(asked.body)
            case ("POST", "/conversations/524/parts"):
                return self._manage(asked.body)
            case ("POST", "/conversations/524/tags"):
                self.tags.append(self.known_tags[int(asked.body["id"]) - 1])
                return 200, {"type": "tag", "id": asked.body["id"]}, {}
        return self.unexpected(asked)

    def _conversation(self) -> dict[str, Any]:
        """Numbers where the schema says text, and fields that nobody knows: as the real one does."""
        author = {"type": "user", "id": CUSTOMER, "name": "Ana Lee", "email": "ana@example.com"}
        source = {"type": self.source, "id": "403918349", "subject": "", "body": self.first, "author": author}
        return {
            "type": "conversation",
            "id": 524,
            "state": self.state,
            "open": self.state == "open",
            "created_at": BEGAN,
            "updated_at": self.clock,
            "source": source,
            "contacts": {"type": "contact.list", "contacts": [{"id": CUSTOMER, "external_id": self.external_id}]},
            "tags": {"type": "tag.list", "tags": [{"id": str(n), "name": one} for n, one in enumerate(self.tags)]},
            "team_assignee_id": self.team,
            "ai_agent_participated": self.fin,
            "conversation_rating": {"rating": self.rating, "remark": "fine"} if self.rating else None,
            "conversation_parts": {"conversation_parts": self.parts[-500:], "total_count": len(self.parts)},
            "a_field_of_tomorrow": {"x": [1]},
        }

    def _reply(self, body: Any) -> Answer:
        if body["admin_id"] != SEAT or body["type"] != "admin":
            self.complaints.append("a reply that is not from the seat")
        self.says(body["body"], SEAT, body["message_type"])
        return 200, self._conversation(), {}

    def _manage(self, body: Any) -> Answer:
        match body["message_type"]:
            case "assignment":
                self.team = int(body["assignee_id"]) or None
                self.says("", SEAT, "assignment")
            case "close":
                self.state = "closed"
                self.says("", SEAT, "close")
            case "open":
                self.state = "open"
        return 200, self._conversation(), {}

    def _tag(self, name: str) -> Answer:
        if name not in self.known_tags:
            self.known_tags.append(name)
        return 200, {"type": "tag", "id": str(self.known_tags.index(name) + 1), "name": name}, {}

    def _search(self, body: Any) -> Answer:
        """Two pages: the conversation, then nothing."""
        if body["pagination"].get("starting_after"):
            return 200, {"type": "conversation.list", "conversations": [], "pages": {"next": None}}, {}
        filters = body["query"]["value"] if body["query"]["operator"] == "AND" else [body["query"]]
        since = next(one["value"] for one in filters if one["field"] == "updated_at")
        wanted = next((one["value"] for one in filters if one["field"] == "state"), self.state)
        found = [{"id": "524", "updated_at": self.clock}] if self.clock > since and wanted == self.state else []
        return 200, {"conversations": found, "pages": {"next": {"page": 2, "starting_after": "WzE3"}}}, {}
