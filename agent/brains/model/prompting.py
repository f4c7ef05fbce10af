"""The prompts, versioned files of agent/prompts, and the fences: what comes from outside is data, whatever it says.

The stable part comes first, the same to the byte for every ticket of a shop, so that servers can keep it cached.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "prompts"
Message = dict[str, Any]
MARK = re.compile(r"<(?=\s*/?\s*data\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """`version` is the hash of its file; it stands in the journal of every reply that it had a part in."""

    name: str
    text: str
    version: str

    def filled(self, **given: str) -> str:
        """`{{name}}` is the only thing that is replaced: prompts are full of braces."""
        text = self.text
        for name, value in given.items():
            text = text.replace(f"{{{{{name}}}}}", value)
        return text


@cache
def prompt(name: str) -> Prompt:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return Prompt(name, text, hashlib.sha256(text.encode()).hexdigest()[:12])


def system(text: str) -> Message:
    return {"role": "system", "content": text}


def user(*parts: str) -> Message:
    return {"role": "user", "content": "\n\n".join(part for part in parts if part)}


def fenced(name: str, text: str) -> str:
    """Nothing inside can close the fence: what would look like one of ours is taken apart."""
    return f'<data name="{name}">\n{MARK.sub("< ", text)}\n</data>' if text else ""


def shown(value: object) -> str:
    """As JSON with sorted keys: the same value is the same text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(", ", ": "), default=str)


def shortened(text: str, most: int) -> str:
    """The beginning and the end, where it is longer than `most` characters."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"
