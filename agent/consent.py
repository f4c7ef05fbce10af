"""Does the customer's own message bear out what a brain read in it? Without that nothing is done (rule CNF-5).

A brain reads; it does not consent. A model that is fooled, or broken, may call anything a yes.
"""

from __future__ import annotations

import re

from agent.brains import reading
from agent.brains.agreeing import says_yes
from agent.meaning.items import speaks_of
from agent.meaning.payment import names_one
from agent.meaning.words import folded, listed
from agent.policy import Policy
from tools.orders.agreement import Action, Quote

__all__ = ["asks_for", "says_yes"]
CONDITION = re.compile(r"(?i)\b(?:if|unless|in case|provided|si|sauf si|à moins|au cas où|wenn|falls)\b")
POLITE = re.compile(  # courtesy, and what only says which of several is liked best
    r"(?i)\bif (?:multiple|several|both|many|more than one|other|there are)\b[^.,;]*"
    r"|\bif (?:it is |it['’]s |that is |that['’]s |at all )?(?:possible|ok(?:ay)?|fine|allowed)\b"
    r"|\bif you (?:can|could|please|don['’]t mind)\b"
    r"|\bsi (?:c['’]est )?possible\b|\bsi vous (?:pouvez|le voulez bien)\b"
)


def asks_for(quote: Quote, text: str, policy: Policy, request: str = "") -> bool:
    """What it is about, and a word of the action or a reason for it: only then is a request its own yes.

    It is about the order by its number, by every line of the quote, or as one of all. Money that would be charged at
    once needs a word on what pays it. A `request` under a condition ("if it will not arrive by Friday") is no consent.
    """
    if CONDITION.search(POLITE.sub(" ", request)):
        return False
    spoken = policy.shop.languages
    worded = reading.matches(text, "consent", quote.action.value, spoken) or reading.reason(text, spoken)
    charged = quote.charge is not None and quote.action is Action.CHANGE_ITEMS
    return bool(worded) and _is_about(quote, text, policy) and (not charged or names_one(text))


def _is_about(quote: Quote, text: str, policy: Policy) -> bool:
    numbered = _plain(quote.order_number) in map(_plain, reading.order_numbers(text, policy))
    named = [one.name.split(" (")[0] for one in quote.lines]
    by_lines = bool(named) and all(speaks_of(text, name) for name in named)
    return numbered or by_lines or bool(listed("orders", "every").search(folded(text)))


def _plain(number: str) -> str:
    return number.lstrip("#").upper()
