"""Tracking numbers: whose form a number has, and whether its check digit holds. A carrier is never guessed by length.

Numbers of no known form are opaque: they are taken as they are. The forms follow jkeen/tracking_number_data (MIT)
and GS1, UPU S10 and ISO 7064; DHL's piece ids and DHL eCommerce have a form but no check digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
Digit = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Form:
    """`pattern` has the groups `body` and `check`; `digit` computes the check character of a body."""

    carrier: str
    name: str
    pattern: re.Pattern[str]
    digit: Digit | None = None

    def holds(self, number: str) -> bool | None:
        """None when the number has another form."""
        found = self.pattern.fullmatch(number)
        if found is None:
            return None
        return self.digit is None or self.digit(found["body"]) == found["check"]


# -- check digits --------------------------------------------------------------------------------------------


def gs1(body: str) -> str:
    """Mod 10, weights 3 and 1 from the right: SSCC, GTIN, FedEx Ground, USPS IMpb."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def ups(body: str) -> str:
    """Letters count as (code − 63) mod 10; every second character twice; mod 10."""
    values = [int(char) if char.isdigit() else (ord(char) - 63) % 10 for char in body]
    total = sum(value * (2 if place % 2 else 1) for place, value in enumerate(values))
    return str(-total % 10)


def s10(body: str) -> str:
    """UPU S10: 11 less the weighted sum mod 11; 10 is written 0, and 11 is written 5."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(body, S10_WEIGHTS, strict=True)) % 11
    return {10: "0", 11: "5"}.get(rest, str(rest))


def fedex(body: str) -> str:
    """Weights 1, 3, 7 from the right; mod 11, then mod 10."""
    total = sum(int(digit) * (1, 3, 7)[place % 3] for place, digit in enumerate(reversed(body)))
    return str(total % 11 % 10)


def mod7(body: str) -> str:
    return str(int(body) % 7)


def mod37_36(body: str) -> str:
    """ISO 7064, as DPD uses it."""
    carried = 36
    for char in body:
        carried = (carried + ALPHABET.index(char)) % 36 or 36
        carried = carried * 2 % 37
    return ALPHABET[(37 - carried) % 36]


def _form(carrier: str, name: str, pattern: str, digit: Digit | None = None) -> Form:
    return Form(carrier, name, re.compile(pattern), digit)


FORMS: Sequence[Form] = (
    _form("UPS", "1Z", r"1Z(?P<body>[0-9A-Z]{15})(?P<check>\d)", ups),
    _form("FedEx", "Express 12", r"(?P<body>\d{11})(?P<check>\d)", fedex),
    _form("FedEx", "Express 34", r"100\d{17}(?P<body>\d{13})(?P<check>\d)", fedex),
    _form("FedEx", "Ground 15", r"(?P<body>\d{14})(?P<check>\d)", gs1),
    _form("FedEx", "Ground 96", r"96\d{5}(?P<body>\d{14})(?P<check>\d)", gs1),
    _form("FedEx", "Ground GSN", r"96\d{18}(?P<body>\d{13})(?P<check>\d)", fedex),
    _form("USPS", "IMpb 22", r"(?:420\d{5}(?:\d{4})?)?(?P<body>9[1-5]\d{19})(?P<check>\d)", gs1),
    _form("USPS", "IMpb 26", r"(?:420\d{5}(?:\d{4})?)?(?P<body>9[1-5]\d{23})(?P<check>\d)", gs1),
    _form("USPS", "20", r"(?P<body>\d{19})(?P<check>\d)", gs1),
    _form("USPS", "IMpb 22, short", r"(?P<body>\d{19})(?P<check>\d)", lambda body: gs1("91" + body)),
    _form("FedEx", "SmartPost, short", r"(?P<body>61\d{17})(?P<check>\d)", lambda body: gs1("92" + body)),
    _form("S10", "S10", r"[A-Z]{2}(?P<body>\d{8})(?P<check>\d)[A-Z]{2}", s10),
    _form("DHL", "Express", r"(?P<body>\d{9,10})(?P<check>\d)", mod7),
    _form("DHL", "piece id", r"J[A-Z]{2,3}\d{9,20}"),
    _form("DHL", "eCommerce", r"GM\d{10,39}"),
    _form("DPD", "28", r"(?P<body>\d{27})(?P<check>[0-9A-Z])", mod37_36),
    _form("GS1", "SSCC", r"(?:00)?(?P<body>\d{17})(?P<check>\d)", gs1),
)
POSTS = frozenset(
    {"s10", "usps", "la poste", "colissimo", "chronopost", "royal mail", "deutsche post", "postnl", "bpost"}
)
"""Whose international numbers are S10."""


# -- questions -----------------------------------------------------------------------------------------------


def plain(number: str) -> str:
    """As carriers keep it: no blanks or dashes, capitals."""
    return re.sub(r"[\s-]", "", number).upper()


def forms_of(number: str) -> tuple[Form, ...]:
    """Every form that the number has and whose check digit holds."""
    written = plain(number)
    return tuple(form for form in FORMS if form.holds(written))


def kept(number: str) -> str:
    """As it is stored: without blanks where its form is known, so that a carrier's own event finds it."""
    return plain(number) if forms_of(number) else number


def mistyped(number: str, carrier: str | None) -> bool:
    """It has a form of this carrier's, and no form of the carrier's holds. Opaque numbers are never mistyped."""
    written = plain(number)
    told = [form.holds(written) for form in FORMS if _is_of(form, carrier or "", written)]
    return False in told and True not in told


def _is_of(form: Form, carrier: str, written: str) -> bool:
    """Of the named carrier; a UPS number says itself whose it is."""
    named = carrier.strip().casefold()
    if form.carrier == "UPS" and not named:
        return written.startswith("1Z")
    if form.carrier == "S10":
        return named in POSTS
    return named.split(" ")[0] == form.carrier.casefold()


def sscc(company_prefix: str, serial: int, extension: int = 0) -> str:
    """Eighteen digits: extension, GS1 company prefix, serial, check. Raises ValueError when they do not fit."""
    room = 16 - len(company_prefix)
    if not company_prefix.isdigit() or not 7 <= len(company_prefix) <= 10 or not 0 <= serial < 10**room:
        raise ValueError(f"a GS1 company prefix has 7 to 10 digits, and leaves {max(room, 0)} for the serial")
    body = f"{extension}{company_prefix}{serial:0{room}d}"
    return body + gs1(body)


def postal(service: str, serial: int, country: str) -> str:
    """An S10 number: two letters, eight digits, check, country."""
    body = f"{serial:08d}"
    return f"{service}{body}{s10(body)}{country}"
