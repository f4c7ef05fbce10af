"""What a shop is asked about itself, where each answer stands in shop.toml, and what would be accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.policy import Policy
from api.starting import Unfit
from tools.orders.money import CURRENCIES

REPLIES = Path(__file__).parents[2] / "agent" / "replies"
ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
MAIN_ZONES = {
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}
"""Countries with islands or exclaves, and the zone that nearly everybody there lives in (CLDR's primary zones)."""
Value = str | int | list[str]


@dataclass(frozen=True, slots=True)
class Question:
    """`key` is empty for what helps the other steps and stands in no rule. `check` raises `Unfit`."""

    name: str
    asks: str
    key: tuple[str, str] | None
    check: Callable[[str], Value]


def spoken() -> tuple[str, ...]:
    """Languages that replies are written in."""
    return tuple(sorted(path.parent.name for path in REPLIES.glob("*/frame.md")))


def proposed(country: str) -> Mapping[str, str]:
    """What is usual there, by the question's name (CLDR, by Babel); several time zones propose none."""
    from babel.languages import get_official_languages
    from babel.numbers import get_territory_currencies

    currencies = get_territory_currencies(country)
    known = spoken()
    tongues = dict.fromkeys((*(one for one in get_official_languages(country, de_facto=True) if one in known), "en"))
    return {
        **({"timezone": zones[0]} if len(zones := _zones(country)) == 1 else {}),
        **({"currency": currencies[0]} if currencies else {}),
        "languages": ", ".join(tongues),
    }


def _zones(country: str) -> Sequence[str]:
    from babel.core import get_global

    zones: Sequence[str] = get_global("territory_zones").get(country, ())
    return (MAIN_ZONES[country],) if country in MAIN_ZONES else zones


def standing(policy: Policy) -> Mapping[str, str]:
    """What holds now, as somebody would type it."""
    return {
        "name": policy.shop.name,
        "timezone": policy.terms.timezone,
        "languages": ", ".join(policy.shop.languages),
        "support": policy.voice.signature,
        "return_days": str(policy.terms.return_days),
        "mode": policy.rollout.mode,
    }


def _name(given: str) -> str:
    if len(given) > 100 or not given.isprintable():
        raise Unfit("a shop's name has at most 100 printable characters")
    return given


def _country(given: str) -> str:
    from babel import Locale

    code = given.upper()
    if len(code) != 2 or code not in Locale("en").territories:
        raise Unfit(f"{given!r} is no country: write two letters, like FR, DE or US")
    return code


def _zone(given: str) -> str:
    try:
        return ZoneInfo(given).key
    except (LookupError, ValueError, OSError):
        raise Unfit(f"{given!r} is no time zone: write one like Europe/Paris or America/New_York") from None


def _currency(given: str) -> str:
    if given.upper() not in CURRENCIES:
        raise Unfit(f"{given!r} is no currency: write three letters, like EUR or USD")
    return given.upper()


def _languages(given: str) -> list[str]:
    codes = list(dict.fromkeys(one.strip().lower() for one in given.split(",") if one.strip()))
    unknown = [one for one in codes if one not in spoken()]
    if unknown or not codes:
        named = ", ".join(unknown) or "none"
        raise Unfit(f"{named}: Wismo writes {', '.join(spoken())}; separate several by commas")
    return codes


def _address(given: str) -> str:
    found = ADDRESS.search(given)
    if found is None or len(given) > 200 or not given.isprintable():
        raise Unfit(f"{given!r} holds no e-mail address: write one like help@your-shop.com")
    return given


def _days(given: str) -> int:
    if not given.isdigit() or int(given) > 3650:
        raise Unfit(f"{given!r} is no number of days from 0 to 3650")
    return int(given)


def _mode(given: str) -> str:
    if given.lower() not in ("draft", "sent"):
        raise Unfit(f"{given!r} is neither draft (a person sends each reply) nor sent (Wismo answers by itself)")
    return given.lower()


QUESTIONS: tuple[Question, ...] = (
    Question("name", "The shop's name", ("shop", "name"), _name),
    Question("country", "Country, in two letters", None, _country),
    Question("timezone", "Time zone", ("terms", "timezone"), _zone),
    Question("currency", "Currency", None, _currency),
    Question("languages", "Languages, the main one first", ("shop", "languages"), _languages),
    Question("support", "Support address, below each mail", ("voice", "signature"), _address),
    Question("return_days", "Days to return something", ("terms", "return_days"), _days),
    Question("mode", "draft (a person sends) or sent (Wismo does)", ("rollout", "mode"), _mode),
)
BY_NAME: Mapping[str, Question] = {one.name: one for one in QUESTIONS}
