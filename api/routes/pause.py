"""/v1/pause: the pause button for programs. It holds from the next message on, everywhere."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from agent import switches
from agent.switches import Pause
from api.edge.auth import Lead, Viewer

router = APIRouter(prefix="/v1/pause", tags=["pause"])


class Why(BaseModel):
    why: str = Field("", max_length=500, description="Shown to colleagues.")


@router.get("")
def read(visit: Viewer) -> dict[str, Any]:
    with visit.house.database.read() as db:
        return shown(switches.paused(db))


@router.post("")
def pause(visit: Lead, given: Why | None = None) -> dict[str, Any]:
    """Every reply becomes a draft and nothing is done to any order. Again while it stands changes nothing."""
    with visit.house.database.write() as db:
        return shown(switches.pause(db, visit.person.name, given.why if given else "", visit.house.now()))


@router.delete("")
def resume(visit: Lead) -> dict[str, Any]:
    with visit.house.database.write() as db:
        switches.resume(db)
    return shown(None)


def shown(pause: Pause | None) -> dict[str, Any]:
    """The same over HTTP and on the command line."""
    if pause is None:
        return {"paused": False}
    return {"paused": True, "by": pause.by, "at": pause.at.isoformat(), "why": pause.why}
