"""Entries of the first preview as their readers know entries today. The rows stay what they are: their hashes hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any


def body_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """How somebody was proven, and which signals stood, was not said; whose turn it was stood here."""
    if "customer" not in kept:
        return dict(kept)
    decided = kept["decided"]
    word = {"word": "accepted" if decided["accepted"] else "rejected"} if decided else {}
    return {**kept, "proof": "", "signals": [], "decided": {**decided, **word} if decided else None}


def private_of(kept: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Only the preview's bodies name the customer."""
    if "customer" not in body:
        return dict(kept)
    given = hashlib.sha256(str(kept.get("text", "")).encode()).hexdigest()
    return {**kept, "customer": body["customer"], "given": given, "check": body["check"], "reason": ""}
