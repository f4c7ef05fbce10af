"""What all vendors' webhooks share: who knocks, about what, and how a knock is refused.

BadKnock
├── BadSignature   401: who knocks is not who it says
└── BadEvent       400: signed, but not an event that we know how to read
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import unicodedata
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
    """`key` is the same for every delivery of one event; what has one `subject` is worked one after the other."""

    key: str
    subject: str


def in_base64(secret: str, raw: bytes) -> bytes:
    """Shopify and AfterShip."""
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest())


def in_hex(secret: str, raw: bytes) -> bytes:
    """Stripe."""
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().encode()


def in_hex_of_nfkd(secret: str, raw: bytes) -> bytes:
    """EasyPost: the secret is decomposed (NFKD) first; composed, the same letters give another signature."""
    return b"hmac-sha256-hex=" + in_hex(unicodedata.normalize("NFKD", secret), raw)


def same(expected: Iterable[bytes], given: str) -> bool:
    """In a time that tells nothing; any of several will do while secrets rotate."""
    matches = [hmac.compare_digest(one, given.encode()) for one in expected]
    return any(matches)


def must_match(expected: Iterable[bytes], given: str) -> None:
    """Raises `BadSignature`."""
    if not given:
        raise BadSignature("the signature is missing")
    if not same(expected, given):
        raise BadSignature("the signature does not match")


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


def rows(body: Mapping[str, Any], name: str) -> Iterable[Mapping[str, Any]]:
    value = body.get(name)
    return (one for one in value if isinstance(one, Mapping)) if isinstance(value, list) else ()


def needed(body: Mapping[str, Any], name: str) -> str:
    """A word or number that must be there. Raises `BadEvent`."""
    value = body.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool) or not 0 < len(str(value)) <= 200:
        raise BadEvent(f"{name} is missing")
    return str(value)


def number(given: object, what: str = "ticket") -> str:
    """Ids go into paths: digits only. Raises `BadEvent`."""
    text = str(given or "").strip()
    if not (text.isascii() and text.isdigit()) or not text.strip("0"):
        raise BadEvent(f"the {what}'s id is missing")
    return text


def digest(body: object) -> str:
    raw = body if isinstance(body, bytes) else json.dumps(body, sort_keys=True).encode()
    return hashlib.sha256(raw).hexdigest()
