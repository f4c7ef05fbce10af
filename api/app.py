"""The HTTP face: one FastAPI app over a house. Routes are thin; the desk answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from threading import Lock

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool

from api.connected.helpdesks import VENDORS
from api.desk.today import Figures
from api.edge.auth import person_behind
from api.edge.browser import PageProblem, person_in, told
from api.edge.door import Door, away
from api.edge.gate import BodyLimit, Gate, Sense
from api.edge.limits import Buckets
from api.edge.observed import Observed
from api.edge.security import SecurityHeaders
from api.edge.visiting import Counters
from api.operating.metrics import Meters
from api.operating.tracing import tracing
from api.orders import misuse
from api.pages import STATIC
from api.routes import (
    approvals,
    cases,
    commerce,
    conversations,
    demand,
    desk,
    figures,
    gaps,
    health,
    home,
    inbox,
    knowledge,
    links,
    live,
    login,
    metrics,
    orders,
    pause,
    people,
    proactive,
    reference,
    runs,
    shop_orders,
    shop_policy,
    systems,
    tickets,
    today,
    visits,
    webhooks,
    widget,
)
from api.wiring import House
from tools.orders import watch
from tools.orders.commands import KeyMissing

ROUTES = (
    commerce,
    systems,
    webhooks,
    home,
    login,
    today,
    live,
    inbox,
    desk,
    cases,
    shop_orders,
    gaps,
    knowledge,
    shop_policy,
    runs,
    figures,
    demand,
    reference,
    health,
    metrics,
    tickets,
    people,
    conversations,
    approvals,
    pause,
    orders,
    widget,
    visits,
    links,
    proactive,
)
"""In the order in which they are asked: first those that are asked most. /webhooks/commerce/… is no helpdesk's path."""


def create(house: House) -> FastAPI:
    """The app; the house stays the caller's to close."""
    meters = Meters(lambda: house.database, house.now)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with watch.watched_by(meters.watch), tracing():
            await run_in_threadpool(house.warm)
            with house.noticing.beside():
                yield

    app = FastAPI(
        title="Wismo",
        version=version("wismo"),
        description="An AI customer-support agent for order questions. /v1 needs a bearer token with a role.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.house = house
    app.state.meters = meters
    app.state.foreseeing = Lock()
    app.state.figures = Figures()
    app.state.logins = Buckets(house.settings.logins_per_minute)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(PageProblem)(told)
    app.exception_handler(OperationalError)(_away)
    _guarded(app, house)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.state.widget = Counters(house.settings)
    for routes in ROUTES:
        app.include_router(routes.router)
    return app


def _guarded(app: FastAPI, house: House) -> None:
    """Added from the inside out: what stands last is passed first."""
    settings = house.settings
    app.add_middleware(BodyLimit, most=settings.body_bytes)
    people, strangers = Buckets(settings.rate_per_minute), Buckets(settings.strangers_per_minute)
    who, guest = partial(person_behind, house), partial(person_in, house)
    app.add_middleware(Gate, who=who, guest=guest, people=people, strangers=strangers)
    if settings.allowed_origins:
        methods, headers = (
            ["GET", "POST", "DELETE"],
            ["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
        )
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=methods,
            allow_headers=headers,
            expose_headers=["Retry-After"],
        )
    helpdesks = frozenset(one.channel for one in VENDORS)
    app.add_middleware(Door, prefix="/webhooks/", names=helpdesks, taken=partial(webhooks.taken, house))
    app.add_middleware(Sense)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Observed, meters=app.state.meters)


async def _away(_: Request, error: Exception) -> Response:
    return away(error)


async def _invalid(request: Request, error: Exception) -> Response:
    """/v1/orders says its rule and what would be accepted; elsewhere FastAPI's own answer."""
    assert isinstance(error, RequestValidationError)
    if not request.url.path.startswith("/v1/orders"):
        return await request_validation_exception_handler(request, error)
    keyless = any(one["loc"] == ("header", "Idempotency-Key") for one in error.errors())
    return orders.refused(misuse(KeyMissing("Idempotency-Key") if keyless else error), 422)
