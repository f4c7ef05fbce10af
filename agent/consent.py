"""Does the customer's own message bear out what a brain read in it? Without that nothing is done (rule CNF-5).

A brain reads; it does not consent. A model that is fooled, or broken, may call anything a yes.
"""

from __future__ import annotations

from collections.abc import Iterable

from agent.brains import reading
from agent.brains.segments import HESITATES
from tools.orders.agreement import Action


def says_yes(text: str, languages: Iterable[str]) -> bool:
    """A word of agreement, and none of doubt."""
    return bool(reading.matches(text, "consent", "yes", languages)) and not HESITATES.search(text)


def asks_for(action: Action, text: str, languages: Iterable[str]) -> bool:
    """A word of the action, or a reason for it: where a clear request is the confirmation, it must be clear."""
    spoken = tuple(languages)
    return bool(reading.matches(text, "consent", action.value, spoken) or reading.reason(text, spoken))
