"""The HTTP face: one FastAPI app over a house. Routes are thin; the desk answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.orders import misuse
from api.routes import approvals, health, home, orders, tickets, zendesk
from api.wiring import House
from tools.orders.commands import KeyMissing

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
    app.exception_handler(RequestValidationError)(_invalid)
    app.middleware("http")(_limited(house.settings.body_bytes))
    for routes in (home, health, tickets, approvals, orders, zendesk):
        app.include_router(routes.router)
    return app


async def _invalid(request: Request, error: Exception) -> Response:
    """/v1/orders says its rule and what would be accepted; elsewhere FastAPI's own answer."""
    assert isinstance(error, RequestValidationError)
    if not request.url.path.startswith("/v1/orders"):
        return await request_validation_exception_handler(request, error)
    keyless = any(one["loc"] == ("header", "Idempotency-Key") for one in error.errors())
    return orders.refused(misuse(KeyMissing("Idempotency-Key") if keyless else error), 422)


def _limited(most: int) -> Callable[[Request, Callable[[Request], Awaitable[Response]]], Awaitable[Response]]:
    """413 before a body is read that says it is too long; one that lies is cut off in `body_within`."""

    async def limit(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        length = request.headers.get("content-length", "")
        if length.isdigit() and int(length) > most:
            return JSONResponse({"detail": f"the body is larger than {most:,} bytes"}, 413)
        return await call_next(request)

    return limit
