"""/desk/events: what open pages of the desk follow, as server-sent events. Each says all; none is resumed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.desk.line import TooMany
from api.edge.browser import PageProblem, ViewerGuest, signed_in

router = APIRouter(include_in_schema=False)
BEAT = 25


@router.get("/desk/events")
async def events(request: Request, guest: ViewerGuest) -> EventSourceResponse:
    """How much waits, and stamps that change when something happened; `over` once nobody is signed in any more."""
    line, who = guest.house.line, guest.person.token
    try:
        line.admit(who)
    except TooMany:
        raise PageProblem(
            429, "Too many pages are open", "Close some of them; this one can be read all the same."
        ) from None

    def allowed() -> bool:
        return signed_in(request, guest.house) is not None

    async def told() -> AsyncIterator[ServerSentEvent]:
        async for one in line.stream(who, allowed):
            yield ServerSentEvent(json.dumps(one.seen_by(guest.may)))
        yield ServerSentEvent("{}", event="over")

    return EventSourceResponse(told(), ping=BEAT)
