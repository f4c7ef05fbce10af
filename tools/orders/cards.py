"""Card numbers are never kept: what looks like one is refused at the door and masked wherever text is logged."""

from __future__ import annotations

import re

DIGITS = re.compile(r"(?<!\d)(?:\d[ \-.]?){12,18}\d(?!\d)")


def looks_like_one(text: str) -> bool:
    """13 to 19 digits, blanks and dashes aside, that pass the Luhn check (ISO/IEC 7812-1)."""
    return any(_luhn(_digits(found.group())) for found in DIGITS.finditer(text))


def masked(text: str) -> str:
    """The last four digits stay."""

    def hidden(found: re.Match[str]) -> str:
        digits = _digits(found.group())
        return f"[card …{digits[-4:]}]" if _luhn(digits) else found.group()

    return DIGITS.sub(hidden, text)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _luhn(digits: str) -> bool:
    doubled = [int(one) * (2 if place % 2 else 1) for place, one in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
