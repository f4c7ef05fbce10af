"""What all vendors' webhooks share: the knock, how it is refused, and the reading of its body.

BadKnock
├── BadSignature      401: who knocks is not who it says
└── BadEvent          400: signed, but not an event that we know how to read
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


class BadKnock(ValueError):
    """The message says which check failed, for the operator's log: never a secret, never a word of the body."""


class BadSignature(BadKnock):
    pass


class BadEvent(BadKnock):
    pass


@dataclass(frozen=True, slots=True)
class Knock:
    """`key` is the same for every delivery of one event."""

    key: str
    ticket: str


def same(expected: Iterable[bytes], given: str) -> bool:
    """In a time that tells nothing; any of several will do while secrets rotate."""
    matches = [hmac.compare_digest(one, given.encode()) for one in expected]
    return any(matches)


def object_in(raw: bytes) -> Mapping[str, Any]:
    """Raises `BadEvent`."""
    try:
        body = json.loads(raw)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise BadEvent("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadEvent("the body is not a JSON object")
    return body


def inner(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def number(given: object, what: str = "ticket") -> str:
    """Ids go into paths: digits only. Raises `BadEvent`."""
    text = str(given or "").strip()
    if not (text.isascii() and text.isdigit()) or not text.strip("0"):
        raise BadEvent(f"the {what}'s id is missing")
    return text


def digest(body: object) -> str:
    raw = body if isinstance(body, bytes) else json.dumps(body, sort_keys=True).encode()
    return hashlib.sha256(raw).hexdigest()
