"""Webhooks of shops, payment providers and carriers: verified over the raw bytes, stored once, answered at once."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, HTTPException, Request

from api.connected.commerce import VENDORS, Delivered
from api.edge.auth import AnyHouse
from api.routes.webhooks import body_within
from connectors.signed import BadEvent, BadSignature, Knock

router = APIRouter(prefix="/webhooks/commerce", tags=["webhooks"])
log = structlog.get_logger()


@router.post("/{vendor}", status_code=202)
async def commerce(request: Request, house: AnyHouse, vendor: str) -> dict[str, str]:
    """An event of a shop's system, a payment provider or a carrier. The statuses: docs/commerce.md."""
    raw = await body_within(request, house.settings.body_bytes)
    event = _event(vendor, Delivered(raw, request.headers, house.now(), house.settings.home))
    if event is None:
        return {"status": "ignored"}
    fresh = await house.arrivals.put(vendor, event.key, event.subject, raw.decode("utf-8", "replace"))
    return {"status": "stored" if fresh else "seen before"}


def _event(name: str, delivered: Delivered) -> Knock | None:
    vendor = VENDORS.get(name)
    if vendor is None:
        raise HTTPException(404, "no such vendor")
    secrets = vendor.settings.of(delivered.home).secrets()
    if not secrets:
        raise HTTPException(503, f"no secret of {name}'s webhook is configured; see: wismo doctor")
    try:
        return vendor.knock(delivered, secrets)
    except BadSignature as error:
        log.warning("webhook.refused", vendor=name, why=str(error), remedy=f"WISMO_{name.upper()}_WEBHOOK_SECRET")
        raise HTTPException(401, "the signature does not hold") from None
    except BadEvent as error:
        log.warning("webhook.unreadable", vendor=name, why=str(error))
        raise HTTPException(400, str(error)) from None
