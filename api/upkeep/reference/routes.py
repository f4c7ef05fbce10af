"""docs/reference/api.md: every operation of /openapi.json, with the role that it needs and the statuses that it has."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.settings import Settings
from api.upkeep.reference.told import MADE, table
from api.wiring import House

HEAD = f"""# The HTTP API

`/openapi.json` of a running Wismo is the whole truth, with every field; this is its table of contents. A role is named
where a bearer token is needed ([who may do what](../operate.md#who-may-do-what)); a larger one may do what a smaller
one may. Beside the statuses: 401 without a token, 403 with too small a role, 413 and 429 at a limit, 422 for input of
another form. {MADE}
"""
FORM = "422"
"""Every operation with input has it; the head says so."""
WITHOUT_TOKEN = {"webhooks": "the vendor's signature", "widget": "the visitor's secret"}
OPEN = ("/widget.js", "/widget/assets/", "/widget/config", "/widget/session", "/healthz", "/readyz")
SAID = re.compile(r"\b[45]\d\d\b")
"""Statuses that the words of an operation explain."""


def page() -> str:
    by_tag: dict[str, list[tuple[str, str, str, str]]] = {}
    for tag, row in operations():
        by_tag.setdefault(tag, []).append(row)
    head = ("operation", "who", "statuses", "what")
    return "\n".join([HEAD, *(f"## {tag}\n\n{table(head, rows)}\n" for tag, rows in by_tag.items())])


def operations() -> Iterator[tuple[str, tuple[str, str, str, str]]]:
    for path, methods in schema()["paths"].items():
        for method, one in methods.items():
            tag = (one.get("tags") or ["other"])[0]
            said = SAID.findall(str(one.get("description", "")))
            statuses = ", ".join(dict.fromkeys([*(each for each in one["responses"] if each != FORM), *said]))
            yield tag, (f"`{method.upper()} {path}`", _who(tag, path, one), statuses, _says(one))


def schema() -> Mapping[str, Any]:
    """Of a house that nobody lives in."""
    from api.app import create

    with tempfile.TemporaryDirectory() as folder:
        house = House(Settings.apart(Path(folder)))
        try:
            return create(house).openapi()
        finally:
            house.close()


def _who(tag: str, path: str, one: Mapping[str, Any]) -> str:
    roles = [role for need in one.get("security", ()) for its in need.values() for role in its]
    if path == "/metrics":
        return "viewer, or this machine"
    return ", ".join(roles) or ("anybody" if path.startswith(OPEN) else WITHOUT_TOKEN.get(tag, "anybody"))


def _says(one: Mapping[str, Any]) -> str:
    return str(one.get("description") or one.get("summary") or "").split("\n\n")[0]
