"""/knowledge: the articles, a search with its reasons, and what looks old or contradicts itself. For leads."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.desk.sheets import sheet
from api.edge.browser import Guest, LeadGuest
from knowledge import health
from knowledge.health import Article

FOUND = 5
SHOWN = 300

router = APIRouter(include_in_schema=False)
Wanted = Annotated[str, Query(alias="q", max_length=500)]


@router.get("/knowledge")
def knowledge(guest: LeadGuest, wanted: Wanted = "") -> Response:
    house, policy = guest.house, guest.house.policy.understanding
    with house.index.reading() as snapshot:
        every = health.articles(snapshot.passages)
        clashes = health.clashes(snapshot)
    hits = house.help.search(wanted, FOUND) if wanted.strip() and every else ()
    page: dict[str, Any] = {
        "articles": every[:SHOWN],
        "count": len(every),
        "clashes": clashes,
        "hits": hits,
        "wanted": wanted,
    }
    return guest.page("knowledge.html", stale=health.stale(every, house.now().date()), enough=policy, **page)


@router.get("/knowledge.csv")
def as_sheet(guest: LeadGuest) -> Response:
    columns = ("title", "source", "language", "updated", "passages", "characters")
    rows = ((one.title, one.source, one.language, one.updated, one.passages, one.characters) for one in _all(guest))
    return sheet("knowledge", columns, rows)


def _all(guest: Guest) -> tuple[Article, ...]:
    with guest.house.index.reading() as snapshot:
        return health.articles(snapshot.passages)
