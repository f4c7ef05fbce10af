"""The last step: the chat on its test page, and the line that puts it into the shop's own pages. It changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.settings import ORIGIN
from api.starting import Answers, Came, StepFailed, Told
from api.wiring import House


def run(house: House, answers: Answers, _: Told) -> Came:
    """Raises `StepFailed` for an address that is none."""
    settings = house.settings
    here = f"http://{settings.host}:{settings.port}"
    public = (answers.url or here).rstrip("/")
    site = answers.site.rstrip("/")
    for given in (public, site):
        if given and not ORIGIN.fullmatch(given):
            raise StepFailed(f"{given!r} is no address: write https://www.your-shop.com, without a path")
    says = [
        f"on its test page, while wismo serve runs: {here}/widget/try",
        "one line puts it into your pages:",
        f'<script async src="{public}/widget.js"></script>',
        _allowed(site, settings.allowed_origins),
    ]
    if house.policy.rollout.mode == "draft":
        says.append("in draft the chat answers nobody by itself: a person sends each reply, from the desk")
    return Came(site or "the chat", tuple(says))


def undo(house: House, lasting: Mapping[str, Any], told: Told) -> str:  # noqa: ARG001 -- every step is taken back so
    return "nothing was changed here; take the line out of your pages"


def _allowed(site: str, allowed: tuple[str, ...]) -> str:
    if site and site in allowed:
        return f"{site} may show it"
    return f"and let them show it: WISMO_ALLOWED_ORIGINS={site or 'https://www.your-shop.com'}"
