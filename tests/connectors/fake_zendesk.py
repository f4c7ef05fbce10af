"""A strict Zendesk over real HTTP on loopback: what it does not expect, it records as a complaint. It can misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

BOT, CUSTOMER, PERSON, OTHER = 900, 501, 77, 502
TOKEN = "fresh-token"
NEWEST_START = int(datetime(2026, 11, 20, 13, 59, tzinfo=UTC).timestamp())
"""The tests' clock stands at 14:00; a minute before it is the last that the export takes."""


@dataclass
class Trouble:
    """The next calls of a method answer `status`; `applied` means that the change happened all the same."""

    method: str
    status: int
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    applied: bool = False
    hang: float = 0.0


@dataclass
class FakeZendesk:
    """One ticket, 5158. `complaints` must stay empty: each is a call that the contract does not know."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    status: str = "new"
    tags: list[str] = field(default_factory=list)
    stamp: int = 0
    verified: bool = True
    role: str = "agent"
    group: int | None = None
    complaints: list[str] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    tokens_given: int = 0
    valid_token: str = TOKEN
    deleted: bool = False
    refuses_client: bool = False
    ignores_additional_tags: bool = False
    score: str = "unoffered"
    via: str = "email"
    url: str = ""

    def says(self, text: str, author: int = CUSTOMER, **given: Any) -> None:
        number = len(self.comments) + 1
        comment = {"id": 1000 + number, "author_id": author, "plain_body": text, "body": text, "public": True}
        via = {"channel": "email" if author != BOT else "api"}
        at = f"2026-11-20T1{number // 60}:{number % 60:02d}:00Z"
        self.comments.append({**comment, "via": via, "created_at": at, "metadata": {}, **given})
        self.stamp += 1

    @property
    def public(self) -> list[str]:
        return [one["plain_body"] for one in self.comments if one["public"] and one["author_id"] == BOT]

    @property
    def notes(self) -> list[str]:
        return [one["plain_body"] for one in self.comments if not one["public"]]

    # -- answering -------------------------------------------------------------------------------------------

    def answer(
        self, method: str, path: str, query: dict[str, list[str]], body: Any, token: str
    ) -> tuple[int, Any, dict[str, str]]:
        trouble = next((one for one in self.troubles if one.method == method and one.times > 0), None)
        if trouble and not trouble.applied:
            return self._misbehave(trouble)
        if path == "/oauth/tokens" and method == "POST":
            return self._token(body)
        if token != f"Bearer {self.valid_token}":
            return 401, {"error": "invalid_token"}, {}
        status, answer = self._routed(method, path, query, body)
        if trouble:
            return self._misbehave(trouble)
        return status, answer, {}

    def _misbehave(self, trouble: Trouble) -> tuple[int, Any, dict[str, str]]:
        trouble.times -= 1
        time.sleep(trouble.hang)
        return trouble.status, "Slow down" if trouble.status == 429 else {"error": "trouble"}, trouble.headers

    def _token(self, body: Any) -> tuple[int, Any, dict[str, str]]:
        wanted = {"grant_type", "client_id", "client_secret", "scope", "expires_in"}
        if set(body) != wanted or body["grant_type"] != "client_credentials" or body["client_secret"] != "s3cret":
            self.complaints.append("token request is not of the contract")
        if self.refuses_client:
            return 401, {"error": "invalid_client"}, {}
        self.tokens_given += 1
        return 200, {"access_token": self.valid_token, "expires_in": 7200, "token_type": "bearer"}, {}

    def _routed(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if self.deleted and path.startswith("/api/v2/tickets"):
            return 404, {"error": "RecordNotFound"}
        match (method, path):
            case ("GET", "/api/v2/users/me"):
                return 200, {"user": {"id": BOT, "role": self.role, "email": "wismo@shop.example", "extra": {}}}
            case ("GET", "/api/v2/tickets/5158"):
                return 200, {"ticket": self._ticket()}
            case ("GET", "/api/v2/tickets/5158/comments"):
                return 200, self._page(query)
            case ("GET", "/api/v2/users/501/identities"):
                email = {"type": "email", "value": "ANA@example.com", "verified": self.verified}
                return 200, {"identities": [{"type": "phone_number", "value": "+33", "verified": True}, email]}
            case ("GET", "/api/v2/tickets/5158/audits"):
                return 200, {"audits": self.audits, "meta": {"has_more": False}}
            case ("GET", "/api/v2/groups"):
                return 200, {
                    "groups": [{"id": 31, "name": "Support"}, {"id": 32, "name": "Legal"}],
                    "meta": {"has_more": False},
                }
            case ("PUT", "/api/v2/tickets/5158"):
                return self._update(body)
            case ("PUT", "/api/v2/tickets/5158/tags"):
                self.tags = sorted({*self.tags, *body["tags"]})
                return 200, {"tags": self.tags}
            case ("GET", "/api/v2/incremental/tickets/cursor"):
                return self._exported(query)
        self.complaints.append(f"{method} {path}")
        return 404, {"error": "unexpected"}

    def _ticket(self) -> dict[str, Any]:
        return {
            "id": 5158,
            "status": self.status,
            "subject": "",
            "requester_id": CUSTOMER,
            "tags": self.tags,
            "updated_at": f"stamp-{self.stamp}",
            "group_id": self.group,
            "custom_fields": [{"id": 1, "value": None}],
            "via": {"channel": self.via, "source": {"rel": None}},
            "satisfaction_rating": {"score": self.score},
        }

    def _exported(self, query: dict[str, list[str]]) -> tuple[int, Any]:
        """Two pages: the ticket, then one that was deleted."""
        if "cursor" in query:
            gone = {"id": 5159, "status": "deleted", "updated_at": "stamp-9", "requester_id": CUSTOMER}
            return 200, {"tickets": [gone], "after_cursor": "c2", "end_of_stream": True}
        if int(query["start_time"][0]) > NEWEST_START:
            return 422, {"error": "StartTimeTooRecent"}
        return 200, {"tickets": [self._ticket()], "after_cursor": "c1", "end_of_stream": False}

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        """Two comments a page, whatever size was asked for: paging is always exercised."""
        if query.get("page[size]") != ["100"] or query.get("include") != ["users"]:
            self.complaints.append("comments were not asked for by cursor with users")
        start = int(query.get("page[after]", ["0"])[0])
        users = [
            {"id": CUSTOMER, "role": "end-user", "email": "ana@example.com"},
            {"id": OTHER, "role": "end-user", "email": "cc@example.com"},
            {"id": PERSON, "role": "agent", "email": "lead@shop.example"},
            {"id": BOT, "role": "agent", "email": "wismo@shop.example"},
        ]
        more = start + 2 < len(self.comments)
        meta = {"has_more": more, "after_cursor": str(start + 2) if more else None}
        return {"comments": self.comments[start : start + 2], "users": users, "meta": meta}

    def _update(self, body: Any) -> tuple[int, Any]:
        ticket = body["ticket"]
        if (
            ticket.get("safe_update") is not True
            or "tags" in ticket
            or not ticket.get("metadata", {}).get("wismo_action_id")
        ):
            self.complaints.append(f"update is not of the contract: {sorted(ticket)}")
        if ticket["updated_stamp"] != f"stamp-{self.stamp}":
            return 409, {"error": "UpdateConflict"}
        self.updates.append(ticket)
        comment = ticket["comment"]
        self.says(comment["html_body"], comment["author_id"], public=comment["public"])
        self.status = ticket.get("status", self.status)
        more = [] if self.ignores_additional_tags else ticket.get("additional_tags", [])
        self.tags = sorted({*self.tags, *more})
        self.group = ticket.get("group_id", self.group)
        self.audits.append({"id": len(self.audits), "metadata": {"custom": ticket["metadata"]}})
        return 200, {"ticket": self._ticket()}


@contextmanager
def serving(fake: FakeZendesk) -> Iterator[FakeZendesk]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            url = urlparse(self.path)
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("authorization", "")
            status, answer, headers = fake.answer(self.command, url.path, parse_qs(url.query), body, token)
            raw = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_PUT = do_POST = handle_any  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
