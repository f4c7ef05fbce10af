"""/metrics: figures of the running machine for Prometheus. Open to tokens, and to this very machine."""

from __future__ import annotations

import ipaddress

from fastapi import APIRouter, HTTPException, Request, Response

from api.edge.auth import person_of
from api.operating.metrics import KIND, Meters

router = APIRouter(tags=["health"])
PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})


@router.get("/metrics", responses={401: {"description": "neither a token nor this machine"}})
def metrics(request: Request) -> Response:
    """For a viewer's token, or for who asks from this machine itself, not through a proxy on it."""
    if person_of(request) is None and not _from_here(request):
        raise HTTPException(401, "a valid bearer token is needed", {"WWW-Authenticate": "Bearer"})
    meters: Meters = request.app.state.meters
    return Response(meters.text(), media_type=KIND)


def _from_here(request: Request) -> bool:
    """A proxy on this machine comes from here too; it is known by its headers and by the name that was asked for."""
    if any(name in request.headers for name in PASSED_ON) or request.client is None:
        return False
    host = request.headers.get("host", "")
    named = host if host.endswith("]") else host.rpartition(":")[0] or host
    try:
        return ipaddress.ip_address(request.client.host).is_loopback and named in LOCAL
    except ValueError:
        return False
