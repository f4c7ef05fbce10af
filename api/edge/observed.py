"""Each request measured and traced: by the template of its route, never by its path, for paths hold ids."""

from __future__ import annotations

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.operating.metrics import Meters
from tools.orders import watch

NONE = "none"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: measured, not traced."""


class Observed:
    """The outermost: it sees what the gate turned away, too."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        status, started = 500, perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            if scope["path"] in QUIET:
                await self._app(scope, receive, noted)
            else:
                await self._traced(scope, receive, noted)
        finally:
            self._count(scope, status, perf_counter() - started)
        return None

    async def _traced(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A trace begins here: strangers do not choose the ids of ours."""
        with watch.work("request", method=_method(scope)) as work:
            await self._app(scope, receive, send)
            work.what["route"] = _route(scope)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self._meters.request(_method(scope), route, status, seconds)
        if scope["method"] == "POST" and route.startswith("/webhooks/"):
            self._meters.webhook(_vendor(scope) if status != 404 else NONE, status)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else "other"


def _route(scope: Scope) -> str:
    """The router leaves the route that it took in the scope."""
    return str(getattr(scope.get("route"), "path", NONE))


def _vendor(scope: Scope) -> str:
    return str(scope["path"]).removeprefix("/webhooks/").partition("/")[0]
