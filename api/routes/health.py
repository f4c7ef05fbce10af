"""/healthz: the process answers. /readyz: everything that a ticket needs is in place."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.edge.auth import AnyHouse
from api.operating.doctor import examine

router = APIRouter(tags=["health"])


@router.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz")
def readyz(house: AnyHouse, response: Response) -> dict[str, object]:
    """503 while something that is needed is missing; the checks name it, without paths or secrets."""
    checks = [check for check in examine(house) if check.needed]
    ready = all(check.ok for check in checks)
    response.status_code = 200 if ready else 503
    return {"ready": ready, "checks": {check.name: check.ok for check in checks}}
