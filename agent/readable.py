"""A message as it can be read and kept, whatever bytes it came with."""

from __future__ import annotations

import re
from dataclasses import replace

from agent.case import Incoming, Turn

NO_WORD = re.compile(r"[\w.+-]{500}(?=[\w.+-])")
"""Patterns of addresses take a time that grows with the square of such a run."""


def readable(incoming: Incoming) -> Incoming:
    """Half characters (lone surrogates) and zero bytes are replaced: nothing that is kept or sent may hold them.

    What runs on for more letters than any word or address has is parted: reading it would take minutes.
    """

    def whole(text: str) -> str:
        clean = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")
        return NO_WORD.sub(r"\g<0> ", clean)

    history = tuple(Turn(turn.role, whole(turn.text)) for turn in incoming.history)
    email = whole(incoming.email) if incoming.email else None
    return replace(incoming, text=whole(incoming.text), subject=whole(incoming.subject), email=email, history=history)
