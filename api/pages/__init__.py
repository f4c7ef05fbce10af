"""Plain pages: Jinja templates, one style sheet, one script. They can be read without the script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from fastapi.responses import HTMLResponse, StreamingResponse
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from api.edge.tokens import Person, Role

HERE = Path(__file__).parent
STATIC = HERE / "static"
PAGES = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def time(at: datetime, to: str = "minutes") -> Markup:
    """A moment, for people and for programs."""
    at = at.astimezone(UTC)
    shown = at.isoformat(" ", to).removesuffix("+00:00")
    return Markup('<time datetime="{}">{} UTC</time>').format(at.isoformat(), shown)


PAGES.filters["time"] = time
SAME_SITE = {"Referrer-Policy": "same-origin"}
"""With no-referrer, browsers call the origin of this site's own forms "null", and they could not be told apart."""


UNBUFFERED = {"X-Accel-Buffering": "no"}
SO_FAR = "<!-- so far -->"


class Place(NamedTuple):
    """A page of the main navigation; `key` is what is pressed after "g"."""

    name: str
    path: str
    title: str
    needs: Role
    key: str


PLACES = (
    Place("today", "/today", "Today", Role.VIEWER, "t"),
    Place("inbox", "/inbox", "Inbox", Role.LEAD, "i"),
    Place("approvals", "/approvals", "Approvals", Role.APPROVER, "a"),
    Place("cases", "/cases", "Cases", Role.VIEWER, "c"),
    Place("orders", "/orders", "Orders", Role.VIEWER, "o"),
    Place("proactive", "/proactive", "Proactive", Role.VIEWER, "w"),
    Place("gaps", "/gaps", "Gaps", Role.LEAD, "g"),
    Place("knowledge", "/knowledge", "Knowledge", Role.LEAD, "k"),
    Place("policy", "/policy", "Policy", Role.LEAD, "p"),
    Place("figures", "/figures", "Figures", Role.VIEWER, "f"),
    Place("demand", "/demand", "Demand", Role.VIEWER, "d"),
    Place("evaluation", "/evaluation", "Evaluation", Role.LEAD, "e"),
)


def places(guest: Person | None) -> tuple[Place, ...]:
    """What this person may open; nothing for who is not signed in."""
    return tuple(one for one in PLACES if guest and guest.role.covers(one.needs))


def flow(page: str, status: int = 200, **values: Any) -> StreamingResponse:
    """What stands before each `SO_FAR` of the template is sent as soon as it is made."""
    shown = {"places": places(values.get("guest")), **values}
    made = _pieces(PAGES.get_template(page).generate(shown))
    return StreamingResponse(made, status, SAME_SITE | UNBUFFERED, media_type="text/html")


def _pieces(made: Iterator[str]) -> Iterator[str]:
    kept: list[str] = []
    for piece in made:
        kept.append(piece)
        if SO_FAR in piece:
            yield "".join(kept)
            kept.clear()
    yield "".join(kept)


def render(page: str, status: int = 200, **values: Any) -> HTMLResponse:
    shown = {"places": places(values.get("guest")), **values}
    return HTMLResponse(PAGES.get_template(page).render(shown), status, SAME_SITE)
