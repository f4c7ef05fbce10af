"""The wording: `<language>/<name>.md`, one `## variant` a section, one sentence a line. No decisions.

A line whose placeholder has no value is left out, so a template may name what is not always known.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

PLACEHOLDER = re.compile(r"\{([A-Za-z]\w*)\.(\w+)\}")
FOLDER = Path(__file__).parent


class TemplateMissing(LookupError):
    """A variant that no template file has, in no language: a defect of the wording, found by its test."""


def variant(language: str, name: str, key: str) -> str:
    """The shop's language, else English; the named variant, else the file's `other`."""
    for tag in (language, "en"):
        sections = sections_of(tag, name)
        if key in sections or "other" in sections:
            return sections.get(key, sections.get("other", ""))
    raise TemplateMissing(f"{name}.md has no variant {key!r}")


@cache
def sections_of(language: str, name: str) -> Mapping[str, str]:
    path = FOLDER / language / f"{name}.md"
    if not path.exists():
        return {}
    parts = re.split(r"(?m)^## (\S+)\s*$", path.read_text(encoding="utf-8"))[1:]
    return {key: text.strip() for key, text in zip(parts[::2], parts[1::2], strict=True)}


@cache
def words(language: str) -> Mapping[str, Mapping[str, str]]:
    """How each term of a closed list is said, by list and term."""
    path = FOLDER / language / "words.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else words("en")


def fill(text: str, roles: Mapping[str, str], sources: Mapping[str, Mapping[str, Any]]) -> str:
    """Roles become ids ({order.total} → {F3.total}); sentences with something unknown are left out."""
    kept = [_resolved(line, roles, sources) for line in text.splitlines()]
    paragraphs = re.split(r"\n{2,}", "\n".join(line for line in kept if line is not None))
    return "\n\n".join(flow for flow in map(_flow, paragraphs) if flow)


def _resolved(line: str, roles: Mapping[str, str], sources: Mapping[str, Mapping[str, Any]]) -> str | None:
    for role, name in PLACEHOLDER.findall(line):
        if name not in sources.get(roles.get(role, role), {}):
            return None
    return PLACEHOLDER.sub(lambda m: f"{{{roles.get(m[1], m[1])}.{m[2]}}}", line)


def _flow(paragraph: str) -> str:
    """Sentences on one line; list items keep theirs."""
    lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
    joined = "\n".join(lines)
    return re.sub(r"\n(?!- )", " ", joined)
