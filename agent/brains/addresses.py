"""Reading a postal address out of a sentence. What the country requires of it is the core's rule (ADR-4)."""

from __future__ import annotations

import re
from functools import cache

from babel import Locale

from tools.orders.model import Address

LEAD = re.compile(
    r"(?i)(?:address(?: (?:is|to|should be|for order \S+))*|deliver(?:ed)?(?: it)?(?: to)?|ship(?:ped)?(?: it)?(?: to)?|send it to|"
    r"adresse(?: (?:est|de livraison|suivante))*|livr(?:er|ée?z?)(?: (?:la|le|à|au))*|par|is now|to|au|à)\s*[:\-]?\s+(?=.{0,30}\d)"
)
UNIT = re.compile(
    r"(?i)^(?:apt|apartment|suite|unit|flat|floor|room|#|bât\w*|bat\w*|étage|etage|appt?\w*|esc\w*|c/o)\b"
)
US_PLACE = re.compile(r"^(?P<city>[^\d,]*?)\s*\b(?P<state>[A-Z]{2})\s+(?P<postcode>\d{5}(?:-\d{4})?)$")
CODE_FIRST = re.compile(r"^(?:[A-Z]-)?(?P<postcode>\d{4} ?[A-Z]{2}|\d{4,5}|\d{2}-\d{3})\s+(?P<city>[^\d,]{2,40})$")
CODE_LAST = re.compile(
    r"(?i)^(?P<city>[^\d,]{2,40}?)\s+(?P<postcode>\d{5}(?:-\d{4})?|\d{4}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)$"
)
CODE_ONLY = re.compile(
    r"(?i)^(?:(?P<state>[A-Z]{2}) )?(?P<postcode>\d{5}(?:-\d{4})?|\d{4}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})$"
)


def address_in(text: str, country: str = "") -> Address | None:
    """An address with a street with a number and a place with a postcode, after the last word that leads to one.

    None where there is none. `country` stands in where the text names none.
    """
    for lead in (*reversed(list(LEAD.finditer(text))), None):
        parts = _parts(text[lead.end() :] if lead else text)
        found = _from_parts(parts, country)
        if found:
            return found
    return None


def _parts(text: str) -> list[str]:
    return [part.strip(" .;") for part in re.split(r"[,\n]|(?<=\w{4})\.\s", text) if part.strip(" .;")][:8]


def _from_parts(parts: list[str], country: str) -> Address | None:
    for index in range(1, min(len(parts), 6)):
        place = _place(parts[index], parts[index - 1] if index >= 2 else "")
        if place and re.search(r"\d", parts[0]) and len(parts[0]) <= 80:
            city, state, postcode, borrowed = place
            middle = parts[1 : index - 1 if borrowed else index]
            named = _country(parts[index + 1]) if len(parts) > index + 1 else ""
            return Address(_street(parts[0]), city, postcode.upper(), named or country, ", ".join(middle), state)
    return None


def _place(part: str, before: str) -> tuple[str, str, str, bool] | None:
    """City, state, postcode, and whether the city was the part before ("Austin", "TX 78701")."""
    for pattern in (US_PLACE, CODE_FIRST, CODE_LAST, CODE_ONLY):
        found = pattern.match(part)
        if found and not UNIT.match(part):
            groups = found.groupdict()
            city = (groups.get("city") or "").strip()
            borrowed = not city
            if borrowed and (not before or re.search(r"\d", before)):
                return None
            return city or before, groups.get("state") or "", groups["postcode"], borrowed
    return None


def _street(part: str) -> str:
    """From the house number on, where words of the sentence stand before it; French streets keep theirs."""
    found = re.search(r"\d+[\w/-]*\s*(?:bis|ter)?\s*,?\s+\D.*", part)
    return found[0].strip() if found else part


@cache
def _countries() -> dict[str, str]:
    names = {
        name.casefold(): code
        for tag in ("en", "fr")
        for code, name in Locale(tag).territories.items()
        if len(code) == 2
    }
    return names | {
        "usa": "USA",
        "us": "USA",
        "u.s.a": "USA",
        "uk": "GB",
        "england": "GB",
        "great britain": "GB",
    }


def _country(part: str) -> str:
    """The country that the part begins with; what follows it is the sentence going on."""
    words = re.split(r"[.!?(]", part)[0].casefold().split()
    beginnings = (" ".join(words[:length]) for length in range(min(len(words), 4), 0, -1))
    return next((_countries()[name] for name in beginnings if name in _countries()), "")
