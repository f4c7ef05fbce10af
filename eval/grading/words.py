"""The words that graders read by: words.toml, their own, so that they do not share the agent's mistakes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_READ: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def _any(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?i)(?<!\w)(?:{'|'.join(words)})(?!\w)")


_PLAIN = {name: _any(words) for name, words in _READ["plain"].items()}

MONEY: Mapping[str, re.Pattern[str]] = {name: _any(words) for name, words in _READ["money"].items()}
"""What an amount is said to be; the word nearest before it decides."""
DATES: Mapping[str, re.Pattern[str]] = {name: _any(words) for name, words in _READ["dates"].items()}
TOPICS: Mapping[str, re.Pattern[str]] = {name: _any(words) for name, words in _READ["topics"].items()}
"""By topic: a reply that has none of its words does not speak of it."""

DAMAGE = _PLAIN["damage"]
IDLE = _PLAIN["idle"]
OFFERS = _PLAIN["offers"]
PERSON = _PLAIN["person"]
TAKES_OVER = _PLAIN["takes_over"]
"""That a person answers from here on."""
SAYS_AI = _PLAIN["says_ai"]
INVITES = _PLAIN["invites"]
"""Said in every closing: whoever wants a person gets one. It promises nothing of this conversation."""
PROMISES = _PLAIN["promises"]
"""What binds the shop."""
FUTURE = _PLAIN["future"]
"""What somebody would have to do later."""
CONDITION = _PLAIN["condition"]
REFUSES = _PLAIN["refuses"]
UNKNOWN = _PLAIN["unknown"]
ASKS_PERSON = _PLAIN["asks_person"]
UPSET = _PLAIN["upset"]
YES = _PLAIN["yes"]
DOUBT = _PLAIN["doubt"]
SPOKEN: Mapping[str, re.Pattern[str]] = {name: _PLAIN[name] for name in ("en", "fr", "es", "de")}
"""Small words that tell the language."""
