"""Who may call /widget: pages of allowed origins, visitors with their secret, within limits of their own.

The secret comes as `Authorization: Visitor wv_…`: never in a URL, never in a cookie.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request

from api.edge.auth import AnyHouse
from api.edge.limits import Buckets, network
from api.settings import Settings
from api.widget import visitors
from api.widget.visitors import SCHEME, Visitor
from api.wiring import House

STARTS_PER_MINUTE = 30


class Counters:
    """In this process: requests and fresh visits of a network address, messages of a visitor."""

    def __init__(self, settings: Settings) -> None:
        self.networks = Buckets(settings.widget_network_per_minute)
        self.starts = Buckets(max(STARTS_PER_MINUTE, settings.widget_network_per_minute // 10))
        self.messages = Buckets(settings.widget_per_minute)


def counters_of(request: Request) -> Counters:
    counters: Counters = request.app.state.widget
    return counters


def network_of(request: Request) -> str:
    return network(request.client.host if request.client else None)


async def page(request: Request, house: AnyHouse) -> House:
    """403 for a page of an origin that is not allowed, 429 beyond what a network address may ask."""
    origin = request.headers.get("origin")
    if origin is not None and not _allowed(origin, request, house.settings.allowed_origins):
        raise HTTPException(403, "pages of this origin may not show the chat; name it in WISMO_ALLOWED_ORIGINS")
    counted(counters_of(request).networks, network_of(request))
    return house


def _allowed(origin: str, request: Request, origins: tuple[str, ...]) -> bool:
    """Our own pages may: behind a proxy only the host is known for sure."""
    return origin in origins or urlsplit(origin).netloc == request.headers.get("host")


def counted(buckets: Buckets, key: str) -> None:
    """Raises 429."""
    wait = buckets.take(key)
    if wait:
        raise HTTPException(429, f"too many at once; again in {wait} s", {"Retry-After": str(wait)})


Page = Annotated[House, Depends(page)]


@dataclass(frozen=True, slots=True)
class Visiting:
    visitor: Visitor
    house: House
    network: str


def visiting(request: Request, house: Page) -> Visiting:
    """401, the same for unknown, ended and expired secrets."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    with house.database.read() as db:
        found = visitors.of_secret(db, secret, house.now()) if kind.casefold() == SCHEME else None
    if found is None:
        raise HTTPException(401, "this visit is over or unknown; begin a new one", {"WWW-Authenticate": "Visitor"})
    return Visiting(found, house, network_of(request))


Guest = Annotated[Visiting, Depends(visiting)]
