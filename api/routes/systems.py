"""Webhooks of the shop's other systems (shop.toml's [connectors]): signed as what we publish, stored once."""

from __future__ import annotations

from asyncio import gather

import structlog
from fastapi import APIRouter, HTTPException, Request
from starlette.concurrency import run_in_threadpool

from api.connected.systems import secrets_of
from api.edge.auth import AnyHouse
from api.routes.webhooks import body_within
from api.wiring import House
from connectors.inbox import SINGLY
from connectors.signed import BadEvent, BadSignature
from connectors.systems import taking
from connectors.systems.taking import Told

router = APIRouter(prefix="/webhooks/systems", tags=["webhooks"])
log = structlog.get_logger()


@router.post("/{name}", status_code=202)
async def system(request: Request, house: AnyHouse, name: str) -> dict[str, str]:
    """Records of a system that shop.toml declares. The statuses: docs/systems.md."""
    raw = await body_within(request, house.settings.body_bytes)
    found = await run_in_threadpool(_records, house, name, raw, request)
    if not found:
        return {"status": "ignored"}
    fresh = await gather(*(house.arrivals.put(f"{SINGLY}{name}", one.key, one.subject, one.body) for one in found))
    return {"status": "stored" if any(fresh) else "seen before"}


def _records(house: House, name: str, raw: bytes, request: Request) -> list[Told]:
    declared = house.policy.connectors.get(name)
    if declared is None or not any(one.by == "webhook" for one in declared.take.values()):
        raise HTTPException(404, "no such system, or it tells nothing by webhook")
    secrets = secrets_of(house.settings.home, declared)
    if not secrets:
        raise HTTPException(503, f"{declared.secret} is not set; see: wismo doctor")
    try:
        taking.verify(raw, request.headers, secrets, house.now())
        return taking.knocks(declared, raw, request.headers)
    except BadSignature as error:
        log.warning("webhook.refused", system=name, why=str(error), remedy=declared.secret)
        raise HTTPException(401, "the signature does not hold") from None
    except BadEvent as error:
        log.warning("webhook.unreadable", system=name, why=str(error))
        raise HTTPException(400, str(error)) from None
