"""Reading a postal address out of a sentence. What the country requires of it is the core's rule (ADR-4)."""

from __future__ import annotations

import re
from functools import cache

from babel import Locale

from agent.brains.reading import WRITTEN
from tools.orders.model import Address

LEAD = re.compile(
    r"(?i)(?:address(?: (?:is|to|should be|for order \S+))*|deliver(?:ed)?(?: it)?(?: to)?|ship(?:ped)?(?: it)?(?: to)?|send it to|"
    r"(?:liefer|versand)?adresse(?: (?:est|de livraison|suivante|ist|lautet|jetzt|von \S+|der bestellung \S+))*|anschrift(?: (?:ist|lautet))*|"
    r"livr(?:er|ée?z?)(?: (?:la|le|à|au))*|par|is now|to|au|à|"
    r"direcci[oó]n(?: (?:es|de entrega|nueva|correcta|siguiente|de #?\w*\d{4,}|del? pedido \S+))*(?: a| por)?|"
    r"(?:env[ií]|entreg)\w+(?: (?:a|al|en))?|"
    r"(?:liefern|schicken|senden)(?: sie)?(?: \S+){0,4} (?:an|nach)|an (?:die|folgende|diese))"
    r"\s*[:\-]?\s+(?=.{0,30}\d)"
)
UNIT = re.compile(
    r"(?i)^(?:apt|apartment|suite|unit|flat|floor|room|#|bât\w*|bat\w*|étage|etage|appt?\w*|esc\w*|c/o)\b"
)
US_PLACE = re.compile(r"^(?P<city>[^\d,]*?)\s*\b(?P<state>[A-Z]{2})\s+(?P<postcode>\d{5}(?:-\d{4})?)$")
CODE_FIRST = re.compile(
    r"^(?:[A-Z]-)?(?P<postcode>\d{4} ?[A-Z]{2}|\d{4,5}|\d{2}-\d{3}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[\dW] ?[A-Z\d]{4})\s+(?P<city>[^\d,]{2,40})$"
)
CODE_LAST = re.compile(
    r"(?i)^(?P<city>[^\d,]{2,40}?)\s+(?P<postcode>\d{5}(?:-\d{4})?|\d{4}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)$"
)
CODE_ONLY = re.compile(
    r"(?i)^(?:(?P<state>[A-Z]{2}) )?(?P<postcode>\d{5}(?:-\d{4})?|\d{4}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})$"
)

STREET = re.compile(r"\d+[\w/-]*\s*(?:bis|ter)?\s*,?\s+[^\W\d].*")
# "12 rue de Rivoli 75004 Paris": where no comma parts the street from the place.
UNPARTED = re.compile(r"(?<=[^\W\d]{2}) (?=\d{5} [A-ZÀ-Ý])")
STATES = frozenset(
    [
        "AL",
        "AK",
        "AZ",
        "AR",
        "CA",
        "CO",
        "CT",
        "DE",
        "FL",
        "GA",
        "HI",
        "ID",
        "IL",
        "IN",
        "IA",
        "KS",
        "KY",
        "LA",
        "ME",
        "MD",
        "MA",
        "MI",
        "MN",
        "MS",
        "MO",
        "MT",
        "NE",
        "NV",
        "NH",
        "NJ",
        "NM",
        "NY",
        "NC",
        "ND",
        "OH",
        "OK",
        "OR",
        "PA",
        "RI",
        "SC",
        "SD",
        "TN",
        "TX",
        "UT",
        "VT",
        "VA",
        "WA",
        "WV",
        "WI",
        "WY",
        "DC",
    ]
)


def address_in(text: str, country: str = "") -> Address | None:
    """An address with a street with a number and a place with a postcode, after the last word that leads to one.

    None where there is none. `country` stands in where the text names none.
    """
    for lead in (*reversed(list(LEAD.finditer(text))), None):
        parts = _parts(text[lead.end() :] if lead else text)
        starts = [at for at, part in enumerate(parts) if at == 0 or _is_street(part)]
        for start in starts:
            found = _from_parts(parts[start:], country)
            if found:
                return found
    return None


def part_of_address(text: str) -> bool:
    """A street, a postcode, a town: something that may stand in an address, and is no sentence."""
    return bool(re.search(r"\d", text)) or bool(re.fullmatch(r"\W*[^\W\d][\w'’-]+(?:[ ,-]+[\w'’-]+){0,4}\W*", text))


def missing_of(text: str) -> str:
    """What a text lacks of an address: "address" without a street, "place" without a postcode, "city" without a town."""
    streets = [at for at, part in enumerate(_parts(text)) if _is_street(part)]
    if not streets:
        return "address"
    after = _parts(text)[streets[-1] + 1 :]
    return "city" if any(CODE_ONLY.match(part) for part in after) else "place"


def _is_street(part: str) -> bool:
    return bool(STREET.search(part)) and not CODE_FIRST.match(part) and not UNIT.match(part)


def _parts(text: str) -> list[str]:
    return [
        part.strip(" .;?!")
        for part in re.split(r"[,\n:]|(?<=\w{4})\.\s", UNPARTED.sub(", ", text))
        if part.strip(" .;?!")
    ][:12]


def _from_parts(parts: list[str], country: str) -> Address | None:
    for index in range(1, min(len(parts), 6)):
        place = _place(parts[index], parts[index - 1] if index >= 2 else "")
        if place and re.search(r"\d", parts[0]) and len(parts[0]) <= 80:
            city, state, postcode, borrowed = place
            middle = parts[1 : index - 1 if borrowed else index]
            after = list(parts[index + 1 : index + 4])
            if not city and after:
                city = after.pop(0)
            if after and not state and after[0] in STATES:
                state = after.pop(0)
            named = _country(after[0]) if after else ""
            if not city or re.search(r"\d", city):
                continue
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
                return "", groups.get("state") or "", groups["postcode"], False
            return city or before, groups.get("state") or "", groups["postcode"], borrowed
    return None


def _street(part: str) -> str:
    """From the house number on, where words of the sentence stand before it; French streets keep theirs."""
    found = re.search(r"\d+[\w/-]*\s*(?:bis|ter)?\s*,?\s+\D.*", part)
    return found[0].strip() if found else part


@cache
def _countries() -> dict[str, str]:
    names = {
        name.casefold(): code for tag in WRITTEN for code, name in Locale(tag).territories.items() if len(code) == 2
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
