"""An address that the customer points at instead of spelling it: one on file, or one of an order."""

from __future__ import annotations

from collections.abc import Iterable

from agent.meaning.words import folded, listed, places_of, tokens
from tools.orders.model import Address

SHORT = {"nyc": "new york", "la": "los angeles", "dc": "washington", "sf": "san francisco", "philly": "philadelphia"}
STATES = {
    "al": "alabama", "az": "arizona", "ca": "california", "co": "colorado", "ct": "connecticut", "fl": "florida",
    "ga": "georgia", "il": "illinois", "in": "indiana", "ma": "massachusetts", "md": "maryland", "mi": "michigan",
    "mn": "minnesota", "nc": "north carolina", "nj": "new jersey", "nv": "nevada", "ny": "new york", "oh": "ohio",
    "or": "oregon", "pa": "pennsylvania", "tx": "texas", "va": "virginia", "wa": "washington",
}  # fmt: skip


def speaks_of(text: str, address: Address) -> bool:
    """Its city, its state or region, or its street are named."""
    spoken = tokens(_spelled(text))
    state = STATES.get(address.state.strip().lower(), address.state)
    return any(_stands(name, spoken) for name in (address.city, state, _street(address.line1)) if len(name) > 2)


def pointed_at(text: str, on_file: Address | None, others: Iterable[Address], now: Address) -> Address | None:
    """The one address that the words point at and the order does not have yet; None where none or several fit."""
    if on_file and on_file != now and listed("places", "on_file").search(folded(text)):
        return on_file
    known = dict.fromkeys((*((on_file,) if on_file else ()), *others))
    fitting = [one for one in known if one != now and speaks_of(text, one)]
    return fitting[0] if len(fitting) == 1 else None


def _spelled(text: str) -> str:
    return " ".join(SHORT.get(word, word) for word in folded(text).replace(".", " ").replace(",", " ").split())


def _stands(name: str, spoken: tuple[str, ...]) -> bool:
    wanted = tokens(name)
    return bool(wanted) and bool(places_of(wanted, spoken))


def _street(line: str) -> str:
    """Without the house number: "Elm Avenue"."""
    return " ".join(word for word in line.split() if not word.isdigit())
