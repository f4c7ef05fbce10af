"""Does the customer's own message bear out what a brain read in it? Without that nothing is done (rule CNF-5).

A brain reads; it does not consent. A model that is fooled, or broken, may call anything a yes.
"""

from __future__ import annotations

from collections.abc import Iterable

from agent.brains import reading
from agent.brains.segments import HESITATES
from agent.policy import Policy
from tools.orders.agreement import Quote


def says_yes(text: str, languages: Iterable[str]) -> bool:
    """A word of agreement, and none of doubt."""
    return bool(reading.matches(text, "consent", "yes", languages)) and not HESITATES.search(text)


def asks_for(quote: Quote, text: str, policy: Policy) -> bool:
    """The order by its number, and a word of the action or a reason for it: only then is a request its own yes."""
    spoken = policy.shop.languages
    named = _plain(quote.order_number) in map(_plain, reading.order_numbers(text, policy))
    worded = reading.matches(text, "consent", quote.action.value, spoken) or reading.reason(text, spoken)
    return named and bool(worded)


def _plain(number: str) -> str:
    return number.lstrip("#").upper()
