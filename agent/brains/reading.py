"""What can be read off a message without a model: its own words, identifiers, reasons, mood, language.

Nothing here understands; identifiers are masked here before anything that understands sees the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

from agent.case import Mood, Slots
from agent.policy import Policy

ORDER_MASK = "#1234"
WRITTEN = ("en", "fr", "es", "de")
"""Languages with a word file."""
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"https?://\S+|www\.\S+")
PHONE = re.compile(r"\+\d[\d .()/-]{7,16}\d|\b0\d(?:[ .-]\d{2}){4}\b|\(\d{3}\) ?\d{3}-\d{4}|\b\d{3}-\d{3}-\d{4}\b")
TRACKING = re.compile(
    r"(?i)(?:track\w*|suivi|colis|parcel)(?: (?:number|no|id|code))?[ :°n#.]{1,4}([A-Z0-9]{8,24})\b|\b(1Z[0-9A-Z]{16}|\d{10,22})\b"
)
MONEY = re.compile(r"(?i)[$€£]\s?\d+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?\s?(?:€|£|\$|eur|usd|gbp|euros?|dollars?)\b")
POSTCODE = re.compile(
    r"(?i)(?:zip|post\s?code|postal(?: code)?|code postal|cp)\b[\w :'’]{0,8}?[: ]\s*([A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|\d{5}(?:-\d{4})?|\d{4})\b"
)
DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b|\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b")
YEAR = re.compile(
    r"(?i)\b(?:in|since|en|depuis|january|february|march|april|may|june|july|august|september|october|november|december|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre),? (?:19|20)\d\d\b"
)
PLACE = re.compile(
    r"\b[A-Z]{2},? \d{5}(?:-\d{4})?\b|(?<![#\w])(?<!order )(?<!number )(?<!commande )(?<!n° )\b\d{4,5} [A-ZÉ][a-zéèêîôûç-]{2,}"
    r"|\b\d{1,5}(?: bis| ter)?,? (?:[A-Z][\w'-]+ ){1,3}(?:St|Street|Ave|Avenue|Road|Rd|Lane|Ln|Drive|Dr|Blvd|Boulevard|Way|Court|Ct|Place|Pl|Square)\b"
    r"|\b\d{1,4}(?: bis| ter)?,? (?:rue|avenue|av\.?|boulevard|bd|place|quai|chemin|impasse|allée|route)\b"
)
NOT_ORDERS = (EMAIL, URL, PHONE, MONEY, POSTCODE, TRACKING, DATE, YEAR, PLACE)


def mask(text: str, policy: Policy) -> str:
    """Identifiers out, so that neither classifier nor search can lean on them."""
    for order in reversed(_orders(text, policy)):
        text = text[: order.start()] + ORDER_MASK + text[order.end() :]
    masked = EMAIL.sub("me@mail.example", URL.sub("link", text))
    return TRACKING.sub("tracking", PHONE.sub("my phone", masked))


def slots(text: str, policy: Policy) -> Slots:
    found_mail = EMAIL.search(text)
    postcode = POSTCODE.search(text)
    return Slots(
        orders=order_numbers(text, policy),
        email=found_mail[0] if found_mail else None,
        postcode=postcode[1].upper() if postcode else None,
        reason=reason(text, policy.shop.languages),
        dates=dates(text),
    )


def order_numbers(text: str, policy: Policy) -> tuple[str, ...]:
    """In the shop's formats, first mention first, each once; never an amount, a phone or a tracking number."""
    numbers = (found[0] for found in _orders(text, policy))
    return tuple({number.lstrip("#").upper(): number for number in numbers}.values())


def _orders(text: str, policy: Policy) -> list[re.Match[str]]:
    """Order numbers that do not touch a number of another kind."""
    taken = [found.span() for other in NOT_ORDERS for found in other.finditer(text)]
    found = order_pattern(policy.shop.order_numbers).finditer(text)
    return [order for order in found if not any(a < order.end() and order.start() < b for a, b in taken)]


@cache
def order_pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern of the shop's formats; a match may not begin or end inside a longer word or number."""
    return re.compile(rf"(?i)(?<![\w#-])(?:{'|'.join(f'(?:{p})' for p in patterns)})(?![\w-]|[.,]\d)")


def dates(text: str) -> tuple[date, ...]:
    """ISO, or day/month/year; a date that does not exist is not a date."""
    found = []
    for match in DATE.finditer(text):
        year, month, day = (match[1], match[2], match[3]) if match[1] else (match[6], match[5], match[4])
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return tuple(found)


@cache
def _words(language: str) -> Mapping[str, Mapping[str, re.Pattern[str]]]:
    path = Path(__file__).parent / "words" / f"{language}.toml"
    if not path.exists():
        return {}
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {table: {name: _any_of(patterns) for name, patterns in kinds.items()} for table, kinds in tables.items()}


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<!\w)(?:{'|'.join(patterns)})(?!\w)")


def matches(text: str, table: str, name: str, languages: Iterable[str]) -> int:
    """How many such words stand in the text, over the shop's languages."""
    patterns = (_words(language).get(table, {}).get(name) for language in languages)
    return sum(len(pattern.findall(text)) for pattern in patterns if pattern)


def reason(text: str, languages: Iterable[str]) -> str:
    """The first reason whose words occur, in the order of the word file; empty when none does."""
    languages = tuple(languages)
    known = (name for language in languages for name in _words(language).get("reason", {}))
    return next((name for name in known if matches(text, "reason", name, languages)), "")


def mood(text: str, languages: Iterable[str]) -> Mood:
    """The gravest that the words bear out. Shouting alone is not anger: it is still answered."""
    languages = tuple(languages)
    if matches(text, "mood", Mood.HARM, WRITTEN):
        return Mood.HARM  # in whichever language: an error of the guess must not cost this
    for grave in (Mood.LEGAL, Mood.ANGRY):
        if matches(text, "mood", grave, languages):
            return grave
    return Mood.UNHAPPY if matches(text, "mood", Mood.UNHAPPY, languages) or "!!" in text else Mood.NEUTRAL
