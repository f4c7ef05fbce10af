"""The door for webhooks: nothing of what pages and /v1 need (sessions, roles, injected parts) stands in their way.

They come in bursts, prove themselves by their signature, and want their 2xx at once. The route stays in the app for the
reference (docs at /docs); this calls the same function.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import HTTPException
from sqlalchemy.exc import OperationalError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

Taken = Callable[[Request, str], Awaitable[Any]]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Passed:
    path: str


class Door:
    """`taken` answers a POST to `prefix` + one of `names` with what the 202 says; it raises HTTPException."""

    def __init__(self, app: ASGIApp, prefix: str, names: Collection[str], taken: Taken) -> None:
        self._app = app
        self._names = names
        self._prefix = prefix
        self._taken = taken
        self._route = Passed(f"{prefix}{{channel}}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not self._is_ours(scope["path"]):
            return await self._app(scope, receive, send)
        scope["route"] = self._route  # as the router would: what measures requests looks there
        response = await self._answer(Request(scope, receive), scope["path"].removeprefix(self._prefix))
        return await response(scope, receive, send)

    def _is_ours(self, path: str) -> bool:
        return path.startswith(self._prefix) and path.removeprefix(self._prefix).partition("/")[0] in self._names

    async def _answer(self, request: Request, name: str) -> Response:
        try:
            return JSONResponse(await self._taken(request, name), 202)
        except HTTPException as refused:
            return JSONResponse({"detail": refused.detail}, refused.status_code, refused.headers)
        except OperationalError as error:
            return away(error)


def away(error: Exception) -> Response:
    """The database restarts, or is not there: helpdesks and people try again."""
    log.error("api.database", error=type(error).__name__)
    return JSONResponse({"detail": "the database does not answer; try again"}, 503, {"Retry-After": "2"})
