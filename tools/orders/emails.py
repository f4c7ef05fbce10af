"""When two e-mail addresses are one: the case of A to Z does not count, and nothing else is forgiven."""

from __future__ import annotations

import string

LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def folded(email: str) -> str:
    """Letters that only look alike (the Kelvin sign, a ligature, Cyrillic) stay what they are.

    `str.casefold` would turn some of them into A to Z, and so one person's address into another's.
    """
    return email.strip().translate(LOWER)
