"""The HTTP face: one FastAPI app over a house. Routes are thin; the desk answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.routes import approvals, health, home, orders, tickets, zendesk
from api.wiring import House

log = structlog.get_logger()


def create(house: House) -> FastAPI:
    """The app; the house stays the caller's to close."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(house.warm)
        yield

    app = FastAPI(
        title="Wismo",
        version=version("wismo"),
        description="An AI customer-support agent for order questions. /v1 needs the bearer token of this home.",
        lifespan=lifespan,
    )
    app.state.house = house
    app.middleware("http")(_limited(house.settings.body_bytes))
    for routes in (home, health, tickets, approvals, orders, zendesk):
        app.include_router(routes.router)
    return app


def _limited(most: int) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    """413 before a body is read that says it is too long; one that lies is cut off in `body_within`."""

    async def limit(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > most:
            return JSONResponse({"detail": f"the body is larger than {most:,} bytes"}, 413)
        return await call_next(request)

    return limit
