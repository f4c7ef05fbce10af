"""What a general question is searched by: its own words, or those of a help centre where it is a common one.

Customers ask for the "return window" where help centres say how long something can be sent back. The patterns stand in
words/<language>.toml under `[asks]`; a question that says more than the common one keeps its own words.
"""

from __future__ import annotations

import re

from agent.brains import reading

LONGEST = 500
"""Letters."""
SHORT = 9
"""Words: a longer question asks for something more."""
WORDED = {
    "en": {
        "return_window": "how long do i have to return something",
        "tracking": "how do i track my parcel",
        "refund_time": "when will i get my refund",
    },
    "fr": {
        "return_window": "combien de temps ai-je pour renvoyer un article",
        "tracking": "comment suivre mon colis",
        "refund_time": "quand serai-je remboursé",
    },
}


def searched(text: str, language: str) -> str:
    said = text[:LONGEST].lower()
    if len(re.findall(r"\w+", said)) > SHORT or re.search(r"\d", said):
        return said
    common = WORDED.get(language, {})
    return next((common[name] for name in common if reading.matches(said, "asks", name, (language,))), said)
