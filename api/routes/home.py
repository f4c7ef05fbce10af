"""The front page: what is running here, and where to go. It shows no ticket and no customer."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from agent import journal
from api.edge.auth import AnyHouse
from api.edge.browser import signed_in
from api.pages import render

router = APIRouter(include_in_schema=False)


@router.get("/")
def front(request: Request, house: AnyHouse) -> Response:
    session = signed_in(request, house)
    with house.database.read() as db:
        turns = journal.count(db)
    return render(
        "home.html",
        shop=house.policy.shop.name,
        policy=house.policy.version,
        turns=turns,
        base=f"http://{house.settings.host}:{house.settings.port}/",
        guest=session.person if session else None,
        csrf=session.csrf if session else "",
    )
