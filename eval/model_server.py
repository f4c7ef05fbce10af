"""An OpenAI-compatible server on loopback that answers as it is told, for benchmarks, attacks and tests. No model."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """One answer over HTTP. `delay` seconds pass before it; `drip` seconds pass between its bytes.

    `cut` ends the connection instead of it, in its middle, or after it without having said so.
    """

    body: Mapping[str, Any] | str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: Literal["", "before", "within", "after"] = ""
    drip: float = 0.0


def says(text: str, sent: int = 100, said: int = 20, cached: int = 0, finish: str = "stop") -> Given:
    return Given(completion({"role": "assistant", "content": text}, sent, said, cached, finish))


def calls(made: Sequence[tuple[str, Mapping[str, Any] | str]], sent: int = 100, said: int = 20) -> Given:
    """Tool calls by name and arguments; a string is sent as it is."""
    told = [
        {
            "id": f"call-{number}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for number, (name, given) in enumerate(made)
    ]
    return Given(completion({"role": "assistant", "content": None, "tool_calls": told}, sent, said, 0, "tool_calls"))


def completion(message: Mapping[str, Any], sent: int, said: int, cached: int, finish: str) -> Mapping[str, Any]:
    usage = {
        "prompt_tokens": sent,
        "completion_tokens": said,
        "total_tokens": sent + said,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
    choice = {"index": 0, "message": dict(message), "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def step_of(body: Body) -> str:
    """Which step of Wismo asks: by the form that it wants filled in, or by the tools that it offers."""
    form = body.get("response_format") or {}
    return str(form.get("json_schema", {}).get("name", "")) or ("investigate" if "tools" in body else "customer")


Answers = Callable[[Body, Mapping[str, str]], Given]


@contextmanager
def serving(answers: Answers) -> Iterator[str]:
    """The base address of a server that answers every Chat Completions request by `answers(body, headers)`."""
    handler = type("Handler", (_Handler,), {"answers": staticmethod(answers)})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers: Answers

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        known = self.path == "/v1/models"
        listed = {"object": "list", "data": [{"id": "scripted", "object": "model", "created": 1, "owned_by": "us"}]}
        self._send(Given(listed if known else {"error": {"message": "no such path"}}, 200 if known else 404))

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()} | {":path": self.path}
        self._send(self.answers(json.loads(raw), headers))

    def _send(self, given: Given) -> None:
        if given.delay:
            time.sleep(given.delay)
        raw = (given.body if isinstance(given.body, str) else json.dumps(given.body)).encode()
        if given.cut == "before":
            self._hang_up()
            return
        self.send_response(given.status)
        for name, value in {"content-type": "application/json", **given.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        if given.cut == "within":
            self.wfile.write(raw[: len(raw) // 2])
        else:
            self._write(raw, given.drip)
        if given.cut:
            self._hang_up()

    def _write(self, raw: bytes, drip: float) -> None:
        if not drip:
            self.wfile.write(raw)
            return
        for byte in raw:
            self.wfile.write(bytes((byte,)))
            self.wfile.flush()
            time.sleep(drip)

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args: Any) -> None:
        """Nothing: whoever wants to know keeps what `answers` was given."""
