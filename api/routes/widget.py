"""The widget's files and what a page may know before anybody writes. Files are named by their digest and kept long."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from agent.routing import is_open
from api.edge.auth import AnyHouse
from api.edge.visiting import Page
from api.pages import PAGES

router = APIRouter(tags=["widget"])
ASSETS = Path(__file__).parent.parent / "widget" / "assets"
LOADER = "widget.js"
SHORT, LONG = "public, max-age=300", "public, max-age=31536000, immutable"
STRICT = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@cache
def files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(ASSETS.iterdir()) if path.suffix in TYPES}


@cache
def version() -> str:
    """Of all files together: a page never mixes those of two versions."""
    whole = hashlib.sha256()
    for name, content in files().items():
        whole.update(name.encode() + b"\0" + content + b"\0")
    return whole.hexdigest()[:16]


@router.get(f"/{LOADER}", response_class=Response)
def loader() -> Response:
    """The one line that a shop puts into its pages leads here."""
    text = files()[LOADER].replace(b"{{version}}", version().encode())
    return Response(text, media_type=TYPES[".js"], headers={"Cache-Control": SHORT})


@router.get("/widget/assets/{wanted}/{name}", response_class=Response)
def asset(wanted: str, name: str) -> Response:
    """An older version's name gets today's file, which is then not kept."""
    content = files().get(name)
    if content is None:
        raise HTTPException(404, "no such file")
    kept = LONG if wanted == version() else "no-cache"
    headers = {"Cache-Control": kept, "Vary": "Origin"}  # whatever keeps it for one shop must not give it to another
    return Response(content, media_type=TYPES[Path(name).suffix], headers=headers)


@router.get("/widget/config")
def config(house: Page) -> dict[str, Any]:
    """Nothing of any customer: what the chat says of itself, and whether people are there now."""
    policy = house.policy
    hours = {day: [f"{begin:%H:%M}", f"{end:%H:%M}"] for day, (begin, end) in policy.hours.days.items()}
    return {
        "shop": policy.shop.name,
        "assistant": policy.voice.assistant,
        "languages": policy.shop.languages,
        "open": is_open(policy.hours, house.now(), policy.terms.timezone),
        "hours": hours,
        "timezone": policy.terms.timezone,
        "photos": policy.widget.photos,
        "ask": policy.widget.ask,
        "mail": house.mail is not None,
        "longest": policy.limits.message_characters,
    }


@router.get("/widget/try", include_in_schema=False)
def try_it(request: Request, house: AnyHouse) -> Response:
    """A page to try the widget on, under a policy as strict as a shop's can be."""
    page = PAGES.get_template("try.html").render(shop=house.policy.shop.name, query=_look(request))
    return Response(page, media_type="text/html", headers={"Content-Security-Policy": STRICT})


def _look(request: Request) -> dict[str, str]:
    """What a page would say in the embed line, here by the query: language, direction, theme, position."""
    known = {
        "lang": ("en", "fr", "es", "de", "ar"),
        "dir": ("ltr", "rtl"),
        "theme": ("auto", "light", "dark"),
        "position": ("end", "start"),
    }
    return {
        name: given if (given := request.query_params.get(name, "")) in accepted else accepted[0]
        for name, accepted in known.items()
    }
