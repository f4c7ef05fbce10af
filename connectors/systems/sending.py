"""What leaves for another system: a message of the outbox becomes their record, sent until they have it.

Each carries a key that is the same as long as the record is the same, so that a system which keeps keys takes it once.
A 409 to what was sent before means that an earlier sending arrived; to what was never sent it is a conflict.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from agent.systems import System
from connectors.addresses import Trusted
from connectors.errors import Gone, Limited, Rejected, Unauthorized, Unreachable
from connectors.outbound import GuardedTransport, Refused
from connectors.publishing import ID, SIGNATURE, TIMESTAMP, signature
from connectors.systems import fields
from tools.orders.model import Clock
from tools.orders.outbox import Message
from tools.orders.records import NoSuchRecord, Record
from tools.orders.service import Orders

Credentials = Callable[[str], str]
"""The value of a variable, by its name; empty where it is not set."""
KEY = "Idempotency-Key"
LONGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`repeated`: it may have arrived before, and its answer was lost."""

    feed: str
    path: str
    body: Mapping[str, Any]
    key: str
    repeated: bool = False


class Line:
    """A connection to one system. `hosts` are those that may lie in the LAN (WISMO_OUTBOUND_HOSTS)."""

    def __init__(
        self, name: str, system: System, credentials: Credentials, now: Clock, hosts: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.system = system
        self._credential = credentials
        self._now = now
        guard = GuardedTransport(Trusted.of(*hosts))
        self._http = httpx.Client(transport=guard, timeout=10.0, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def send(self, one: Outgoing) -> None:
        """Raises `ConnectorError`."""
        raw = json.dumps(one.body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", KEY: one.key, **self.headers()}
        if self.system.kind == "webhook":
            headers |= self._signed(one.key, raw)
        self._must_be_taken(self._asked(self.system.sent[one.feed].method, one.path, raw, headers), one.repeated)

    def get(self, path: str) -> Any:
        """Their answer as JSON. Raises `ConnectorError`."""
        answer = self._asked("GET", path, None, {"Accept": "application/json", **self.headers()})
        self._must_be_taken(answer, False)
        try:
            return answer.json()
        except ValueError:
            raise Unreachable(f"{self.name}: the answer is not JSON") from None

    def reach(self) -> int:
        """The status of a GET of the address itself: any answer but one of 401, 403 and 5xx will do."""
        answer = self._asked("GET", "", None, self.headers())
        if answer.status_code in {401, 403} or answer.status_code >= 500:
            self._must_be_taken(answer, False)
        return answer.status_code

    def headers(self) -> dict[str, str]:
        """What proves us. Raises `Unauthorized` while its variable is not set."""
        system = self.system
        if not system.token or system.auth == "none":
            return dict(system.headers)
        value = self._secret(system.token)
        if system.auth == "basic":
            return {**system.headers, "Authorization": f"Basic {base64.b64encode(value.encode()).decode()}"}
        if system.auth == "header":
            return {**system.headers, system.header: value}
        return {**system.headers, "Authorization": f"Bearer {value}"}

    def _secret(self, name: str) -> str:
        value = self._credential(name)
        if not value:
            raise Unauthorized(f"{self.name}: {name} is not set; wismo connect {self.name}")
        return value

    def _signed(self, key: str, raw: bytes) -> dict[str, str]:
        stamp = str(int(self._now().timestamp()))
        made = signature(self._secret(self.system.secret), key, stamp, raw)
        return {ID: key, TIMESTAMP: stamp, SIGNATURE: f"v1={made}"}

    def _asked(self, method: str, path: str, raw: bytes | None, headers: Mapping[str, str]) -> httpx.Response:
        url = self.system.url.rstrip("/") + path
        try:
            with self._http.stream(method, url, content=raw, headers=headers) as answer:
                return httpx.Response(answer.status_code, headers=_plain(answer), content=self._body(answer))
        except Refused as error:
            host = httpx.URL(self.system.url).netloc.decode()
            raise Unauthorized(f"{self.name}: {error}; where it is yours, set WISMO_OUTBOUND_HOSTS={host}") from None
        except httpx.HTTPError as error:
            raise Unreachable(f"{self.name}: {type(error).__name__}") from None

    def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > LONGEST:
                raise Rejected(f"{self.name}: an answer of more than {LONGEST:,} bytes")
        return bytes(body)

    def _must_be_taken(self, answer: httpx.Response, repeated: bool) -> None:
        status, name = answer.status_code, self.name
        if status < 300 or (status == 409 and repeated):
            return
        if status == 429 or (status == 503 and "retry-after" in answer.headers):
            told = answer.headers.get("retry-after", "")
            raise Limited(f"{name}: {status}", timedelta(seconds=int(told) if told.isdigit() else 30))
        if status in {401, 403}:
            raise Unauthorized(f"{name}: {status}; is {self.system.token or self.system.secret or 'its token'} right?")
        if status == 404:
            raise Gone(f"{name}: 404; is the path right? wismo connectors test {name}")
        if status in {408, 425} or status >= 500:
            raise Unreachable(f"{name}: {status}")
        raise Rejected(f"{name}: {status}; it does not take this record: wismo connectors test {name}")


def _plain(answer: httpx.Response) -> dict[str, str]:
    """The body is unpacked already."""
    packed = {"content-encoding", "content-length", "transfer-encoding"}
    return {name: value for name, value in answer.headers.items() if name.lower() not in packed}


class Feeding:
    """Carries messages of `fed.KIND`. `lines` by the system's name."""

    def __init__(self, orders: Orders, lines: Mapping[str, Line], home: Path) -> None:
        self._orders = orders
        self._lines = lines
        self._home = home

    def carry(self, message: Message) -> None:
        """Raises `ConnectorError`."""
        name, feed = str(message.body["system"]), str(message.body["feed"])
        line = self._lines.get(name)
        if line is None or feed not in line.system.sent:
            raise Rejected(f"shop.toml has no [connectors.{name}.{feed}] any more; drop this, or declare it again")
        try:
            record = self._orders.record(message.body)
        except (NoSuchRecord, KeyError):
            raise Rejected(f"{name}: what it speaks of is not there any more") from None
        if not fields.meant(line.system.sent[feed].only, record):
            return None
        one = outgoing(line.system, feed, record, message.key, repeated=message.attempts > 0)
        if line.system.kind == "csv":
            stamp = message.created_at.strftime("%Y%m%dT%H%M%S")
            return written(self._home / line.system.folder / "out" / f"{feed}-{stamp}-{one.key[:12]}.csv", [one.body])
        return line.send(one)


def outgoing(system: System, feed: str, record: Record, message: str, *, repeated: bool = False) -> Outgoing:
    body = fields.rendered(system.tree(feed), record)
    raw = json.dumps([message, body], sort_keys=True, default=str).encode()
    key = hashlib.sha256(raw).hexdigest()[:40]
    return Outgoing(feed, fields.path(system.sent[feed].path, record), body, key, repeated)


def written(file: Path, bodies: Sequence[Mapping[str, Any]]) -> None:
    """As a whole or not at all; the same message the same file. Raises `Unreachable` where it can not be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        draft.write_text(as_csv(bodies), encoding="utf-8", newline="")
        draft.replace(file)
    except OSError as error:
        raise Unreachable(f"cannot write {file.parent}: {error.strerror}") from None


def as_csv(bodies: Sequence[Mapping[str, Any]]) -> str:
    """Cells that a spreadsheet would take for a formula are written as text."""
    rows = [row for body in bodies for row in fields.table(body)]
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "@", "\t"} else value
