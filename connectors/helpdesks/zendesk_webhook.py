"""Zendesk's webhooks: is it Zendesk who knocks, which ticket does it speak of, was this event seen before?

The body is a hint: nothing in it is believed but the ticket's id, and the ticket is read again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SIGNATURE, TIMESTAMP = "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"
INVOCATION = "x-zendesk-webhook-invocation-id"
# The secret of Zendesk's "Test webhook" button is printed in its documentation: whoever reads it could sign.
PUBLIC_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105
SCHEMA = "wismo.zendesk.trigger.v1"


class BadSignature(ValueError):
    """401. The message says which check failed, for the operator's log; it never holds the secret."""


class BadEvent(ValueError):
    """400: signed, but not an event that we know how to read."""


@dataclass(frozen=True, slots=True)
class Knock:
    """`key` is the same for every delivery of one event."""

    key: str
    ticket: str


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime, tolerance: timedelta) -> None:
    """base64(HMAC-SHA256(timestamp + body)), over the raw bytes. Raises `BadSignature`."""
    given, stamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    if not given or not stamp:
        raise BadSignature("signature or timestamp is missing")
    usable = [secret for secret in secrets if secret and secret != PUBLIC_SECRET]
    if not any(hmac.compare_digest(signature(secret, stamp, raw), given.encode()) for secret in usable):
        raise BadSignature("signature does not match")
    if abs(_moment(stamp) - now) > tolerance:
        raise BadSignature("timestamp is outside the tolerance")


def signature(secret: str, stamp: str, raw: bytes) -> bytes:
    # Zendesk signs timestamp + body; an older revision of its page says the reverse.
    return base64.b64encode(hmac.new(secret.encode(), stamp.encode() + raw, hashlib.sha256).digest())


def _moment(stamp: str) -> datetime:
    """Nanoseconds are cut off. Raises `BadSignature`."""
    head, dot, tail = stamp.partition(".")
    digits = "".join(char for char in tail if char.isdigit())
    text = f"{head}.{digits[:6]}+00:00" if dot else head.replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadSignature("timestamp is not ISO 8601") from None
    if moment.tzinfo is None:
        raise BadSignature("timestamp has no time zone")
    return moment


def knock(raw: bytes, headers: Mapping[str, str]) -> Knock | None:
    """None for events that are none of ours. Raises `BadEvent`."""
    try:
        body = json.loads(raw)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise BadEvent("the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadEvent("the body is not a JSON object")
    if str(body.get("type", "")).startswith("zen:event-type:"):
        return _subscription(body)
    if body.get("schema") == SCHEMA:
        return Knock(headers.get(INVOCATION) or hashlib.sha256(raw).hexdigest(), _ticket(body.get("ticket_id")))
    raise BadEvent(f"neither a ticket event nor schema {SCHEMA}")


def _subscription(body: Mapping[str, Any]) -> Knock | None:
    """Ids are strings here and may be empty; unknown types come and are none of ours."""
    if not str(body["type"]).startswith("zen:event-type:ticket."):
        return None
    detail = body.get("detail")
    ticket = detail.get("id") if isinstance(detail, dict) else None
    return Knock(str(body.get("id") or _digest(body)), _ticket(ticket))


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _ticket(given: object) -> str:
    text = str(given or "").strip()
    if not text.isdigit() or text == "0":
        raise BadEvent("the ticket's id is missing")
    return text
