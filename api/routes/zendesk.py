"""The webhook of Zendesk: verified over the raw bytes, stored once, answered at once. The worker does the rest."""

from __future__ import annotations

from datetime import timedelta

import structlog
from fastapi import APIRouter, HTTPException, Request

from api.auth import AnyHouse
from api.settings import ZendeskSettings
from api.wiring import House
from connectors.helpdesks.zendesk_webhook import BadEvent, BadSignature, Knock, knock, verify

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
log = structlog.get_logger()


@router.post("/zendesk", status_code=202)
async def zendesk(request: Request, house: AnyHouse) -> dict[str, str]:
    """401 for a signature that does not hold, 413 for too much, 400 for what is no event; 202 once it is stored."""
    raw = await body_within(request, house.settings.body_bytes)
    event = _event(raw, request, house)
    if event is None:
        return {"status": "ignored"}
    fresh = await house.arrivals.put("zendesk", event.key, event.ticket, raw.decode("utf-8", "replace"))
    return {"status": "stored" if fresh else "seen before"}


async def body_within(request: Request, most: int) -> bytes:
    """A body that lied about its length is cut off where it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, f"the body is larger than {most:,} bytes")
    return bytes(body)


def _event(raw: bytes, request: Request, house: House) -> Knock | None:
    settings = ZendeskSettings()
    if not settings.secrets():
        raise HTTPException(503, "no Zendesk webhook secret is configured; see: wismo doctor")
    try:
        tolerance = timedelta(seconds=settings.tolerance_seconds)
        verify(raw, request.headers, settings.secrets(), house.now(), tolerance)
        return knock(raw, request.headers)
    except BadSignature as error:
        log.warning("zendesk.webhook_refused", why=str(error))
        raise HTTPException(401, "the signature does not hold") from None
    except BadEvent as error:
        log.warning("zendesk.webhook_unreadable", why=str(error))
        raise HTTPException(400, str(error)) from None
