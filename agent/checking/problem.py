"""What is wrong with a reply: one word for programs, the words it is about, a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "unknown_placeholder",
    "unsupported_figure",
    "unsupported_date",
    "unsupported_link",
    "unsupported_name",
    "wrong_place",
    "two_orders",
    "negated_status",
    "false_status",
    "promise",
    "hidden_characters",
    "no_lexicon",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """`text` are the words of the reply that it is about; they may be personal, `code` never is."""

    code: Code
    text: str
    says: str
