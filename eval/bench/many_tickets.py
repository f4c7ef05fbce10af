"""A Zendesk of many tickets that fails one call in five, over real HTTP. It keeps what was said, in order."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import urlparse

BOT, PERSON = 900, 77
Answer = tuple[int, Any, dict[str, str]]
LOST: Answer = (0, None, {})
"""The connection ends without an answer."""


@dataclass
class Ticket:
    """`said` in order: (who, the id of the comment or of the action, text)."""

    number: int
    email: str
    said: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    status: str = "new"
    stamp: int = 0
    comments: list[dict[str, Any]] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def says(self, text: str) -> str:
        with self.lock:
            return self.add(text, 10_000 + self.number, public=True)

    def is_answered_by_a_person(self) -> None:
        """Who then hands the ticket back to us."""
        self.add("I have taken care of it", PERSON, public=True)
        self.tags.discard("ai_handoff")

    def add(self, text: str, author: int, *, public: bool) -> str:
        number = f"{self.number * 1000 + len(self.comments) + 1}"
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        via = {"channel": "api" if author == BOT else "email"}
        words = {"plain_body": text, "body": text, "public": public, "created_at": at, "via": via, "metadata": {}}
        self.comments.append({"id": int(number), "author_id": author, **words})
        self.stamp += 1
        if author != BOT:
            self.said.append(("person" if author == PERSON else "customer", number, text))
        return number


@dataclass
class Desk:
    """`told` hears the number of a ticket that we answered, or handed to a person."""

    tickets: dict[int, Ticket]
    told: Callable[[int], None]
    random: Random
    share: float = 0.2
    calls: int = 0
    failed: int = 0
    url: str = ""

    def answer(self, method: str, path: str, body: Any) -> Answer:
        """One in five: before or after the change was made, or with the answer lost."""
        self.calls += 1
        if self.random.random() >= self.share:
            return self._routed(method, path, body)
        self.failed += 1
        kind = self.random.randrange(5)
        if kind == 0:
            return 503, {"error": "unavailable"}, {}
        if kind == 1:
            return 429, "slow down", {"retry-after": "1"}
        if kind == 2:
            return LOST
        self._routed(method, path, body)
        return LOST if kind == 3 else (500, {"error": "trouble"}, {})

    def _routed(self, method: str, path: str, body: Any) -> Answer:
        if path == "/oauth/tokens":
            return 200, {"access_token": "t", "expires_in": 7200, "token_type": "bearer"}, {}
        if path == "/api/v2/users/me":
            return 200, {"user": {"id": BOT, "role": "agent", "email": "wismo@shop.example"}}, {}
        if path == "/api/v2/groups":
            return 200, {"groups": [], "meta": {"has_more": False}}, {}
        kind, number, *rest = path.removeprefix("/api/v2/").removesuffix(".json").split("/")
        if kind == "users":
            email = self.tickets[int(number) - 10_000].email
            return 200, {"identities": [{"type": "email", "value": email, "verified": True}]}, {}
        ticket = self.tickets[int(number)]
        with ticket.lock:
            return self._of(ticket, method, rest, body)

    def _of(self, ticket: Ticket, method: str, rest: list[str], body: Any) -> Answer:
        end = {"meta": {"has_more": False}}
        match (method, rest):
            case ("GET", ["comments"]):
                customer = {"id": 10_000 + ticket.number, "role": "end-user", "email": ticket.email}
                users = [customer, *({"id": one, "role": "agent", "email": "us@shop.example"} for one in (BOT, PERSON))]
                return 200, {"comments": ticket.comments, "users": users, **end}, {}
            case ("GET", ["audits"]):
                return 200, {"audits": ticket.audits, **end}, {}
            case ("PUT", []):
                return self._update(ticket, body["ticket"])
        shown = {"id": ticket.number, "status": ticket.status, "subject": "", "tags": sorted(ticket.tags)}
        return 200, {"ticket": {**shown, "requester_id": 10_000 + ticket.number, "updated_at": f"v{ticket.stamp}"}}, {}

    def _update(self, ticket: Ticket, given: dict[str, Any]) -> Answer:
        if given["updated_stamp"] != f"v{ticket.stamp}":
            return 409, {"error": "UpdateConflict"}, {}
        comment, action = given["comment"], given["metadata"]["wismo_action_id"]
        ticket.add(comment["html_body"], BOT, public=comment["public"])
        if comment["public"]:
            ticket.said.append(("wismo", action, comment["html_body"]))
        else:
            ticket.notes.append(action)
        ticket.tags |= set(given.get("additional_tags", []))
        ticket.status = given.get("status", ticket.status)
        ticket.audits.append({"id": len(ticket.audits), "metadata": {"custom": given["metadata"]}})
        if comment["public"] or "ai_handoff" in ticket.tags:
            self.told(ticket.number)
        return 200, {"ticket": {"id": ticket.number}}, {}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A process that was killed in the middle of a call is no error of ours."""


@contextmanager
def serving(desk: Desk) -> Iterator[Desk]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer, headers = desk.answer(self.command, urlparse(self.path).path, body)
            if not status:
                self.close_connection = True
                return
            raw = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_PUT = do_POST = handle_any  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Silent."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    desk.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
