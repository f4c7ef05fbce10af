"""Which lines of an order the customer's words mean."""

from __future__ import annotations

import re
import unicodedata

from agent.brains.reading import matches
from tools.orders.model import Action, Line, Order

LANGUAGES = ("en", "fr")


def chosen_lines(text: str, order: Order, action: Action | None) -> dict[str, int]:
    """Units by line id. Empty means the whole order: nothing was named, or everything was.

    With two lines of one name, the options that are named decide; if none is, both are meant.
    """
    words = _stems(text)
    named = [line for line in order.lines if _left(line) > 0 and _stems(line.name) <= words]
    loose = named or [line for line in order.lines if _left(line) > 0 and _head(line.name) in words]
    exact = [line for line in loose if any(_stems(option) <= words for option in line.options.values() if option)]
    chosen = _prefer(loose, exact)
    everything = matches(text, "whole", "everything", LANGUAGES) and not named
    if not chosen or everything or (len(chosen) == len(order.lines) and action is not None):
        return {}
    return {line.id: _left(line) for line in chosen}


def _prefer(loose: list[Line], exact: list[Line]) -> list[Line]:
    """Among lines of the same name, those whose options were named."""
    names = {line.name for line in exact}
    return [line for line in loose if line.name not in names or line in exact]


def _left(line: Line) -> int:
    return line.quantity - line.cancelled - line.returned


def _head(name: str) -> str:
    """The noun: last word in English, first in French; the longest serves both."""
    return max(_stems(name) or {""}, key=len)


def _stems(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
    return {word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words}
