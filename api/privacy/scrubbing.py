"""Personal values out of a value, and its shape kept: what reads a row afterwards still can."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

ERASED = "[erased]"
FIELDS = frozenset(
    {"name", "email", "email_folded", "phone", "line1", "line2", "city", "postcode", "zip", "state_name"}
)
"""Keys whose value is a person's wherever it stands beside an address or a customer."""
OF_A_PERSON = frozenset({"line1", "postcode", "email", "phone"})


def scrubbed(value: Any, words: Sequence[str], renamed: Mapping[str, str]) -> Any:
    """`words` are looked for in every string, whatever its case; `renamed` are ids that are themselves an address."""
    match value:
        case dict():
            person = OF_A_PERSON & value.keys()
            return {
                renamed.get(key, key): ERASED
                if person and key in FIELDS and isinstance(held, str) and held
                else scrubbed(held, words, renamed)
                for key, held in value.items()
            }
        case list() | tuple():
            return [scrubbed(one, words, renamed) for one in value]
        case str():
            return renamed.get(value) or (ERASED if holds(value, words) else value)
    return value


def holds(text: str, words: Iterable[str]) -> bool:
    folded = text.casefold()
    return any(word.casefold() in folded for word in words)


def scrubbed_text(text: str | None, words: Sequence[str], renamed: Mapping[str, str]) -> str | None:
    """JSON that is kept as text; other text is erased whole where it holds a word."""
    if not text:
        return text
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError:
        return ERASED if holds(text, words) else text
    if isinstance(parsed, (dict, list)):
        return json.dumps(scrubbed(parsed, words, renamed), ensure_ascii=False)
    return ERASED if holds(text, words) else text
