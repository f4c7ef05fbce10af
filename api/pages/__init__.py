"""Plain pages: Jinja templates and one style sheet. They work without scripts, which the security policy forbids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

HERE = Path(__file__).parent
STATIC = HERE / "static"
PAGES = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
SAME_SITE = {"Referrer-Policy": "same-origin"}
"""With no-referrer, browsers call the origin of this site's own forms "null", and they could not be told apart."""


def render(page: str, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(PAGES.get_template(page).render(values), status, SAME_SITE)
