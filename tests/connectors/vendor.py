"""What all fake vendors share: real HTTP on loopback, calls kept for the contract's judge, and misbehaviour on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlparse

SHARE = 0.2
Answer = tuple[int, Any, dict[str, str]]


@dataclass
class Asked:
    """One request as it came. `target` is path and query."""

    method: str
    target: str
    headers: dict[str, str]
    raw: bytes

    @property
    def path(self) -> str:
        return urlparse(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(urlparse(self.target).query).items()}

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None


@dataclass
class Trouble:
    """The next calls of a method whose path ends so answer `status`; `applied`: the change happened all the same.

    `cut` sends half of the body; `hang` is in seconds.
    """

    method: str
    status: int
    times: int = 1
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    applied: bool = False
    hang: float = 0.0
    cut: bool = False


@dataclass
class FakeVendor:
    """`complaints` must stay empty: each is a call that the contract does not know."""

    url: str = ""
    complaints: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    guard: Any = field(default_factory=threading.RLock)
    chance: Random | None = None

    def routed(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def refused(self, status: int) -> Any:
        return "Slow down" if status == 429 else {"error": "trouble"}

    def answer(self, asked: Asked) -> tuple[Answer, Trouble | None]:
        with self.guard:
            self.asked.append(asked)
            trouble = next((one for one in self.troubles if _meant(one, asked)), None) or self._bad_luck(asked)
            if trouble:
                trouble.times -= 1
            if trouble and not trouble.applied:
                return (trouble.status, self.refused(trouble.status), trouble.headers), trouble
            answer = self.routed(asked)
        if trouble and not trouble.cut:
            return (trouble.status, self.refused(trouble.status), trouble.headers), trouble
        return answer, trouble

    def _bad_luck(self, asked: Asked) -> Trouble | None:
        """One call in five: refused, told to wait, or done with its answer lost or cut off."""
        if self.chance is None or self.chance.random() >= SHARE:
            return None
        applied = self.chance.random() < 0.5
        if applied:
            return (
                Trouble(asked.method, 200, applied=True, cut=True)
                if self.chance.random() < 0.5
                else Trouble(asked.method, 502, applied=True)
            )
        return Trouble(asked.method, self.chance.choice([429, 500, 503]), headers={"retry-after": "5"})

    def unexpected(self, asked: Asked) -> Answer:
        self.complaints.append(f"{asked.method} {asked.target}")
        return 404, {"error": "unexpected"}, {}


def _meant(trouble: Trouble, asked: Asked) -> bool:
    return trouble.times > 0 and trouble.method == asked.method and asked.path.endswith(trouble.path)


F = TypeVar("F", bound=FakeVendor)


@contextmanager
def serving(fake: F) -> Iterator[F]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            (status, answer, more), trouble = fake.answer(Asked(self.command, self.path, headers, raw))
            body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
            body = b"" if answer is None else body
            time.sleep(trouble.hang if trouble else 0)
            self.send_response(status)
            for name, value in {"content-type": "application/json", **more, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if trouble and trouble.cut else body)

        do_GET = do_PUT = do_POST = do_PATCH = handle_any  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
