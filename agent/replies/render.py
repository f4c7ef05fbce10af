"""Placeholders become words: money, dates and terms in the customer's language and the shop's time zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency

from agent.replies.templates import PLACEHOLDER, words
from tools.contract import Term, Value
from tools.orders.model import Address
from tools.orders.money import Money


class UnknownPlaceholder(LookupError):
    """A draft speaks of something that is not among the facts of its case."""


def render(text: str, sources: Mapping[str, Mapping[str, Value]], language: str, timezone: str) -> str:
    """Raises `UnknownPlaceholder`."""

    def said(match: re.Match[str]) -> str:
        try:
            value = sources[match[1]][match[2]]
        except KeyError:
            raise UnknownPlaceholder(match[0]) from None
        return say(value, language, timezone)

    return PLACEHOLDER.sub(said, text)


def say(value: Value, language: str, timezone: str) -> str:
    match value:
        case Money():
            return str(format_currency(value.decimal(), value.currency, locale=language))
        case datetime():
            return _day(value.astimezone(ZoneInfo(timezone)).date(), language)
        case date():
            return _day(value, language)
        case Term():
            kind, _, name = value.key.partition(".")
            return words(language).get(kind, {}).get(name, name.replace("_", " "))
        case Address():
            return value.one_line()
        case tuple():
            return str(format_list(list(value), locale=language))
    return str(value)


def _day(day: date, language: str) -> str:
    return str(format_date(day, format="long", locale=language))
