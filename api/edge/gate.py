"""What every request passes before a route sees it: who calls, how much of it, how long, and whether it makes sense.

Each is one ASGI middleware; none of them reads a body that nobody asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.edge.limits import Buckets, network
from api.edge.tokens import Person

LONGEST_URL = 4_096
LONGEST_SECRET = 200
SECRETS_IN_URL = {"token", "access_token", "api_key", "apikey", "api_token", "authorization", "bearer", "secret"}
ONCE = frozenset({b"authorization", b"host", b"content-length"})
NO_PATH = re.compile(r"[\x00-\x1f\x7f\\]")
HOST = re.compile(r"[A-Za-z0-9.\-_]*(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
UNCOUNTED = ("/webhooks/", "/login", "/widget")
"""They limit themselves: a webhook by its signature, a login by its token, the widget by visitor and network."""

Who = Callable[[str], Person | None]
GuestOf = Callable[[Request], Person | None]


def bearer_of(headers: Headers) -> str | None:
    """The secret of an Authorization header, if it could be one."""
    kind, _, secret = headers.get("authorization", "").partition(" ")
    usable = kind.casefold() == "bearer" and 0 < len(secret) <= LONGEST_SECRET and secret.isascii()
    return secret if usable else None


class Sense:
    """400 for what no honest client sends: secrets in the URL (they end in logs), control characters, a forged host."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wrong = nonsense(scope) if scope["type"] == "http" else None
        if wrong is None:
            return await self._app(scope, receive, send)
        status, why = wrong
        return await JSONResponse({"detail": why}, status)(scope, receive, send)


def nonsense(scope: Scope) -> tuple[int, str] | None:
    single, query = [one for one in scope["headers"] if one[0] in ONCE], scope.get("query_string", b"")
    once = dict(single)
    if len(scope.get("raw_path") or b"") + len(query) > LONGEST_URL:
        return 414, f"the URL is longer than {LONGEST_URL:,} bytes"
    if NO_PATH.search(scope["path"]):
        return 400, "the path holds a control character or a backslash"
    if len(once) < len(single):
        return 400, "a header that may stand once stands twice"
    if not HOST.fullmatch(once.get(b"host", b"").decode("latin-1")):
        return 400, "the Host header is not a host"
    if query and _names(query) & SECRETS_IN_URL:
        return 400, "secrets do not belong into a URL; send the token in the Authorization header"
    return None


def _names(query: bytes) -> set[str]:
    return {name.casefold() for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)}


class Gate:
    """Finds the person behind a bearer token, or behind a page's cookie, and counts the request for them.

    Who cannot be found is a stranger and is counted for its network. Proven callers have buckets of their own: no
    crowd of strangers, not even on their network, uses them up. Only a bearer token opens /v1.
    """

    def __init__(self, app: ASGIApp, who: Who, guest: GuestOf, people: Buckets, strangers: Buckets) -> None:
        self._app = app
        self._who = who
        self._guest = guest
        self._people = people
        self._strangers = strangers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        person = await self._person(Headers(scope=scope))
        scope.setdefault("state", {})["person"] = person
        wait = self._wait(scope, person or await self._browsing(scope))
        if wait:
            return await too_many(wait)(scope, receive, send)
        return await self._app(scope, receive, send)

    async def _person(self, headers: Headers) -> Person | None:
        secret = bearer_of(headers)
        return await run_in_threadpool(self._who, secret) if secret else None

    async def _browsing(self, scope: Scope) -> Person | None:
        cookies = "cookie" in Headers(scope=scope) and not scope["path"].startswith("/v1/")
        return await run_in_threadpool(self._guest, Request(scope)) if cookies else None

    def _wait(self, scope: Scope, person: Person | None) -> int:
        if person:
            return self._people.take(person.token)
        if scope["path"].startswith(UNCOUNTED):
            return 0
        return self._strangers.take(network((scope.get("client") or ("",))[0]))


def too_many(wait: int) -> JSONResponse:
    return JSONResponse({"detail": f"too many requests; again in {wait} s"}, 429, {"Retry-After": str(wait)})


class BodyLimit:
    """413 for a body that says it is too long, and for one that turns out to be, whatever it said."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        said = Headers(scope=scope).get("content-length", "")
        if said.isdigit() and int(said) > self._most:
            return await JSONResponse({"detail": self._told}, 413)(scope, receive, send)
        return await self._app(scope, self._counted(receive), send)

    @property
    def _told(self) -> str:
        return f"the body is larger than {self._most:,} bytes"

    def _counted(self, receive: Receive) -> Receive:
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most:
                raise HTTPException(413, self._told)
            return message

        return counted
