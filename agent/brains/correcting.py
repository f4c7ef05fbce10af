"""A number that the customer corrects in the same breath: "1103, oh wait no, 1104"."""

from __future__ import annotations

import re
from functools import cache

from agent.brains import reading
from agent.policy import Policy

SLIP = (
    r"(?:(?:oh|ah|oops|wait|sorry|pardon|attendez|actually|correction|rather|plutôt|en fait|i meant?|je veux dire|je voulais dire)"
    r"\b[\s,.!:-]*|(?:no|non)\b[,!]?\s*(?=wait|sorry|i mean|je v|en fait|pardon|actually)|(?:no|non), )+"
)
NAMES = r"(?:(?:order|commande|number|numéro|no|n°|the|la|le|it is|it's|c'est)\s*)*"


def orders_meant(text: str, whole: str, policy: Policy) -> tuple[str, ...]:
    """The numbers of the text; those that the whole message takes back give way to what it puts in their place."""
    named = reading.order_numbers(text, policy)
    wrong, right = _corrected(whole, policy)
    if not right or not any(_plain(one) in wrong for one in named):
        return named
    kept = tuple(one for one in named if _plain(one) not in wrong)
    return tuple({_plain(one): one for one in (*kept, right)}.values())


def _corrected(whole: str, policy: Policy) -> tuple[frozenset[str], str]:
    """What was said in error, and what is meant; nothing where the message corrects no number."""
    found = _pattern(policy.shop.order_numbers).search(whole)
    right = found["slip"] or found["meant"] if found else ""
    numbers = reading.order_numbers(whole, policy)
    before = reading.order_numbers(whole[: found.start()], policy) if found else ()
    if not found or not before or _plain(right) not in map(_plain, numbers) or _plain(right) in map(_plain, before):
        return frozenset(), ""
    return frozenset({_plain(before[-1])}), right


@cache
def _pattern(formats: tuple[str, ...]) -> re.Pattern[str]:
    number = reading.order_pattern(formats).pattern.removeprefix("(?i)")
    return re.compile(
        rf"(?i)\b{SLIP}{NAMES}(?P<slip>{number})|(?P<meant>{number})[\s,]*(?:i meant?|i mean to say|je veux dire|je voulais dire|plutôt)\b(?![\s,:]*{NAMES}#?\d)"
    )


def _plain(number: str) -> str:
    return number.lstrip("#").upper()
