"""The helpdesks' webhooks: verified over the raw bytes, stored once, answered at once. The worker does the rest.

| status | when |
|---|---|
| 202 | stored, seen before, or none of ours |
| 400 | signed, but no event: not JSON, or without a ticket |
| 401 | the signature, the secret or the moment of signing does not hold |
| 404 | no such helpdesk |
| 413 | larger than WISMO_BODY_BYTES |
| 415 | a content type that is not JSON |
| 503 | the helpdesk's secret is not set here |
"""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence

import structlog
from fastapi import APIRouter, HTTPException, Request, Response

from api.connected.helpdesks import Delivered, vendor_of
from api.edge.auth import AnyHouse
from api.wiring import House
from connectors.signed import BadEvent, BadSignature, Knock

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
log = structlog.get_logger()


@router.head("/{channel}")
async def there(channel: str) -> Response:
    """Intercom looks whether the address answers before it takes it."""
    return Response(status_code=200 if vendor_of(channel) else 404)


@router.post("/{channel}", status_code=202)
@router.post("/{channel}/{path}", status_code=202)
async def webhook(request: Request, house: AnyHouse, channel: str, path: str = "") -> dict[str, str]:
    """An event of a helpdesk. The statuses: docs/helpdesks.md."""
    raw = await body_within(request, house.settings.body_bytes)
    events = _events(house, channel, Delivered(raw, request.headers, house.now(), path))
    _must_be_json(request)
    if not events:
        return {"status": "ignored"}
    body = raw.decode("utf-8", "replace")
    putting = [house.arrivals.put(channel, one.key, one.subject, body) for one in events]
    fresh = await gather(*putting) if len(putting) > 1 else [await putting[0]]
    return {"status": "stored" if any(fresh) else "seen before"}


async def taken(house: House, request: Request, name: str) -> dict[str, str]:
    """The same for what stands behind /webhooks/ (api/edge/door.py). Raises HTTPException."""
    channel, _, path = name.partition("/")
    if "/" in path:
        raise HTTPException(404, "no such helpdesk")
    return await webhook(request, house, channel, path)


async def body_within(request: Request, most: int) -> bytes:
    """A body that lied about its length is cut off where it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, f"the body is larger than {most:,} bytes")
    return bytes(body)


def _events(house: House, channel: str, delivered: Delivered) -> Sequence[Knock]:
    vendor = vendor_of(channel)
    if vendor is None:
        raise HTTPException(404, "no such helpdesk")
    settings = house.connections.given.get(channel)
    if settings is None or not settings.secrets():
        raise HTTPException(503, f"no secret of {channel}'s webhook is configured; see: wismo doctor")
    try:
        return vendor.knocks(settings, delivered)
    except BadSignature as error:
        log.warning("webhook.refused", channel=channel, why=str(error), remedy=f"wismo connect {channel} --check")
        raise HTTPException(401, "the signature does not hold") from None
    except BadEvent as error:
        log.warning("webhook.unreadable", channel=channel, why=str(error))
        raise HTTPException(400, str(error)) from None


def _must_be_json(request: Request) -> None:
    """Only a signed request hears it; where no type is said, the body decided."""
    said = request.headers.get("content-type", "application/json").partition(";")[0].strip().casefold()
    if said != "application/json" and not said.endswith("+json"):
        raise HTTPException(415, "send application/json")
